"""Puts the report together: what was read and judged, through one template, into one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from simulation.text import Text
from verification import machine, requirements
from verification.answer import WORDS
from verification.evidence import Evidence, gather
from verification.objectives.metric import METRICS
from verification.report import drawing, timeline
from verification.report.rendering import or_dash, write
from verification.verdict import Verdict
from verification.wording import clock, figure
from verification.yardsticks import YARDSTICKS

_COUNT_WORDS: Mapping[str, Text] = {
    "requests": Text("yêu cầu", "requests"),
    "dossiers": Text("hồ sơ", "dossiers"),
    "documents": Text("văn bản", "documents"),
    "payments": Text("khoản thanh toán", "payments"),
    "calls": Text("lời gọi qua LGSP", "calls over the LGSP"),
}
#: Parts of environment.json that say how the data centre was set, shown with it; the rest is told under honesty.
_SETTINGS = ("recovery", "restore_drill", "settings", "stack", "machine")
_PLANNED_WORDS: Mapping[str, Text] = {
    **_COUNT_WORDS,
    "journeys": Text("hành trình", "journeys"),
    "steps": Text("bước", "steps"),
}
#: More violations than these are counted, not listed: verdict.json has them all.
MOST_VIOLATIONS = 200


def render(run: Path, verdict: Verdict) -> Path:
    """Write `report.html` of a judged run; returns its path. Raises BadInputError when the folder is not a run."""
    evidence = gather(run)
    filters = {
        "ms": lambda value: or_dash(value, lambda seconds: figure(seconds * 1000)),
        "percent": lambda value: or_dash(value, lambda share: figure(share * 100)),
        "words": lambda answer: drawing.both(WORDS[answer]),
        "sign": lambda comparator: requirements.SIGNS[comparator],
        "planned": lambda name: drawing.both(_PLANNED_WORDS.get(name, Text(name, name))),
        "unit": lambda unit: drawing.both(requirements.words(unit)),
    }
    content = _content(evidence, verdict)
    return write(run / "report.html", "page.html.j2", content, filters=filters, words={"badge": _badge})


def _content(evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    measures = evidence.measures
    footprint = machine.footprint(evidence.samples)
    slowest = max((one.latency.p99 for one in measures.operations), default=1.0)
    return {
        "verdict": verdict,
        "plan": evidence.plan,
        "day": date.fromisoformat(evidence.plan.timeline.day).strftime("%d/%m/%Y"),
        "counts": [(_COUNT_WORDS[name], value) for name, value in verdict.counts.items()],
        "tally": _tally(verdict),
        "view": timeline.draw(evidence.plan, evidence.journal, evidence.samples),
        "bands": [name for name, _ in timeline.BANDS],
        "measures": measures,
        "operations": [
            (one, drawing.span(one.latency.p50, one.latency.p95, one.latency.p99, most=slowest))
            for one in measures.operations
        ],
        "objectives": verdict.objectives,
        "objective_unit": {name: metric.unit for name, metric in METRICS.items()},
        "most_violations": MOST_VIOLATIONS,
        "requirement_groups": [
            (table, [result for result in verdict.requirements if result.table == table.name])
            for table in verdict.tables
        ],
        "yardsticks": YARDSTICKS,
        "footprint": footprint,
        "samples_damage": evidence.samples_damage,
        "workloads": [
            (one, drawing.spark(one.cpu), drawing.spark(one.memory))
            for one in (footprint.workloads if footprint else ())
        ],
        "journey_kinds": sorted(Counter(journey.kind for journey in evidence.journeys).items()),
        "paces": _paces(evidence),
        "coverage": evidence.coverage,
        "journal_gap": evidence.journal_gap,
        "settings_keys": _SETTINGS,
        "environment": {key: _flat(value) for key, value in evidence.environment.items()},
    }


def _tally(verdict: Verdict) -> list[tuple[Text, Counter[str]]]:
    objectives = Counter[str](one.answer for one in verdict.objectives)
    return [
        (Text("Định luật đối soát", "Laws of reconciliation"), Counter(law.answer for law in verdict.laws)),
        (Text("Yêu cầu", "Requirements"), Counter(result.answer for result in verdict.requirements)),
        *([(Text("Mục tiêu", "Objectives"), objectives)] if objectives else []),
    ]


def _paces(evidence: Evidence) -> list[tuple[str, float, float]]:
    """How fast each part of the official day runs: (part, run seconds, official seconds a run second)."""
    points = evidence.plan.timeline.points
    return [
        (f"{_day_time(left[0])}-{_day_time(right[0])}", right[1] - left[1], (right[0] - left[0]) / (right[1] - left[1]))
        for left, right in pairwise(points)
    ]


def _day_time(official: float) -> str:
    return "24:00" if official >= 24 * 3600 else clock(official)


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Lay nested settings out as (dotted name, text)."""
    if isinstance(value, Mapping):
        return [line for key, inner in value.items() for line in _flat(inner, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return [(name, " ".join(value))]
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return [(name, text)]


_SIGNS = {"KEPT": "✓", "BROKEN": "✗", "UNKNOWN": "?"}


def _badge(answer: str) -> Markup:
    """Sign, word and colour, so that colour is never the only one to tell."""
    words = drawing.both(WORDS[answer])  # type: ignore[index]  # answers come from a verdict
    return Markup('<span class="badge {}"><span class="sign" aria-hidden="true">{}</span>{}</span>').format(
        answer.lower(), _SIGNS[answer], words
    )
