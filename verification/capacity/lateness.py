"""Whether a generator that started late changes a probe's answer.

Near the limit of a small machine the generator waits for a processor, too. A probe is not thrown away for that where
its answer is the same whichever way the lateness is counted: as the system's, or not at all.
"""

from __future__ import annotations

import dataclasses

import msgspec

from simulation.journal import Journal, Observation
from verification.evidence import Evidence
from verification.objectives.files import Objectives
from verification.objectives.judging import ObjectiveResult, judge, overall


def judge_either_way(objectives: Objectives, seen: Evidence) -> list[ObjectiveResult]:
    """Judge as ever; where late starts forbid that, judge as if they were the system's if that changes no answer.

    Returns the ordinary (UNKNOWN) results where it does, or where something else than lateness is the reason.
    """
    results = judge(objectives, seen)
    if overall(results) != "UNKNOWN":
        return results
    blamed = judge(objectives, _with(seen, blame=True))
    forgiven = judge(objectives, _with(seen, blame=False))
    return blamed if overall(blamed) == overall(forgiven) else results


def _with(seen: Evidence, *, blame: bool) -> Evidence:
    """The evidence of a punctual generator: one that began when it was meant to (blame), or meant to when it began."""
    first = {_act(one): one.start for one in seen.journal.observations if one.attempt == 1}

    def punctual(one: Observation) -> Observation:
        if blame:
            return msgspec.structs.replace(one, start=one.intended) if one.attempt == 1 else one
        return msgspec.structs.replace(one, intended=max(one.intended, first.get(_act(one), one.intended)))

    journal = Journal([punctual(one) for one in seen.journal.observations], seen.journal.events, seen.journal.torn)
    return dataclasses.replace(seen, journal=journal)


def _act(one: Observation) -> tuple[str, int, str, float]:
    return one.journey, one.step, one.operation, one.intended
