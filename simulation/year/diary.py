"""Diary: a year's work as a journal of the schema that the load test writes, so that the same measures judge it.

Of every so many dossiers and documents (a year has ten million acts) all is written: each act at a desk with when its
paper came there (intended), when it was begun and when it was done, in seconds of official time since the year began.
Nights and weekends count, as they do for whoever waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from simulation.engine import Outcome, Sample, kernel
from simulation.journal import Event, Observation, Writer
from simulation.operations import OPERATIONS
from simulation.year.simulating import Setting, replicate

#: Operation of docs/wire.md that each kind of work in `paths` is. What is not here (a retyped form, a paper copy) is no
#: operation of any system.
ACTS: Final[Mapping[str, str]] = {
    "portal": "portal.submit",
    "dossier.reception": "onestop.receive",
    "dossier.acceptance": "onestop.accept",
    "dossier.examination": "onestop.examine",
    "dossier.decision": "onestop.decide",
    "dossier.return": "onestop.hand_back",
    "document.draft": "office.draft",
    "document.sign": "office.sign",
    "document.print": "office.print",
    "document.scan": "office.scan",
    "document.issue": "office.issue",
    "incoming.register": "office.register",
    "incoming.assign": "office.assign",
    "incoming.finish": "office.finish",
}
#: Lines kept: room for every act of a toy's year, or of one in fifty of Bến Tre's.
MOST_LINES = 4_000_000


def write(setting: Setting, folder: Path, *, seed: int, every: int) -> int:
    """Play a year and write its journal (`year.ndjson`) into an existing folder; returns how many acts it has."""
    played = replicate(setting, seed=seed, number=0, trace=Sample(MOST_LINES, every))
    path = folder / "year.ndjson"
    path.unlink(missing_ok=True)  # a journal is appended to
    writer, many = Writer(path), 0
    try:
        detail = f"one in {every} dossiers and documents"
        writer.write(Event(at=0.0, event="begin", subject="year", detail=detail))
        for observation in observations(setting, played.outcome):
            writer.write(observation)
            many += 1
        writer.write(Event(at=round(setting.until - setting.warm_up, 3), event="end", subject="year"))
    finally:
        writer.close()
    return many


def observations(setting: Setting, outcome: Outcome) -> Iterator[Observation]:
    """Each act that was done after the warm-up, in the order in which they ended."""
    program = setting.paths.program.compile()
    streams = program.code["stream"]
    operations = [ACTS.get(program.streams[number], "") for number in streams]
    came: dict[tuple[int, int], float] = {}
    began: dict[tuple[int, int], float] = {}
    steps: dict[int, int] = {}
    trace = outcome.trace
    for time, kind, job, team, step in zip(
        trace.time.tolist(),
        trace.kind.tolist(),
        trace.job.tolist(),
        trace.team.tolist(),
        trace.step.tolist(),
        strict=True,
    ):
        at = time - setting.warm_up
        if kind == kernel.ENTERED:
            came[job, team] = at
        elif kind == kernel.BEGAN:
            began[job, team] = at
        elif kind == kernel.FINISHED:
            intended, start = came.pop((job, team)), began.pop((job, team))
            number = steps[job] = steps.get(job, -1) + 1
            if intended >= 0.0 and operations[step]:
                yield _seen(operations[step], job, number, outcome.teams[team], (intended, start, at))


def _seen(operation: str, job: int, step: int, actor: str, moments: tuple[float, float, float]) -> Observation:
    intended, start, end = (round(moment, 3) for moment in moments)
    kind = "dossier" if operation.startswith(("onestop", "portal")) else "document"
    journey = f"{kind}.{job:x}"
    write_ = OPERATIONS[operation].write
    return Observation(
        journey=journey,
        step=step,
        operation=operation,
        actor=actor,
        subject=journey,
        planned=intended,
        intended=intended,
        start=start,
        end=end,
        outcome="ok",
        status=200,
        write=write_,
        key=f"{journey}.{step}" if write_ else "",
    )
