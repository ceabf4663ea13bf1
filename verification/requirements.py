"""Measures every requirement and says KEPT, BROKEN or UNKNOWN, always with the reason."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from simulation.text import Text
from verification import machine, service_use, signing
from verification.answer import Answer
from verification.evidence import Evidence
from verification.laws import LawResult
from verification.measures import OperationMeasure, latency
from verification.records import SENDERS, Envelope, OfficeEvent
from verification.requirement_tables import Requirement, RequirementTable
from verification.wording import figure, number, some
from verification.yardsticks import YARDSTICKS

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
#: Comparators as people write them.
SIGNS: Mapping[str, str] = {"<": "<", "<=": "≤", "=": "=", ">=": "≥", ">": ">"}
#: Digits after the point that a verdict keeps: microseconds, and shares of a millionth.
_PLACES = 6

_UNIT_WORDS: Mapping[str, Text] = {
    "violations": Text("vi phạm", "violations"),
    "items": Text("mục", "items"),
    "places": Text("chỗ", "places"),
    "steps": Text("bước", "steps"),
    "minutes": Text("phút", "minutes"),
}


class RequirementResult(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement's answer with what was measured."""

    requirement: Requirement
    table: str
    answer: Answer
    value: float | None  #: in the requirement's unit; None where it cannot be measured
    reason: Text


class _Measured(msgspec.Struct, frozen=True):
    """A value in our own unit (seconds, shares between 0 and 1, counts), and what to say about it."""

    value: float
    note: Text = Text("", "")


class _Unmeasurable(msgspec.Struct, frozen=True):
    """Why there is no value."""

    why: Text


_Taken = _Measured | _Unmeasurable


def evaluate(
    tables: Iterable[RequirementTable], evidence: Evidence, laws: Sequence[LawResult]
) -> tuple[RequirementResult, ...]:
    """Evaluate every requirement of the tables, in their order."""
    tables = tuple(tables)
    alone = {
        requirement.id: _judge(requirement, table, evidence, laws)
        for table in tables
        for requirement in table.requirements
    }
    return tuple(
        _held_against(alone[requirement.id], [alone[needed] for needed in table.depends_on])
        for table in tables
        for requirement in table.requirements
    )


def not_judged(tables: Iterable[RequirementTable], why: Text) -> tuple[RequirementResult, ...]:
    """Every requirement left open: they are about whole days."""
    return tuple(
        RequirementResult(requirement=one, table=table.name, answer="UNKNOWN", value=None, reason=why)
        for table in tables
        for one in table.requirements
    )


def words(unit: str) -> Text:
    """Name a unit for people."""
    return _UNIT_WORDS.get(unit, Text(unit, unit))


def _judge(
    requirement: Requirement, table: RequirementTable, evidence: Evidence, laws: Sequence[LawResult]
) -> RequirementResult:
    taken = _TAKE[requirement.measure](requirement, evidence, laws)
    if isinstance(taken, _Unmeasurable):
        return RequirementResult(
            requirement=requirement, table=table.name, answer="UNKNOWN", value=None, reason=taken.why
        )
    value = round(taken.value * YARDSTICKS[requirement.measure].units[requirement.unit], _PLACES)
    met = _COMPARE[requirement.comparator](value, requirement.bound)
    return RequirementResult(
        requirement=requirement,
        table=table.name,
        answer="KEPT" if met else requirement.on_miss,
        value=value,
        reason=_reason(requirement, value, taken.note),
    )


def _held_against(result: RequirementResult, needed: Sequence[RequirementResult]) -> RequirementResult:
    """Leave open what was measured by a generator that cannot be trusted."""
    missed = [other.requirement.id for other in needed if other.answer != "KEPT"]
    if not missed or result.answer == "UNKNOWN":
        return result
    shown = ", ".join(missed)
    return msgspec.structs.replace(
        result,
        answer="UNKNOWN",
        reason=Text(
            f"{result.reason.vi} Không kết luận được, vì chưa đạt: {shown}.",
            f"{result.reason.en} This cannot be told, since not kept: {shown}.",
        ),
    )


