"""Law 4: every cross-system call has exactly one audit row at the LGSP, matching what caller and callee say.

And the audit is what the LGSP wrote: its hash chain holds (verification/audit_chain.py). Systems that an administrator
has linked at run time are not of the stack and hand in no book: of their calls the other two sides are held together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from simulation.text import Text
from verification import audit_chain
from verification.evidence import Evidence
from verification.laws.base import Findings, LawResult, blocked
from verification.records import CALLERS, Audit, AuditBlock, AuditHead, Call, RegistryChange

ID = "LAW-4"
TITLE = Text(
    "Mỗi lời gọi giữa hai hệ thống có đúng một dòng nhật ký ở LGSP, khớp với lời của bên gọi và bên được gọi, "
    "và nguyên như lúc ghi.",
    "Every cross-system call has exactly one audit row at the LGSP, matching what caller and callee say, "
    "and still as it was written.",
)
BOOKS = (Audit.EXPORT, AuditBlock.EXPORT, AuditHead.EXPORT, *(f"{service}.calls" for service in CALLERS))

#: What a caller can only say when the LGSP has answered it.
_LGSP_ANSWERED = frozenset({"answered", "refused"})
#: What a caller says when the LGSP may have been killed in mid-call; `lost` also stands for no word at all.
_NO_ANSWER = frozenset({"lost", "unreachable"})
_FIRST_ERROR_STATUS = 400
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Told:
    """What all three sides say about one call."""

    __slots__ = ("audits", "done", "sent", "served")

    def __init__(self) -> None:
        self.sent: list[tuple[str, Call]] = []
        self.done: list[tuple[str, Call]] = []
        self.served: list[tuple[str, Call]] = []
        self.audits: list[Audit] = []


def check(evidence: Evidence) -> LawResult:
    """Hold three independent sources against each other, call by call."""
    stop = blocked(ID, TITLE, evidence, BOOKS)
    if stop:
        return stop
    findings = Findings(ID, TITLE)
    told: defaultdict[str, _Told] = defaultdict(_Told)
    for service in CALLERS:
        for call in evidence.ledger.calls(service):
            getattr(told[call.call], call.side if call.side in {"sent", "done"} else "served").append((service, call))
    for audit in evidence.ledger.rows(Audit):
        told[audit.call].audits.append(audit)
    settled = evidence.ledger.settled
    late = _late(told, evidence.ledger.began)
    audit_chain.check(
        findings,
        evidence.ledger.rows(Audit),
        evidence.ledger.rows(AuditBlock),
        evidence.ledger.rows(AuditHead),
        settled=settled and not late,
    )
    guests = _guests(evidence)
    halves = 0
    for call_id, sides in told.items():
        if call_id in late and not _whole(sides):
            continue  # a system's own schedule, after the end of what is judged
        if not settled and not _whole(sides):
            halves += (
                1  # books are taken one after another: what was going on meanwhile stands in some and not in others
            )
        else:
            _check_call(findings, call_id, sides, guests)
    if halves:
        findings.doubt(
            Text(
                f"Sổ được chép khi các hệ thống còn đang gửi cho nhau; {halves} lời gọi chỉ có trong một số sổ.",
                f"The books were taken while systems were still talking; {halves} call(s) stand in some books only.",
            )
        )
    return findings.result(len(told))


def _guests(evidence: Evidence) -> frozenset[str]:
    """Systems without a book here, because the LGSP was told of them at run time."""
    if evidence.ledger.why_not((RegistryChange.EXPORT,)):
        return frozenset()
    linked = (change.linked for change in evidence.ledger.rows(RegistryChange))
    return frozenset[str]().union(*linked) - set(CALLERS)


def _check_call(findings: Findings, call_id: str, sides: _Told, guests: frozenset[str]) -> None:
    for rows, vi, en in (
        (sides.sent, "bên gọi ghi gửi", "the caller wrote it down as sent"),
        (sides.done, "bên gọi ghi xong", "the caller wrote it down as done"),
        (sides.audits, "LGSP ghi nhật ký", "the LGSP has audited it"),
    ):
        if len(rows) > 1:
            findings.violation(call_id, f"Trùng: {vi} {len(rows)} lần.", f"Repeated: {en} {len(rows)} times.")
    said = (sides.done[0][1].outcome or "lost") if sides.done else "lost"
    if not sides.sent:
        if sides.audits and sides.audits[0].consumer in guests and not sides.done:
            _match_callee(findings, call_id, sides, sides.audits[0], guests)
            return
        if sides.served or sides.done:
            findings.violation(
                call_id, "Không hệ thống nào ghi đã gửi lời gọi này.", "No system says that it sent this call."
            )
        elif sides.audits:
            findings.violation(
                call_id,
                f"LGSP có nhật ký {_audit_name(sides.audits[0])} mà không hệ thống nào biết.",
                f"The LGSP has audited {_audit_name(sides.audits[0])}, which no system knows of.",
            )
            return
    if not sides.audits:
        if said in _LGSP_ANSWERED or sides.served:
            caller = sides.sent[0] if sides.sent else None
            name = f"{caller[0]} → {caller[1].peer}.{caller[1].operation}" if caller else "?"
            findings.violation(
                call_id, f"Thiếu dòng nhật ký ở LGSP ({name}).", f"Its audit row at the LGSP is missing ({name})."
            )
        return
    audit = sides.audits[0]
    _match_caller(findings, call_id, sides, said, audit)
    _match_callee(findings, call_id, sides, audit, guests)


def _late(told: Mapping[str, _Told], began: datetime | None) -> set[str]:
    """Return the calls that were still going on when the first book was taken, as their systems' clocks have it."""
    if began is None:
        return set()
    return {
        call_id
        for call_id, sides in told.items()
        if any(_moment(call.at) >= began for _, call in (*sides.sent, *sides.done, *sides.served))
    }


