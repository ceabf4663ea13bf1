"""The verdict as `junit.xml`, which every CI reads: BROKEN is a failure, UNKNOWN an error with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from verification.answer import Answer
from verification.laws import LawResult
from verification.objectives.judging import ObjectiveResult
from verification.requirements import RequirementResult

_MOST_SHOWN = 50


def document(
    laws: Sequence[LawResult],
    results: Sequence[RequirementResult],
    objectives: Sequence[ObjectiveResult] = (),
    *,
    name: str,
) -> bytes:
    """One test case for every law, requirement and objective; no times, so the same verdict gives the same bytes."""
    suite = etree.Element("testsuite", name=f"tinhmau.{name}")
    for law in laws:
        shown = [f"{violation.subject}: {violation.what.vi}" for violation in law.violations[:_MOST_SHOWN]]
        more = len(law.violations) - len(shown)
        if more:
            shown.append(f"… {more}")
        message = f"{len(law.violations)} vi phạm" if law.violations else law.reason.vi if law.reason else ""
        _case(suite, "laws", f"{law.id} {law.title.vi}", law.answer, message, "\n".join(shown))
    for result in results:
        asked = result.requirement
        title = f"{asked.id} {asked.clause.vi}"
        _case(suite, f"requirements.{result.table}", title, result.answer, result.reason.vi, result.reason.en)
    for one in objectives:
        _case(suite, "objectives", one.objective.title, one.answer, one.reason.vi, one.reason.en)
    answers = [law.answer for law in laws] + [one.answer for one in results] + [one.answer for one in objectives]
    suite.set("tests", str(len(answers)))
    suite.set("failures", str(answers.count("BROKEN")))
    suite.set("errors", str(answers.count("UNKNOWN")))
    return etree.tostring(suite, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _case(suite: etree._Element, group: str, name: str, answer: Answer, message: str, detail: str) -> None:
    case = etree.SubElement(suite, "testcase", classname=f"tinhmau.{group}", name=_clean(name))
    if answer == "KEPT":
        return
    problem = etree.SubElement(case, "failure" if answer == "BROKEN" else "error", message=_clean(message), type=answer)
    problem.text = _clean(detail)


def _clean(text: str) -> str:
    """Drop the control characters that XML cannot hold; subjects come from other people's systems."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
