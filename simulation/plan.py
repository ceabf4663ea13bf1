"""The plan: every journey of the day, frozen before anything runs.

The same plan is driven against a Stack in compressed real time and simulated in virtual time.

On disk a plan is a folder: `plan.json` (the Plan without its journeys) and `journeys.ndjson` (one Journey a line, in
order of their first step). The same scenario and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from simulation.client_lines import ClientLine
from simulation.timeline import Timeline


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One act of one person (or one machine) in a journey: the unit that becomes one client operation."""

    number: int  #: place in its journey, from 1
    at: float  #: intended official time, seconds since midnight; never earlier than that of the step before
    actor: str  #: kind of actor: citizen, company_agent, reception_clerk, specialist, leader, document_clerk, ...
    account: str = ""  #: who: a staff account, or a citizen's personal number; empty for an anonymous visitor
    operation: str  #: what, e.g. "portal.submit"; the table of operations is in docs/wire.md
    detail: Mapping[str, Any] = {}  #: parameters of the operation, as docs/wire.md lists them


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """All that happens to one subject (a dossier, a document, a visit), in the order in which it has to happen."""

    id: str  #: unique in the plan, e.g. "dossier-000123"
    kind: str  #: e.g. "dossier-counter"; the kinds are in simulation/journeys
    steps: tuple[Step, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario drawn up in full from one seed."""

    scenario: str
    province: str
    era: str
    seed: int
    timeline: Timeline
    requirements: tuple[str, ...]  #: names of the requirement tables that the run is judged by
    counts: Mapping[str, int]  #: planned numbers, e.g. {"journeys": .., "steps": .., "dossiers": .., "documents": ..}
    assumptions: tuple[str, ...] = ()  #: what the plan takes for granted, for the report
    client_lines: tuple[ClientLine, ...] = ()  #: what people reach the portal over
    journeys: tuple[Journey, ...] = ()


def save(plan: Plan, folder: Path) -> None:
    """Write a plan into a folder of its own, byte for byte the same for the same plan."""
    folder.mkdir(parents=True, exist_ok=True)
    head = msgspec.structs.replace(plan, journeys=())
    (folder / "plan.json").write_bytes(msgspec.json.format(msgspec.json.encode(head, order="deterministic"), indent=2))
    encoder = msgspec.json.Encoder(order="deterministic")
    with (folder / "journeys.ndjson").open("wb") as out:
        for journey in plan.journeys:
            out.write(encoder.encode(journey) + b"\n")


def load(folder: Path) -> Plan:
    """Read a plan back, journeys included."""
    return msgspec.structs.replace(load_head(folder), journeys=tuple(journeys(folder)))


def load_head(folder: Path) -> Plan:
    """Read a plan without its journeys."""
    return msgspec.json.decode((folder / "plan.json").read_bytes(), type=Plan)


def journeys(folder: Path) -> Iterator[Journey]:
    """Stream the journeys of a plan."""
    decoder = msgspec.json.Decoder(Journey)
    with (folder / "journeys.ndjson").open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)
