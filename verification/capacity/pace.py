"""How much slower the machine itself was than it can be, from what loadtests/yardstick.py and watch.py wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from verification.capacity import sights

# All assumed, and small beside what a neighbour does (docs/adr/0050).
_WANTED = 50  # pieces, of which five per cent are a few
_QUICK = 0.05  # the quantile that stands for an undisturbed piece
_IDLE = 0.01  # processors; a look that saw nothing in use still counts
_FAR = 3.0  # times the median: what interrupted such a piece is not the machine's pace


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Processor seconds that a fixed piece of work took during a probe."""

    usual: float  #: mean, each piece by how busy the machine was then
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
    pieces = msgspec.json.Decoder(_Piece).decode_lines(raw[: raw.rfind(b"\n") + 1])
    if len(pieces) < _WANTED:
        return None
    took = np.array([one.seconds for one in pieces])
    believed = took <= _FAR * np.median(took)
    busy = _busy(metrics, np.array([one.at for one in pieces]))
    usual = np.average(took[believed], weights=busy[believed])
    return Pace(usual=float(usual), quick=float(np.quantile(took[believed], _QUICK)))


def _busy(metrics: Path, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Processors in use at these moments: a neighbour in the quiet hours of a day costs nobody anything."""
    looks = sights.read(metrics).looks
    if not looks:
        return np.ones(len(moments))
    return np.interp(moments, [look.at for look in looks], [max(look.busy, _IDLE) for look in looks])


def slowness(pace: Pace | None, among: Iterable[Pace | None]) -> float:
    """By what factor a probe's machine was slower than it was seen to be able to; 1 where nothing is known.

    `among` are probes on one machine: the quickest of their quick pieces is what it can.
    """
    known = [one.quick for one in among if one]
    return pace.usual / min(known) if pace and known else 1.0
