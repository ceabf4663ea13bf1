"""Whether a run that still goes on can keep its objectives at all: once it cannot, the rest of the day teaches nothing.

Only what is certain counts: more failed or slow operations than the bound allows of all that the plan has, a service
that was restarted, a maximum of memory that was passed. Bounds on means, and of operations those with tags, are left
to the end.
"""

from __future__ import annotations

from simulation.journal import Observation
from simulation.text import Text
from simulation.timeline import Timeline
from verification.objectives.files import Objective, Objectives
from verification.objectives.gates import Gate, is_gate
from verification.objectives.judging import ObjectiveResult, missed
from verification.objectives.news import News

_WHOLE = 100.0


class Hope:
    """Counts what speaks against each objective while observations come in."""

    def __init__(self, objectives: Objectives, *, timeline: Timeline, steps: int) -> None:
        """`steps`: operations in the whole plan, at least as many as can come to an end."""
        self.gates = [Gate(one, objectives.phases, timeline) for one in objectives.objectives if is_gate(one)]
        self._watched = [one for one in objectives.objectives if _allowed(one, steps) is not None]
        self._counts = [0] * len(self._watched)
        self._steps = steps

    def see(self, news: News) -> None:
        """Count more of the run."""
        for gate in self.gates:
            gate.see(news)
        for seen in news.observations:
            if seen.final:
                for place, one in enumerate(self._watched):
                    self._counts[place] += _against(one, seen)

    def lost(self) -> list[Objective]:
        """Give the objectives that can no longer be kept; none while there is hope."""
        return [one.objective for one in self.results()]

    def results(self) -> list[ObjectiveResult]:
        """Give them as broken results."""
        results = [_passed(gate) for gate in self.gates if gate.is_lost]
        for one, count in zip(self._watched, self._counts, strict=True):
            allowed = _allowed(one, self._steps)
            if allowed is not None and count > allowed:
                reason = Text(
                    f"dừng sớm: đã có {count} thao tác quá mức, cả ngày chỉ được {allowed:.0f}",
                    f"given up: {count} operations beyond it already, the whole day may have {allowed:.0f}",
                )
                results.append(ObjectiveResult(objective=one, answer="BROKEN", count=count, reason=reason))
        return results


def _passed(gate: Gate) -> ObjectiveResult:
    found = missed(gate.objective, gate.value, most=gate.most())
    return ObjectiveResult(
        objective=gate.objective,
        answer="BROKEN",
        value=gate.value,
        count=len(gate.seen.values),
        reason=Text(f"dừng sớm: {found.vi}", f"given up: {found.en}"),
    )


def _allowed(one: Objective, steps: int) -> float | None:
    """How many operations may speak against it; None where that cannot be said beforehand."""
    if one.tags or not one.expression.more_is_worse:
        return None
    if one.metric == "errors" and one.expression.aggregate == "rate":
        return one.expression.bound * steps
    if one.metric == "latency" and one.expression.aggregate == "max":
        return 0.0
    if one.metric == "latency" and one.expression.aggregate == "p":
        return (1 - one.expression.share / _WHOLE) * steps + 1  # percentiles lie between two values
    return None


def _against(one: Objective, seen: Observation) -> bool:
    if one.metric == "errors":
        return seen.outcome != "ok"
    # From the last attempt's start: what the generator began late is not held against the stack here.
    return (seen.end - seen.start) * 1000 > one.expression.bound
