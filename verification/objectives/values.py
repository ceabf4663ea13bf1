"""The values that an objective is about, out of a run's evidence, with the run second at which each was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from simulation.journal import Observation
from simulation.mistakes import did_you_mean
from simulation.text import Text
from simulation.timeline import Timeline
from verification.capacity import sights
from verification.evidence import Evidence
from verification.measures import LATE_SECONDS
from verification.objectives.files import Objective
from verification.objectives.gates import Gate, is_gate
from verification.objectives.metric import METRICS
from verification.objectives.news import News
from verification.objectives.seen import Seen

_OVER = ("end", "given-up")
LATE_SHARE = 0.01  #: as requirement GEN-01: past it the generator, not the systems, has been measured


def values(objective: Objective, phases: Mapping[str, tuple[float, float]], evidence: Evidence) -> Seen | Text:
    """Collect them; a reason where they cannot be had or not be trusted."""
    if not is_gate(objective):
        return _of_journal(objective, phases, evidence)
    gate = gate_of(objective, phases, evidence)
    return gate if isinstance(gate, Text) else gate.seen


def gate_of(objective: Objective, phases: Mapping[str, tuple[float, float]], evidence: Evidence) -> Gate | Text:
    """Collect what an objective about the infrastructure is held against; a reason where there is nothing."""
    machine = METRICS[objective.metric].source == "machine"
    if machine and evidence.samples_damage is not None and (evidence.run / "metrics" / "processes.ndjson").exists():
        return evidence.samples_damage
    until = max((event.at for event in evidence.journal.events if event.event in _OVER), default=math.inf)
    gate = Gate(objective, phases, evidence.plan.timeline, until=until)
    looks = () if machine else sights.read(evidence.run / "metrics").looks
    gate.see(News(began=evidence.began, samples=evidence.samples if machine else (), looks=looks))
    return gate.why_empty() if gate.is_empty else gate


def _of_journal(objective: Objective, phases: Mapping[str, tuple[float, float]], evidence: Evidence) -> Seen | Text:
    gap = evidence.journal_gap
    if gap is not None:
        return gap
    if objective.metric == "dropped":
        times = [event.at for event in evidence.journal.events if event.event == "dropped"]
        return Seen(values=np.ones(len(times)), seconds=np.asarray(times, dtype=float))
    if objective.metric != "late" and evidence.measures.late_share > LATE_SHARE:
        share = 100 * evidence.measures.late_share
        return Text(
            f"Bộ sinh tải bắt đầu muộn {share:.1f} % số thao tác: số đo không nói về hệ thống.",
            f"The generator started {share:.1f} % of all operations late: figures do not speak of the systems.",
        )
    timeline = evidence.plan.timeline
    chosen = [one for one in evidence.journal.observations if is_meant(objective, phases, timeline, one)]
    if not chosen:
        return _nobody(objective, evidence)
    if objective.metric == "requests":
        return _each_second(chosen, _extent(objective, phases, evidence))
    return Seen(
        values=np.asarray([value_of(objective.metric, one) for one in chosen], dtype=float),
        seconds=np.asarray([one.intended for one in chosen], dtype=float),
    )


def _nobody(objective: Objective, evidence: Evidence) -> Text:
    """Say that there was nothing of the kind, and who there was where nobody fits a pattern of actors."""
    actors = {one.actor for one in evidence.journal.observations}
    pattern = objective.tags.get("actor", "*")
    way_out = Text("", "") if any(fnmatchcase(one, pattern) for one in actors) else did_you_mean(pattern, actors)
    return Text(
        f"Không quan sát thấy thao tác nào như vậy. {way_out.vi}".rstrip(),
        f"No such operation was observed. {way_out.en}".rstrip(),
    )


def _each_second(chosen: Sequence[Observation], extent: tuple[float, float]) -> Seen:
    """How many in each run second: together they are the count, on average the rate, as k6's counters have it."""
    first, last = int(extent[0]), math.ceil(extent[1])
    seconds = np.arange(first, max(last, first + 1))
    counts, _ = np.histogram([one.intended for one in chosen], bins=[*seconds, seconds[-1] + 1])
    return Seen(values=counts.astype(float), seconds=seconds.astype(float))


def _extent(objective: Objective, phases: Mapping[str, tuple[float, float]], evidence: Evidence) -> tuple[float, float]:
    """Run seconds from the first operation of the day to the last, or of the phase."""
    begins = min(one.intended for one in evidence.journal.observations)
    ends = max(one.intended for one in evidence.journal.observations) + 1e-9
    if "phase" in objective.tags:
        since, until = (evidence.plan.timeline.to_run(moment) for moment in phases[objective.tags["phase"]])
        return max(begins, since), min(ends, until)
    return begins, ends


def value_of(metric: str, seen: Observation) -> float:
    """Give what one operation adds to a metric."""
    if metric == "latency":
        return seen.latency * 1000
    if metric == "errors":
        return float(seen.outcome != "ok")
    return float(seen.start - seen.intended > LATE_SECONDS) if metric == "late" else 1.0


def is_meant(
    objective: Objective, phases: Mapping[str, tuple[float, float]], timeline: Timeline, seen: Observation
) -> bool:
    """Tell whether an objective is about this operation."""
    if not (seen.attempt == 1 if objective.metric == "late" else seen.final):
        return False
    for tag, pattern in objective.tags.items():
        if tag == "phase":
            begins, ends = phases[pattern]
            if not begins <= timeline.to_official(seen.intended) < ends:
                return False
        else:
            kind = seen.journey.rpartition("-")[0]
            found = {"operation": seen.operation, "actor": seen.actor, "kind": kind}[tag]
            if not fnmatchcase(found, pattern):
                return False
    return True
