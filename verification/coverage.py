"""Planned against attempted: every step of the plan has one final observation, or a reason why it has none."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from simulation.journal import Journal
from simulation.plan import Journey

#: Step number of what a journey did without the plan asking for it: signing in before its first act.
UNPLANNED = 0


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the planned steps. Steps are named `<journey>#<number>`."""

    planned: int
    finished: int  #: planned steps with a final observation, whatever its outcome
    abandoned: tuple[str, ...]  #: never done since an earlier step of their journey had failed: errors of the systems
    unattempted: tuple[
        str, ...
    ]  #: never finished and nothing explains it: the generator fell short; with its own word for it


def cover(journeys: Iterable[Journey], journal: Journal) -> Coverage:
    """Hold the plan against the journal."""
    final: dict[tuple[str, int], bool] = {}
    for seen in journal.observations:
        if seen.final:
            final[seen.journey, seen.step] = seen.outcome == "ok"
    given_up = {event.subject: event.detail for event in journal.events if event.event == "abandoned"}
    planned = finished = 0
    abandoned: list[str] = []
    unattempted: list[str] = []
    for journey in journeys:
        failed = final.get((journey.id, UNPLANNED)) is False
        for step in journey.steps:
            planned += 1
            good = final.get((journey.id, step.number))
            if good is not None:
                finished += 1
                failed = failed or not good
            else:
                name = f"{journey.id}#{step.number}"
                if failed:
                    abandoned.append(name)
                else:
                    why = given_up.get(journey.id)
                    unattempted.append(f"{name} ({why})" if why else name)
    return Coverage(planned=planned, finished=finished, abandoned=tuple(abandoned), unattempted=tuple(unattempted))