def _reason(requirement: Requirement, value: float, note: Text) -> Text:
    shown, bound, unit = figure(value), figure(requirement.bound), words(requirement.unit)
    sign = SIGNS[requirement.comparator]
    sentence = Text(
        f"Đo được {shown.vi} {unit.vi}, yêu cầu {sign} {bound.vi} {unit.vi}.",
        f"Measured {shown.en} {unit.en}, required {sign} {bound.en} {unit.en}.",
    )
    return Text(f"{sentence.vi} {note.vi}".strip(), f"{sentence.en} {note.en}".strip())


def _latency(statistic: str) -> Callable[[Requirement, Evidence, Sequence[LawResult]], _Taken]:
    def take(requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
        if evidence.journal_damage:
            return _Unmeasurable(evidence.journal_damage)
        chosen = _selected(requirement, evidence.measures.operations)
        if not chosen:
            return _nothing_seen(requirement)
        if requirement.over == "all":
            names = {one.operation for one in chosen}
            seen = [one.latency for one in evidence.journal.observations if one.final and one.operation in names]
            note = Text(f"Trên {number(len(seen)).vi} thao tác.", f"Over {number(len(seen)).en} operations.")
            return _Measured(getattr(latency(seen), statistic), note)
        worst = _worst(requirement)(chosen, key=lambda one: getattr(one.latency, statistic))
        note = Text(f"Kém nhất là {worst.operation}.", f"The worst is {worst.operation}.")
        return _Measured(getattr(worst.latency, statistic), note)

    return take


def _selected(requirement: Requirement, operations: Iterable[OperationMeasure]) -> list[OperationMeasure]:
    return [
        one
        for one in operations
        if any(fnmatchcase(one.operation, pattern) for pattern in requirement.operations)
        and (requirement.kind == "any" or one.write == (requirement.kind == "write"))
    ]


def _worst(requirement: Requirement) -> Callable[..., OperationMeasure]:
    return min if requirement.comparator in {">", ">="} else max


def _nothing_seen(requirement: Requirement) -> _Unmeasurable:
    shown = ", ".join(requirement.operations)
    return _Unmeasurable(
        Text(f"Nhật ký không có thao tác nào thuộc {shown}.", f"The journal holds no operation of {shown}.")
    )


def _error_share(requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    if evidence.journal_damage:
        return _Unmeasurable(evidence.journal_damage)
    chosen = _selected(requirement, evidence.measures.operations)
    if not chosen:
        return _nothing_seen(requirement)
    if requirement.over == "each":
        worst = _worst(requirement)(chosen, key=lambda one: one.error_share)
        return _Measured(worst.error_share, Text(f"Kém nhất là {worst.operation}.", f"The worst is {worst.operation}."))
    errors, finals = sum(one.errors for one in chosen), sum(one.count for one in chosen)
    abandoned = evidence.coverage.abandoned if requirement.operations == ("*",) else ()
    failing = sorted((one for one in chosen if one.errors), key=lambda one: (-one.errors, one.operation))
    shown = some([f"{one.operation} ({one.errors})" for one in failing], most=5)
    note = Text("", "")
    if failing:
        note = Text(f"Lỗi: {shown.vi}.", f"Errors: {shown.en}.")
    if abandoned:
        note = Text(
            f"{note.vi} {len(abandoned)} bước không thể làm tiếp vì lỗi ở bước trước.",
            f"{note.en} {len(abandoned)} steps could not be done after an error before them.",
        )
    return _Measured((errors + len(abandoned)) / (finals + len(abandoned)), note)


def _server_error_share(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    if evidence.journal_damage:
        return _Unmeasurable(evidence.journal_damage)
    return _Measured(evidence.measures.server_errors / evidence.measures.requests)


def _late_start_share(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    if evidence.journal_damage:
        return _Unmeasurable(evidence.journal_damage)
    measures = evidence.measures
    latest = figure(measures.latest * 1000)
    return _Measured(
        measures.late_share,
        Text(
            f"{number(measures.late).vi} trên {number(measures.started).vi} thao tác, muộn nhất {latest.vi} ms.",
            f"{number(measures.late).en} of {number(measures.started).en} operations, the latest by {latest.en} ms.",
        ),
    )


def _journal_damage(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    if evidence.journal_damage:
        return _Unmeasurable(evidence.journal_damage)
    places = evidence.journal.torn + evidence.workers_lost + (not evidence.ended)
    return _Measured(places, evidence.journal_gap or Text("", ""))


def _unattempted(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    if evidence.journal_damage:
        return _Unmeasurable(evidence.journal_damage)
    coverage = evidence.coverage
    if coverage.unattempted:
        shown = some(coverage.unattempted)
        note = Text(f"Chưa làm: {shown.vi}.", f"Not done: {shown.en}.")
    else:
        planned = number(coverage.planned)
        note = Text(f"Kế hoạch có {planned.vi} bước.", f"The plan has {planned.en} steps.")
    return _Measured(len(coverage.unattempted), note)


def _faults_missed(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    if evidence.journal_damage:
        return _Unmeasurable(evidence.journal_damage)
    missed = [event for event in evidence.journal.events if event.event == "fault-failed"]
    shown = some([f"{event.subject} {event.detail}".strip() for event in missed])
    return _Measured(len(missed), Text(f"{shown.vi}.", f"{shown.en}.") if missed else Text("", ""))


def _law_violations(requirement: Requirement, _evidence: Evidence, laws: Sequence[LawResult]) -> _Taken:
    chosen = [law for law in laws if any(fnmatchcase(law.id, pattern) for pattern in requirement.operations)]
    violations = sum(len(law.violations) for law in chosen)
    open_ones = [law for law in chosen if law.answer == "UNKNOWN"]
    if open_ones and not violations:
        return _Unmeasurable(open_ones[0].reason or Text("Chưa rõ.", "Unknown."))
    checked = number(sum(law.checked for law in chosen))
    return _Measured(violations, Text(f"Đã kiểm tra {checked.vi}.", f"Checked {checked.en}."))


def _dead_letters(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    why = evidence.ledger.why_not(f"{service}.dead_letters" for service in SENDERS)
    if why:
        return _Unmeasurable(why)
    found = [letter for service in SENDERS for letter in evidence.ledger.dead_letters(service)]
    if not found:
        return _Measured(0)
    shown = some(sorted(f"{letter.destination}.{letter.operation} {letter.subject or letter.key}" for letter in found))
    return _Measured(len(found), Text(f"{shown.vi}.", f"{shown.en}."))


def _backlog(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    if evidence.ledger.doubt:
        return _Unmeasurable(evidence.ledger.doubt)
    backlog = evidence.ledger.backlog
    if backlog is None:
        return _Unmeasurable(Text("Không ai ghi lại số gói tin còn chờ.", "Nobody wrote down what was still waiting."))
    silent = [service for service, count in backlog.items() if count < 0]
    if silent:
        shown = some(silent)
        return _Unmeasurable(
            Text(f"Không hỏi được số gói tin còn chờ ở {shown.vi}.", f"{shown.en} did not say what was still waiting.")
        )
    waiting = [f"{service} {count}" for service, count in backlog.items() if count]
    shown = some(waiting)
    return _Measured(sum(backlog.values()), Text(f"{shown.vi}.", f"{shown.en}.") if waiting else Text("", ""))


def _signed_on_screen_share(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    why = evidence.ledger.why_not([Envelope.EXPORT])
    if why or evidence.authority is None:
        return _Unmeasurable(why or Text("Thiếu certificate-authority.pem.", "certificate-authority.pem is missing."))
    found = signing.signing(evidence.ledger.rows(Envelope), evidence.authority)
    if not found.documents:
        return _Unmeasurable(Text("Trục chưa nhận văn bản nào.", "The hub has accepted no document."))
    note = Text(
        f"{number(found.on_screen).vi} trên {number(found.documents).vi} văn bản.",
        f"{number(found.on_screen).en} of {number(found.documents).en} documents.",
    )
    return _Measured(found.share, note)


def _weak_signatures(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    why = evidence.ledger.why_not([Envelope.EXPORT])
    if why:
        return _Unmeasurable(why)
    found = signing.weak(evidence.ledger.rows(Envelope))
    shown = some(found)
    return _Measured(len(found), Text(f"{shown.vi}.", f"{shown.en}.") if found else Text("", ""))


def _paper_detour(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    why = evidence.ledger.why_not([OfficeEvent.EXPORT])
    if why:
        return _Unmeasurable(why)
    found = signing.detour(evidence.ledger.rows(OfficeEvent))
    if not found.documents:
        return _Unmeasurable(Text("Chưa phát hành văn bản nào.", "No document was issued."))
    each = figure(found.minutes / found.on_paper if found.on_paper else 0.0)
    note = Text(
        f"{number(found.on_paper).vi} trên {number(found.documents).vi} văn bản ký giấy, mỗi lần {each.vi} phút từ lúc "
        "in đến lúc quét xong.",
        f"{number(found.on_paper).en} of {number(found.documents).en} documents on paper, each {each.en} minutes from "
        "print to scan.",
    )
    return _Measured(found.minutes_a_document, note)


def _counted(count: Callable[[Evidence], service_use.Count | Text]) -> Callable[..., _Taken]:
    def take(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
        found = count(evidence)
        return _Unmeasurable(found) if isinstance(found, Text) else _Measured(found.value, found.note)

    return take


def _memory_share(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    return _machine_share(evidence, "memory_mb", lambda used: used.memory_peak_mb)


def _cpu_share(_requirement: Requirement, evidence: Evidence, _laws: Sequence[LawResult]) -> _Taken:
    return _machine_share(evidence, "processors", lambda used: used.cpu_mean_percent / 100)


def _machine_share(evidence: Evidence, key: str, used: Callable[[machine.Footprint], float]) -> _Taken:
    footprint = machine.footprint(evidence.samples)
    if footprint is None:
        return _Unmeasurable(evidence.samples_damage or Text("Không có số đo máy.", "The machine was not measured."))
    found = evidence.environment.get("machine")
    whole = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(whole, int | float) or whole <= 0:
        return _Unmeasurable(
            Text(f"environment.json không ghi machine.{key}.", f"environment.json does not say machine.{key}.")
        )
    return _Measured(used(footprint) / whole)


_TAKE: Mapping[str, Callable[[Requirement, Evidence, Sequence[LawResult]], _Taken]] = {
    **{f"latency_{name}": _latency(name) for name in ("mean", "p50", "p95", "p99", "max")},
    "error_share": _error_share,
    "server_error_share": _server_error_share,
    "late_start_share": _late_start_share,
    "journal_damage": _journal_damage,
    "faults_missed": _faults_missed,
    "unattempted": _unattempted,
    "law_violations": _law_violations,
    "dead_letters": _dead_letters,
    "backlog": _backlog,
    "signed_on_screen_share": _signed_on_screen_share,
    "weak_signatures": _weak_signatures,
    "paper_detour": _paper_detour,
    "online_share": _counted(service_use.online),
    "unused_services_share": _counted(service_use.unused_services),
    "typed_fields_share": _counted(service_use.typed_fields),
    "undecided_share": _counted(service_use.undecided),
    "catalogue_drift": _counted(service_use.catalogue_drift),
    "two_track_share": _counted(service_use.two_tracks),
    "deputised_share": _counted(service_use.by_deputies),
    "sealed_again_share": _counted(service_use.sealed_again),
    "memory_share": _memory_share,
    "cpu_share": _cpu_share,
}