def _moment(at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return _LONG_AGO  # judged like any other
    return moment if moment.tzinfo else _LONG_AGO


def _whole(sides: _Told) -> bool:
    """Every side has come to the end of this call."""
    if not (sides.sent and sides.done and sides.audits):
        return False
    return sides.audits[0].outcome != "interrupted" and _served_if_answered(sides)


def _served_if_answered(sides: _Told) -> bool:
    """Whatever a callee answered well it has written down before; errors may come from in front of it."""
    audit = sides.audits[0]
    return bool(sides.served) or audit.outcome != "answered" or (audit.status or 0) >= _FIRST_ERROR_STATUS


def _audit_name(audit: Audit) -> str:
    return f"{audit.consumer} → {audit.provider}.{audit.operation}"


def _match_caller(findings: Findings, call_id: str, sides: _Told, said: str, audit: Audit) -> None:
    for consumer, call in (*sides.sent, *sides.done):
        _same(findings, call_id, Text("bên gọi", "caller"), (consumer, call.peer, _bare(call.operation)), audit)
    if audit.outcome == "interrupted":
        if said not in _NO_ANSWER:
            findings.violation(
                call_id,
                f"LGSP ghi bị ngắt giữa chừng, bên gọi ghi “{said}”.",
                f"The LGSP says it was interrupted, the caller says “{said}”.",
            )
    elif said in _LGSP_ANSWERED:
        mine = (said, sides.done[0][1].status or 0)
        if mine != (audit.outcome, audit.status or 0):
            findings.violation(
                call_id,
                f"Bên gọi ghi “{mine[0]}” {mine[1]}, LGSP ghi “{audit.outcome}” {audit.status}.",
                f"The caller says “{mine[0]}” {mine[1]}, the LGSP “{audit.outcome}” {audit.status}.",
            )


def _match_callee(findings: Findings, call_id: str, sides: _Told, audit: Audit, guests: frozenset[str]) -> None:
    # A callee may serve a call twice: HTTP clients repeat a GET on a connection that dies. That a repetition has no
    # second effect is the business of the other laws.
    for provider, call in sides.served:
        _same(findings, call_id, Text("bên được gọi", "callee"), (call.peer, provider, _bare(call.operation)), audit)
        if audit.outcome == "refused":
            findings.violation(
                call_id,
                f"LGSP ghi từ chối, {provider} ghi đã phục vụ.",
                f"The LGSP says refused, {provider} says it served it.",
            )
    statuses = sorted({call.status or 0 for _, call in sides.served})
    if audit.outcome == "answered" and statuses and (audit.status or 0) not in statuses:
        shown = ", ".join(map(str, statuses))
        findings.violation(
            call_id,
            f"{audit.provider} ghi trạng thái {shown}, LGSP ghi {audit.status}.",
            f"{audit.provider} says status {shown}, the LGSP {audit.status}.",
        )
    if not _served_if_answered(sides) and audit.provider not in guests:
        findings.violation(
            call_id,
            f"LGSP ghi {audit.provider} đã trả lời, {audit.provider} không ghi đã phục vụ.",
            f"The LGSP says {audit.provider} answered, {audit.provider} does not say that it served it.",
        )


def _same(findings: Findings, call_id: str, side: Text, mine: tuple[str, str, str], audit: Audit) -> None:
    theirs = (audit.consumer, audit.provider, _bare(audit.operation))
    if mine != theirs:
        findings.violation(
            call_id,
            f"Lời {side.vi} ({mine[0]} → {mine[1]}.{mine[2]}) khác nhật ký LGSP ({_audit_name(audit)}).",
            f"What the {side.en} says ({mine[0]} → {mine[1]}.{mine[2]}) is not what the LGSP says "
            f"({_audit_name(audit)}).",
        )


def _bare(operation: str) -> str:
    """Return the operation without what may stand before its last two words ("national.post.parcels")."""
    return ".".join(operation.split(".")[-2:])
