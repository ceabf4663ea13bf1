"""Reads a file of objectives: k6's thresholds in TOML. Every mistake is told at once.

[phases]                                   # official time; optional
rush = "08:00 09:30"

[thresholds]
"latency{operation:portal.*,actor:citizen,phase:rush}" = ["p(95)<800", "max<5000"]
"errors" = ["rate<0.01"]                   # http_req_duration, http_req_failed, http_reqs are understood, too
"memory{service:portal}" = ["max<900"]     # MB; cpu is in percent of one core
"errors{kind:dossier-*}" = [{ threshold = "rate<0.05", abortOnFail = true, delayAbortEval = "10s" }]
"restarts" = [{ threshold = "count<1", abortOnFail = true }]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from simulation.calendar import second_of_day
from simulation.mistakes import BadInputError
from simulation.operations import OPERATIONS
from simulation.province_files.reading import Findings, Row, read_toml
from simulation.scenario import KINDS
from simulation.text import Text
from verification.objectives.expression import Expression, parse
from verification.objectives.metric import METRICS, OF_K6

#: What a run's folder calls the objectives it was made with.
FILE = "objectives.toml"

_SELECTOR = re.compile(r"(?P<metric>[a-z0-9_]+)\s*(\{(?P<tags>[^{}]*)\})?")
_FORM = Text(
    'Viết dạng "latency{operation:portal.*,phase:rush}".', 'Write it like "latency{operation:portal.*,phase:rush}".'
)
_PHASE = Text('Viết dạng "08:00 09:30".', 'Write it like "08:00 09:30".')
_NO_PHASES = Text('Thêm bảng [phases], ví dụ rush = "08:00 09:30".', 'Add a table [phases], e.g. rush = "08:00 09:30".')
_SPAN = re.compile(r"(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?")
#: How many come is short of a lower bound until enough have come; arrivals that are dropped are no observations.
_LEFT_TO_THE_END = ("requests", "dropped")
_CANNOT_END = Text(
    f"{', '.join(_LEFT_TO_THE_END)} không kết thúc tải sớm được; bỏ abortOnFail.",
    f"{', '.join(_LEFT_TO_THE_END)} cannot end the load early; leave abortOnFail out.",
)
#: What a tag's pattern has to fit at least one of, where that is known beforehand.
_KNOWN: Mapping[str, Collection[str]] = {"operation": OPERATIONS, "kind": KINDS}


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """One bound on one selection."""

    name: str  #: as written: metric and tags
    metric: str  #: a name of metric.py
    tags: Mapping[str, str]  #: tag -> pattern, as for file names
    expression: Expression
    ends_after: float | None = None  #: run seconds from which it ends the load once broken; None: it never does

    @property
    def title(self) -> str:
        """Name and bound, as people and journals have them."""
        return f"{self.name} {self.expression.text}"


class Objectives(msgspec.Struct, frozen=True, kw_only=True):
    """A file of them."""

    phases: Mapping[str, tuple[float, float]]  #: name -> official seconds from and until
    objectives: tuple[Objective, ...]


def load(path: Path) -> Objectives:
    """Read a file. Raises BadInputError with every mistake."""
    findings = Findings()
    row = read_toml(path, file=path.name, findings=findings)
    if row is None:
        raise BadInputError(findings.mistakes)
    phases = _phases(row.row("phases")) if row.has("phases") else {}
    found: list[Objective] = []
    thresholds = row.row("thresholds")
    for name in thresholds.names():
        found += _objectives(thresholds, name, phases)
    row.no_more()
    if not found and not findings.mistakes:
        row.wrong("thresholds", Text("để trống.", "is empty."), _FORM)
    findings.raise_if_any()
    return Objectives(phases=phases, objectives=tuple(found))


def _phases(row: Row) -> dict[str, tuple[float, float]]:
    phases = {}
    for name in row.names():
        text = row.text(name)
        try:
            begins, ends = (second_of_day(clock) for clock in text.split())
        except ValueError:
            begins = ends = 0.0
        phases[name] = (float(begins), float(ends))
        if text and begins >= ends:
            row.wrong(name, Text(f"tìm thấy “{text}”.", f"found “{text}”."), _PHASE)
    return phases


def _objectives(row: Row, name: str, phases: Mapping[str, tuple[float, float]]) -> list[Objective]:
    written = _written(row, name)
    shape = _SELECTOR.fullmatch(name.strip())
    if shape is None:
        row.wrong(name, Text("không đọc được.", "cannot be read."), _FORM)
        return []
    metric = OF_K6.get(shape["metric"], shape["metric"])
    if metric not in METRICS:
        row.unknown(name, shape["metric"], (*METRICS, *OF_K6))
        return []
    tags = _tags(row, name, shape["tags"] or "", metric, phases)
    found = []
    for index, (text, ends_after) in enumerate(written):
        expression = parse(text)
        if expression is None:
            row.wrong(f"{name}[{index}]", Text(f"tìm thấy “{text}”.", f"found “{text}”."), _how(metric))
        elif expression.aggregate not in METRICS[metric].aggregates:
            aggregate = expression.text[: expression.text.index(expression.sign)].strip()
            found_here = Text(f"{metric} không có “{aggregate}”.", f"{metric} has no “{aggregate}”.")
            row.wrong(f"{name}[{index}]", found_here, _how(metric))
        elif ends_after is not None and metric in _LEFT_TO_THE_END:
            row.wrong(f"{name}[{index}]", Text(f"tìm thấy “{metric}”.", f"found “{metric}”."), _CANNOT_END)
        else:
            found.append(Objective(name=name, metric=metric, tags=tags, expression=expression, ends_after=ends_after))
    if row.values()[name] == []:
        row.wrong(name, Text("để trống.", "is empty."), _how(metric))
    return found


def _how(metric: str) -> Text:
    """How a bound on a metric is written: in its unit, which is not written, by one of its aggregates."""
    meant = METRICS[metric]
    aggregates = ", ".join("p(N)" if one == "p" else one for one in meant.aggregates)
    unit = Text(f", tính bằng {meant.unit.vi}", f" in {meant.unit.en}") if meant.unit.vi else Text("", "")
    return Text(
        f"Viết như k6, ví dụ {meant.example} ({metric}{unit.vi}; không ghi đơn vị; dùng được {aggregates}).",
        f"Write it as k6 does, e.g. {meant.example} ({metric}{unit.en}; no unit is written; there is {aggregates}).",
    )


def _tags(row: Row, name: str, text: str, metric: str, phases: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    tags = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        tag, colon, pattern = (each.strip() for each in part.partition(":"))
        if not colon or not pattern or tag not in METRICS[metric].tags:
            row.unknown(name, tag, METRICS[metric].tags)
        elif tag == "phase" and not phases:
            row.wrong(name, Text(f"không có khoảng giờ “{pattern}”.", f"there is no phase “{pattern}”."), _NO_PHASES)
        elif tag == "phase" and pattern not in phases:
            row.unknown(name, pattern, phases)
        elif tag in _KNOWN and not any(fnmatchcase(one, pattern) for one in _KNOWN[tag]):
            row.unknown(name, pattern, _KNOWN[tag])
        tags[tag] = pattern
    return tags


def _written(row: Row, name: str) -> list[tuple[str, float | None]]:
    """Expressions, each with when it may end the load: k6's short form is a text, its long form a table.

    A single one needs no list around it.
    """
    values = row.values()[name]
    values = [values] if isinstance(values, str | dict) else values
    if not isinstance(values, list) or not all(isinstance(value, str | dict) for value in values):
        return [(text, None) for text in row.texts(name)]
    found: list[tuple[str, float | None]] = []
    for index, value in enumerate(values):
        if isinstance(value, str):
            found.append((value, None))
            continue
        table = Row(value, file=row.file, where=row.key(f"{name}[{index}]"), findings=row.findings)
        text = table.text("threshold")
        delay = _seconds(table, "delayAbortEval") if table.has("delayAbortEval") else 0.0
        found.append((text, delay if table.flag("abortOnFail", default=False) else None))
        table.no_more()
    return found


def _seconds(row: Row, name: str) -> float:
    text = row.text(name)
    span = _SPAN.fullmatch(text)
    if text and span is None:
        way_out = Text('Viết dạng "10s" hoặc "1m30s": thời gian chạy.', 'Write it like "10s" or "1m30s": run time.')
        row.wrong(name, Text(f"tìm thấy “{text}”.", f"found “{text}”."), way_out)
    return 60 * float(span["m"] or 0) + float(span["s"] or 0) if span else 0.0
