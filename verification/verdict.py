"""The verdict on a run: every law, every requirement, one answer, the same bytes every time it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from simulation.journal import Event
from simulation.progress import Progress, silent
from simulation.text import Text
from verification import junit, requirement_tables, requirements
from verification.answer import EXIT_CODES, Answer, overall
from verification.evidence import Evidence, gather
from verification.laws import LawResult, check_all, not_judged
from verification.ledger import Ledger
from verification.objectives import files, judging
from verification.objectives.judging import ObjectiveResult
from verification.objectives.metric import METRICS
from verification.records import Audit, Envelope, OnestopDossier, OnestopPayment, Record
from verification.requirement_tables import FOLDER, RequirementTable
from verification.requirements import RequirementResult
from verification.wording import number


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has shown."""

    answer: Answer
    scenario: str
    province: str
    era: str
    target: str | None  #: where it ran; None where nobody wrote it down
    seed: int
    counts: Mapping[str, int | None]  #: requests, dossiers, documents, payments, calls; None where it cannot be told
    laws: tuple[LawResult, ...]
    requirements: tuple[RequirementResult, ...]
    objectives: tuple[ObjectiveResult, ...] = ()  #: of the file that the run was made with, if any
    tables: tuple[RequirementTable, ...]  #: the tables that the requirements come from
    reasons: tuple[Text, ...]  #: why the answer is what it is, the worst first

    @property
    def exit_code(self) -> int:
        """What a command that was asked for this verdict ends with."""
        return EXIT_CODES[self.answer]


def judge(run: Path, *, progress: Progress = silent) -> Verdict:
    """Judge a run from its folder alone.

    Raises BadInputError when the folder is not a run or a requirement table is wrong.
    """
    progress(0.0, Text("Đọc thư mục lần chạy", "Reading the run folder"))
    evidence = gather(run)
    tables = requirement_tables.load(evidence.plan.requirements, folders=(run / "requirements", FOLDER))

    def law_progress(done: float, what: Text) -> None:
        progress(0.1 + 0.8 * done, what)

    if evidence.given_up is not None:
        why = _not_judged(evidence.given_up)
        laws, results = not_judged(why), requirements.not_judged(tables, why)
    else:
        laws = check_all(evidence, progress=law_progress)
        progress(0.9, Text("Tính các yêu cầu", "Evaluating requirements"))
        results = requirements.evaluate(tables, evidence, laws)
    wanted = run / files.FILE
    objectives = tuple(judging.judge(files.load(wanted), evidence)) if wanted.exists() else ()
    progress(1.0, Text("Đã kết luận", "Verdict reached"))
    target = evidence.environment.get("target")
    return Verdict(
        answer=overall(
            [law.answer for law in laws] + [one.answer for one in results] + [one.answer for one in objectives]
        ),
        scenario=evidence.plan.scenario,
        province=evidence.plan.province,
        era=evidence.plan.era,
        target=str(target) if target is not None else None,
        seed=evidence.plan.seed,
        counts=_counts(evidence),
        laws=laws,
        requirements=results,
        objectives=objectives,
        tables=tables,
        reasons=_reasons(evidence, laws, results, objectives),
    )


def write(verdict: Verdict, run: Path) -> None:
    """Write `verdict.json` and `junit.xml` into the run folder, each whole or not at all."""
    _replace(run / "verdict.json", to_json(verdict))
    _replace(
        run / "junit.xml", junit.document(verdict.laws, verdict.requirements, verdict.objectives, name=verdict.scenario)
    )


