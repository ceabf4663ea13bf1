"""Holds a run against its objectives: KEPT, BROKEN or UNKNOWN for each, and beside a baseline where there is one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from simulation.journal import Event
from simulation.text import Text
from verification.answer import Answer
from verification.evidence import Evidence
from verification.objectives.baseline import Comparison, compare
from verification.objectives.files import Objective, Objectives
from verification.objectives.gates import is_gate
from verification.objectives.metric import METRICS
from verification.objectives.values import gate_of, is_meant, value_of, values
from verification.wording import clock, figure, significant

#: A change for the worse counts from this share of the earlier value on: smaller ones are within what two runs of the
#: same system on the same machine differ by. Assumed.
TOLERANCE = 0.10
_OF_THE_GENERATOR = {"dropped", "late"}
_WAY_OUT = Text("Muốn xem hết ngày: bỏ abortOnFail.", "To see the whole day, leave abortOnFail out.")


class ObjectiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """One objective and what became of it."""

    objective: Objective
    answer: Answer
    value: float | None = None
    count: int = 0  #: values it rests on
    reason: Text = Text("", "")  #: of anything but KEPT
    comparison: Comparison | None = None


def judge(objectives: Objectives, evidence: Evidence, *, baseline: Evidence | None = None) -> list[ObjectiveResult]:
    """Judge every objective, in the order of the file."""
    if evidence.given_up is not None:
        return [_of_a_part(one, objectives, evidence, evidence.given_up) for one in objectives.objectives]
    return [_judge(one, objectives, evidence, baseline) for one in objectives.objectives]


def overall(results: Sequence[ObjectiveResult]) -> Answer:
    """One BROKEN breaks, one UNKNOWN leaves it open."""
    answers = {one.answer for one in results}
    return "BROKEN" if "BROKEN" in answers else "UNKNOWN" if "UNKNOWN" in answers or not answers else "KEPT"


def _dropped(objective: Objective, evidence: Evidence) -> int:
    """Arrivals that were not carried, where the objective is about what those who came have met."""
    if METRICS[objective.metric].source != "journal" or objective.metric in _OF_THE_GENERATOR:
        return 0
    return sum(event.event == "dropped" for event in evidence.journal.events)


def missed(objective: Objective, value: float, *, most: str = "") -> Text:
    """Say what was found beside what was wanted, and which service is behind it."""
    shown, bound, sign = figure(value), figure(objective.expression.bound), objective.expression.sign
    unit = METRICS[objective.metric].unit
    behind = Text("", "")
    if most:
        counted = objective.expression.aggregate == "count"
        behind = (
            Text(f" ({most})", f" ({most})") if counted else Text(f" (nhiều nhất: {most})", f" (most of it: {most})")
        )
    return Text(
        f"{shown.vi} {unit.vi}".rstrip() + f"{behind.vi}, yêu cầu {sign} {bound.vi} {unit.vi}".rstrip(),
        f"{shown.en} {unit.en}".rstrip() + f"{behind.en}, wanted {sign} {bound.en} {unit.en}".rstrip(),
    )


def _of_a_part(objective: Objective, objectives: Objectives, evidence: Evidence, given_up: Event) -> ObjectiveResult:
    """Of a day that was ended early: BROKEN is who ended it, the others can still go either way."""
    timeline = evidence.plan.timeline
    if objective.title not in given_up.detail.split("; "):
        reason = evidence.journal_gap or Text("", "")
        return ObjectiveResult(objective=objective, answer="UNKNOWN", reason=reason)
    value, count, most = _when_it_ended(objective, objectives, evidence)
    at, second = clock(timeline.to_official(given_up.at)), figure(round(given_up.at, 1))
    so_far = missed(objective, value, most=most) if value is not None else Text("", "")
    reason = Text(
        f"kết thúc tải sớm lúc {at} (giây chạy {second.vi}): {so_far.vi}. {_WAY_OUT.vi}",
        f"ended the load early at {at} (run second {second.en}): {so_far.en}. {_WAY_OUT.en}",
    )
    return ObjectiveResult(objective=objective, answer="BROKEN", value=value, count=count, reason=reason)


def _when_it_ended(objective: Objective, objectives: Objectives, evidence: Evidence) -> tuple[float | None, int, str]:
    """Give the value that an objective ended the load by, how many it rests on, and the service behind it."""
    timeline = evidence.plan.timeline
    if is_gate(objective):
        gate = gate_of(objective, objectives.phases, evidence)
        if isinstance(gate, Text):
            return None, 0, ""
        gate.forget_what_came_after()
        return gate.value, len(gate.seen.values), gate.most()
    seen = np.asarray(
        [
            value_of(objective.metric, one)
            for one in evidence.journal.observations
            if is_meant(objective, objectives.phases, timeline, one)
        ],
        dtype=float,
    )
    return objective.expression.of(seen) if len(seen) else None, len(seen), ""


def _judge(
    objective: Objective, objectives: Objectives, evidence: Evidence, baseline: Evidence | None
) -> ObjectiveResult:
    most = ""
    if is_gate(objective):
        gate = gate_of(objective, objectives.phases, evidence)
        if not isinstance(gate, Text):
            most = gate.most()
        seen = gate if isinstance(gate, Text) else gate.seen
    else:
        seen = values(objective, objectives.phases, evidence)
    if isinstance(seen, Text):
        return ObjectiveResult(objective=objective, answer="UNKNOWN", reason=seen)
    expression = objective.expression
    counted = expression.aggregate == "count"
    value = expression.of(seen.values) if len(seen.values) or counted else 0.0
    result = ObjectiveResult(objective=objective, answer="KEPT", value=value, count=len(seen.values))
    if not expression.holds(value):
        result = msgspec.structs.replace(result, answer="BROKEN", reason=missed(objective, value, most=most))
    elif dropped := _dropped(objective, evidence):
        reason = Text(
            f"bộ sinh tải bỏ {dropped} lượt đến: họ gặp gì thì không ai biết",
            f"the generator dropped {dropped} arrivals: what they would have met is not known",
        )
        return msgspec.structs.replace(result, answer="UNKNOWN", reason=reason)
    if baseline is None or counted or not len(seen.values):
        return result
    before = values(objective, objectives.phases, baseline)
    if isinstance(before, Text) or not len(before.values):
        return result
    found = compare(expression, before, seen)
    result = msgspec.structs.replace(result, comparison=found)
    if found.change == "worse" and abs(found.now - found.before) > TOLERANCE * abs(found.before):
        before_, now = figure(found.before), figure(found.now)
        low, high = significant(found.low, sign=True), significant(found.high, sign=True)
        reason = Text(
            f"kém hơn lần chạy gốc: {before_.vi} → {now.vi}, khác biệt {low.vi} … {high.vi}",
            f"worse than the baseline: {before_.en} → {now.en}, difference {low.en} … {high.en}",
        )
        result = msgspec.structs.replace(result, answer="BROKEN", reason=reason)
    return result
