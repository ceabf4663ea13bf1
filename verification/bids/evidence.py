"""What is written down while an offer is tried: raw, before anybody judges, and read back to judge again.

One file a kind, JSON or one JSON object a line, below `raw/` of the pack. No key and no personal number is in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

Outcome = Literal["ok", "refused", "unreadable", "unreachable"]


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request of the load."""

    journey: int
    act: str
    intended: float  #: seconds since the probe began, when somebody wanted it
    began: float
    ended: float
    outcome: Outcome
    said: str = ""  #: the product's words, where it would not


class Step(msgspec.Struct, frozen=True):
    """A line of history, or of what neighbours were told."""

    seq: int
    state: str


class Settled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dossier of the load: what the product answered for, beside what it holds afterwards."""

    code: str
    probe: int
    journey: int
    channel: str
    acknowledged: str  #: state that the last answered act led to
    maybe: str = ""  #: state that an unanswered act may have led to
    paid: int  #: đồng that the product answered for
    found: bool  #: whether it is still there
    said: str = ""  #: what was said where it is not
    state: str = ""
    paid_found: int = 0
    history: tuple[Step, ...] = ()
    told: tuple[Step, ...] = ()  #: news to the portal, in the order in which they came
    may_be_paid: int = 0  #: đồng that an unanswered act may have paid
    name: str = ""  #: invented, as it was handed in
    wrong: tuple[str, ...] = ()  #: fields that are not as they were handed in


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One load that was tried."""

    number: int
    load: float  #: factor on what was promised
    per_second: float  #: dossiers that began a second
    seed: int
    seconds: float  #: during which dossiers began
    took: float  #: until the last answer
    late_ms: float  #: p95 of how late the generator itself was


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One point of the norm, as the inspection found it."""

    id: str
    area: str
    weight: Annotated[int, msgspec.Meta(ge=1, le=3)]
    minutes: Annotated[int, msgspec.Meta(ge=0)]
    title: str
    judgement: Literal["kept", "broken", "unknown"]
    where: str = ""
    expected: str = ""
    found: str = ""


class Guarded(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt on the product's safety."""

    id: str
    what: str
    kept: bool | None  #: None: could not be tried
    found: str


class Before(msgspec.Struct, frozen=True):
    """A dossier before and after an upgrade or in a hand-over."""

    code: str
    before: str
    after: str  #: empty: gone


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """What happened when a new version was asked for."""

    tried: bool
    why_not: str = ""
    version_before: str = ""
    version_after: str = ""
    interrupted_seconds: float = 0.0  #: longest time without an answer
    back: bool = False
    dossiers: tuple[Before, ...] = ()
    works_on: bool = False  #: a dossier opened before was finished after
    differing: tuple[str, ...] = ()  #: code: field, of those that are in the same state


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What the product handed over, held against what was put into it, and whether it was deleted then."""

    tried: bool
    why_not: str = ""
    lines: int = 0
    promised_lines: int = -1  #: as its manifest says
    digest_right: bool = False
    expected: int = 0  #: dossiers that we know of
    missing: tuple[str, ...] = ()  #: codes
    differing: tuple[str, ...] = ()  #: code: field
    twice: tuple[str, ...] = ()  #: codes on more than one line
    unreadable: int = 0
    left_after_deletion: int | None = None  #: of those looked for; None: deletion was not tried, or cannot be told
    deletes_for_anybody: bool = False  #: whether a wrong key was enough


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    points: tuple[Point, ...] = ()
    probes: tuple[Probe, ...] = ()
    calls: tuple[tuple[Call, ...], ...] = ()  #: of each probe
    settled: tuple[Settled, ...] = ()
    guarded: tuple[Guarded, ...] = ()
    upgrade: Upgrade = Upgrade(tried=False, why_not="chưa thử")
    handover: Handover = Handover(tried=False, why_not="chưa thử")


_Row = TypeVar("_Row")
_NAMES = {"points": Point, "probes": Probe, "settled": Settled, "guarded": Guarded}


def save(evidence: Evidence, folder: Path) -> None:
    """Write it below `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _NAMES:
        _write_lines(folder / f"{name}.jsonl", getattr(evidence, name))
    for probe, calls in zip(evidence.probes, evidence.calls, strict=True):
        _write_lines(folder / f"calls-{probe.number:02}.jsonl", calls)
    for name in ("upgrade", "handover"):
        told = msgspec.json.format(msgspec.json.encode(getattr(evidence, name)), indent=2)
        (folder / f"{name}.json").write_bytes(told + b"\n")


def load(folder: Path) -> Evidence:
    """Read it again. Raises FileNotFoundError or msgspec.MsgspecError."""
    probes = _read_lines(folder / "probes.jsonl", Probe)
    return Evidence(
        points=_read_lines(folder / "points.jsonl", Point),
        probes=probes,
        calls=tuple(_read_lines(folder / f"calls-{probe.number:02}.jsonl", Call) for probe in probes),
        settled=_read_lines(folder / "settled.jsonl", Settled),
        guarded=_read_lines(folder / "guarded.jsonl", Guarded),
        upgrade=msgspec.json.decode((folder / "upgrade.json").read_bytes(), type=Upgrade),
        handover=msgspec.json.decode((folder / "handover.json").read_bytes(), type=Handover),
    )


def _write_lines(path: Path, rows: Sequence[Any]) -> None:
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def _read_lines(path: Path, kind: type[_Row]) -> tuple[_Row, ...]:
    return tuple(msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines() if line)