def to_json(verdict: Verdict) -> bytes:
    """Return the verdict as `verdict.json` has it: deterministic bytes, Vietnamese with English beside it."""
    document = {
        "answer": verdict.answer,
        "scenario": verdict.scenario,
        "province": verdict.province,
        "era": verdict.era,
        "target": verdict.target,
        "seed": verdict.seed,
        "counts": dict(verdict.counts),
        "reasons": [reason.vi for reason in verdict.reasons],
        "reasons_en": [reason.en for reason in verdict.reasons],
        "laws": [_law(law) for law in verdict.laws],
        "requirements": [_requirement(result) for result in verdict.requirements],
        "objectives": [_objective(result) for result in verdict.objectives],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _law(law: LawResult) -> dict[str, Any]:
    return {
        "id": law.id,
        "title": law.title.vi,
        "title_en": law.title.en,
        "answer": law.answer,
        "checked": law.checked,
        "violations": [
            {"subject": violation.subject, "what": violation.what.vi, "what_en": violation.what.en}
            for violation in law.violations
        ],
        "sums": [
            {"what": one.what.vi, "what_en": one.what.en, "values": {name.en: value for name, value in one.values}}
            for one in law.comparisons
        ],
        "reason": law.reason.vi if law.reason else None,
        "reason_en": law.reason.en if law.reason else None,
    }


def _requirement(result: RequirementResult) -> dict[str, Any]:
    asked = result.requirement
    return {
        "id": asked.id,
        "table": result.table,
        "title": asked.clause.vi,
        "title_en": asked.clause.en,
        "answer": result.answer,
        "measure": asked.measure,
        "operations": list(asked.operations),
        "value": _plain(result.value),
        "comparator": asked.comparator,
        "bound": _plain(asked.bound),
        "unit": asked.unit,
        "reason": result.reason.vi,
        "reason_en": result.reason.en,
        "source": asked.source.vi,
        "source_en": asked.source.en,
    }


def _objective(result: ObjectiveResult) -> dict[str, Any]:
    return {
        "name": result.objective.name,
        "expression": result.objective.expression.text,
        "answer": result.answer,
        "value": _plain(result.value),
        "unit": METRICS[result.objective.metric].unit.en,
        "reason": result.reason.vi or None,
        "reason_en": result.reason.en or None,
    }


def _plain(value: float | None) -> float | int | None:
    """Write whole numbers without a point, as people do."""
    return int(value) if value is not None and float(value).is_integer() else value


def _counts(evidence: Evidence) -> dict[str, int | None]:
    return {
        "requests": None if evidence.journal_damage else len(evidence.journal.observations),
        "dossiers": _size(evidence.ledger, OnestopDossier),
        "documents": _size(evidence.ledger, Envelope),
        "payments": _size(evidence.ledger, OnestopPayment),
        "calls": _size(evidence.ledger, Audit),
    }


def _size(ledger: Ledger, kind: type[Record]) -> int | None:
    return None if ledger.why_not([kind.EXPORT]) else len(ledger.rows(kind))


def _not_judged(given_up: Event) -> Text:
    return Text(
        f"Không xét: mục tiêu “{given_up.detail}” đã kết thúc tải trước khi hết ngày.",
        f"Not judged: the objective “{given_up.detail}” ended the load before the day was over.",
    )


def _reasons(
    evidence: Evidence,
    laws: tuple[LawResult, ...],
    results: tuple[RequirementResult, ...],
    objectives: tuple[ObjectiveResult, ...],
) -> tuple[Text, ...]:
    """Say why, the worst first; a requirement that only repeats a law is not told again."""
    told = {answer: [_of(one) for one in objectives if one.answer == answer] for answer in ("BROKEN", "UNKNOWN")}
    if evidence.given_up is not None:
        rest = Text(
            f"{len(laws)} định luật và {len(results)} yêu cầu không được xét: tải kết thúc trước khi hết ngày.",
            f"{len(laws)} laws and {len(results)} requirements are not judged: the load ended before the day was over.",
        )
        return (*told["BROKEN"], rest)
    broken = [_broken_law(law) for law in laws if law.answer == "BROKEN"]
    unknown = [_open_law(law) for law in laws if law.answer == "UNKNOWN"]
    for result in results:
        if result.requirement.measure == "law_violations" or result.answer == "KEPT":
            continue
        clause, reason = result.requirement.clause, result.reason
        sentence = Text(
            f"{result.requirement.id}: {clause.vi} {reason.vi}", f"{result.requirement.id}: {clause.en} {reason.en}"
        )
        (broken if result.answer == "BROKEN" else unknown).append(sentence)
    broken += told["BROKEN"]
    unknown += told["UNKNOWN"]
    if broken or unknown:
        return (*broken, *unknown)
    checked = number(sum(law.checked for law in laws))
    return (
        Text(
            f"Cả {len(laws)} định luật đối soát và {len(results)} yêu cầu đều đạt; {checked.vi} đối tượng đã kiểm tra.",
            f"All {len(laws)} laws and {len(results)} requirements were kept; {checked.en} subjects were checked.",
        ),
    )


def _broken_law(law: LawResult) -> Text:
    first, count = law.violations[0], number(len(law.violations))
    return Text(
        f"{law.id}: {count.vi} vi phạm. {first.subject}: {first.what.vi}",
        f"{law.id}: {count.en} violation(s). {first.subject}: {first.what.en}",
    )


def _of(result: ObjectiveResult) -> Text:
    title = result.objective.title
    return Text(f"Mục tiêu {title}: {result.reason.vi}", f"Objective {title}: {result.reason.en}")


def _open_law(law: LawResult) -> Text:
    reason = law.reason or Text("Chưa rõ.", "Unknown.")
    return Text(f"{law.id}: {reason.vi}", f"{law.id}: {reason.en}")


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)
