"""Objectives' results for machines and for a change request: JUnit XML, and a table in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from simulation.text import Language, Text
from verification.objectives.baseline import Change
from verification.objectives.judging import ObjectiveResult, overall
from verification.objectives.metric import METRICS
from verification.wording import figure, significant

_MARKS = {"KEPT": "✅", "BROKEN": "❌", "UNKNOWN": "❔"}
_HEADS = Text(
    "| | mục tiêu | giới hạn | đo được | lần gốc (khác biệt, 95 %) | ghi chú |",
    "| | objective | bound | measured | baseline (difference, 95 %) | note |",
)
_CHANGES: Mapping[Change, Text] = {
    "better": Text("tốt hơn", "better"),
    "worse": Text("kém hơn", "worse"),
    "none shown": Text("không thấy khác", "none shown"),
}
_TITLES = {
    "KEPT": Text("Đạt", "Kept"),
    "BROKEN": Text("Không đạt", "Broken"),
    "UNKNOWN": Text("Chưa kết luận được", "Cannot tell"),
}


def junit(results: Sequence[ObjectiveResult], *, name: str) -> bytes:
    """One test case for every objective; BROKEN is a failure, UNKNOWN an error."""
    suite = etree.Element("testsuite", name=f"tinhmau.{name}", tests=str(len(results)))
    for one in results:
        case = etree.SubElement(suite, "testcase", classname="tinhmau.objectives", name=one.objective.title)
        if one.answer != "KEPT":
            kind = "failure" if one.answer == "BROKEN" else "error"
            etree.SubElement(case, kind, message=one.reason.vi, type=one.answer).text = one.reason.en
    suite.set("failures", str(sum(one.answer == "BROKEN" for one in results)))
    suite.set("errors", str(sum(one.answer == "UNKNOWN" for one in results)))
    return etree.tostring(suite, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def markdown(results: Sequence[ObjectiveResult], *, title: str, language: Language) -> str:
    """Write a summary to paste below a change request."""
    answer = overall(results)
    lines = [
        f"### {_MARKS[answer]} {title}: {_TITLES[answer].into(language)} ({answer})",
        "",
        _HEADS.into(language),
        "|---|---|---|---|---|---|",
    ]
    lines += [_line(one, language) for one in results]
    return "\n".join(lines) + "\n"


def _line(one: ObjectiveResult, language: Language) -> str:
    unit = METRICS[one.objective.metric].unit.into(language)
    measured = "" if one.value is None else f"{figure(one.value).into(language)} {unit}".strip()
    beside = ""
    if one.comparison is not None:
        found = one.comparison
        low, high = (significant(end, sign=True).into(language) for end in (found.low, found.high))
        beside = f"{figure(found.before).into(language)} ({low} … {high}: {_CHANGES[found.change].into(language)})"
    cells = [
        _MARKS[one.answer],
        f"`{one.objective.name}`",
        f"`{one.objective.expression.text}`",
        measured,
        beside,
        one.reason.into(language),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
