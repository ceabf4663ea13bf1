"""What benchmarks share: the row they write, rounds that alternate with a peer's, and the words for a wrong answer."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec


class WrongAnswerError(Exception):
    """What was measured did not do its work, so its speed means nothing."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of bench/latest.json. Exactly one of ratio and value is held against the bound."""

    name: str  #: "<module>.<what>"
    value: float | None  #: ours, median of the rounds; None when the answer was wrong
    unit: str
    peer: str  #: what was measured beside it; empty for a plain limit
    peer_value: float | None  #: in the same unit
    ratio: float | None  #: value / peer_value, median of the rounds' own ratios
    bound: str  #: e.g. "ratio >= 0.6" or "value <= 30"; empty for rows that only explain others
    ok: bool  #: the bound is kept; true for rows without one
    note: str = ""  #: how it was measured, and where the rest of the time went


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """Medians of alternating rounds."""

    ours: float
    peer: float
    ratio: float  #: of each round with the peer's next to it


def say(text: str) -> None:
    """Tell progress, one line."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def check(condition: object, wrong: str) -> None:
    """Raise WrongAnswerError unless the condition holds."""
    if not condition:
        raise WrongAnswerError(wrong)


def alternate(ours: Callable[[], float], peer: Callable[[], float], *, rounds: int = 3, what: str) -> Rounds:
    """Run ours and the peer by turns (A B A B …): a noisy machine is noisy for both."""
    pairs = []
    for number in range(rounds):
        pairs.append((ours(), peer()))
        say(f"{what}: round {number + 1} of {rounds}: ours {shown(pairs[-1][0])}, peer {shown(pairs[-1][1])}")
    return Rounds(
        ours=statistics.median(mine for mine, _ in pairs),
        peer=statistics.median(theirs for _, theirs in pairs),
        ratio=statistics.median(mine / theirs for mine, theirs in pairs),
    )


def against_peer(name: str, rounds: Rounds, *, unit: str, peer: str, at_least: float, note: str = "") -> Row:
    """Row whose ratio to the peer must reach a bound."""
    return Row(
        name=name,
        value=round(rounds.ours, 3),
        unit=unit,
        peer=peer,
        peer_value=round(rounds.peer, 3),
        ratio=round(rounds.ratio, 3),
        bound=f"ratio >= {at_least:g}",
        ok=rounds.ratio >= at_least,
        note=note,
    )


def against_limit(
    name: str, value: float, *, unit: str, at_most: float | None = None, at_least: float | None = None, **more: Any
) -> Row:
    """Row whose own value must keep a bound; `more` may tell a peer and a note."""
    peer_value: float | None = more.get("peer_value")
    kept = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    bound = "".join(
        f"value {sign} {limit:g}" for sign, limit in (("<=", at_most), (">=", at_least)) if limit is not None
    )
    return Row(
        name=name,
        value=round(value, 3),
        unit=unit,
        peer=more.get("peer", ""),
        peer_value=None if peer_value is None else round(peer_value, 3),
        ratio=round(value / peer_value, 3) if peer_value else None,
        bound=bound,
        ok=kept,
        note=more.get("note", ""),
    )


def no_answer(name: str, *, bound: str, why: str) -> Row:
    """Row of a benchmark that gave no right answer."""
    return Row(name=name, value=None, unit="", peer="", peer_value=None, ratio=None, bound=bound, ok=False, note=why)


def core_seconds() -> float:
    """Processor time of this process and all its threads."""
    return time.process_time()


def peak_mebibytes() -> float:
    """Most memory that this process has held (MiB).

    Not `ru_maxrss`: Linux hands the parent's on to a child, so that a small child of a large benchmark seems large.
    """
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def percentile(values: list[float], share: float) -> float:
    """Nearest-rank percentile, so that it is a value that was seen."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def shown(value: float) -> str:
    """Write a number for people."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
