"""How much slower the machine itself was than it can be, from `metrics/yardstick.ndjson` (loadtests/yardstick.py)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

_WANTED = 50  # pieces, of which five per cent are a few
_QUICK = 0.05  # the quantile that stands for an undisturbed piece
_FAR = 3.0  # times the median: what interrupted such a piece is not the machine's pace


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Processor seconds that a fixed piece of work took during a probe."""

    usual: float  #: mean
    quick: float  #: when nobody was in the way


class _Piece(msgspec.Struct):
    at: float
    seconds: float


def read(metrics: Path) -> Pace | None:
    """Sum a probe's pieces up; None where there are too few to say anything.

    Raises msgspec.MsgspecError for a file that is damaged otherwise than by a torn last line.
    """
    path = metrics / "yardstick.ndjson"
    raw = path.read_bytes() if path.exists() else b""
    took = np.array([one.seconds for one in msgspec.json.Decoder(_Piece).decode_lines(raw[: raw.rfind(b"\n") + 1])])
    if len(took) < _WANTED:
        return None
    believed = took[took <= _FAR * np.median(took)]
    return Pace(usual=float(believed.mean()), quick=float(np.quantile(believed, _QUICK)))


def slowness(pace: Pace | None, among: Iterable[Pace | None]) -> float:
    """By what factor a probe's machine was slower than it was seen to be able to; 1 where nothing is known.

    `among` are the probes of one stack on one machine: the quickest of their quick pieces is what it can.
    """
    known = [one.quick for one in among if one]
    return pace.usual / min(known) if pace and known else 1.0
