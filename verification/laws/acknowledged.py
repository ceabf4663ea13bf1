"""Law 5: what the clients were told is what the systems' books hold. An acknowledged write is never missing."""

from __future__ import annotations

from collections import defaultdict

from simulation.journal import Observation, acknowledged_writes
from simulation.text import Text
from verification import histories
from verification.evidence import Evidence
from verification.laws.base import Findings, LawResult, blocked
from verification.operations import BOOK_OF, STATES_AFTER, STATUSES_AFTER
from verification.records import (
    Incoming,
    Keyed,
    NationalOrder,
    NationalParcel,
    OfficeDocument,
    OfficeEvent,
    OnestopDossier,
    OnestopEvent,
)

ID = "LAW-5"
TITLE = Text(
    "Những gì người dùng đã được báo đều có trong cơ sở dữ liệu; không thao tác ghi nào đã xác nhận bị mất.",
    "What the clients were told is what the databases hold; an acknowledged write is never missing.",
)
#: Books whose present state is held against what was acknowledged.
_STATE_BOOKS = (OnestopDossier.EXPORT, Incoming.EXPORT, OfficeDocument.EXPORT)


def check(evidence: Evidence) -> LawResult:
    """Look every acknowledged write of the journal up in the book that its operation writes."""
    writes = list(acknowledged_writes(evidence.journal))
    books = {BOOK_OF[seen.operation] for seen in writes if seen.operation in BOOK_OF}
    stop = blocked(ID, TITLE, evidence, (*sorted(book.EXPORT for book in books), *_STATE_BOOKS))
    if stop:
        return stop
    findings = Findings(ID, TITLE)
    strange = sorted({seen.operation for seen in writes} - BOOK_OF.keys())
    if strange:
        shown = ", ".join(strange)
        findings.doubt(
            Text(f"Không biết tìm thao tác ghi ở sổ nào: {shown}.", f"No book is known for the writes {shown}.")
        )
    index: dict[str, defaultdict[str, list[Keyed]]] = {}
    for book in books:
        index[book.EXPORT] = defaultdict(list)
        for row in evidence.ledger.rows(book):
            if row.request_key:
                index[book.EXPORT][row.request_key].append(row)
    states = _States(evidence)
    for seen in writes:
        if seen.operation in BOOK_OF:
            _look_up(findings, seen, index[BOOK_OF[seen.operation].EXPORT].get(seen.key, []), states)
    return findings.result(len({(seen.journey, seen.step, seen.key) for seen in writes}))


class _States:
    """Where dossiers and documents stand now."""

    def __init__(self, evidence: Evidence) -> None:
        ledger = evidence.ledger
        self.dossiers = {row.code: row.state for row in ledger.rows(OnestopDossier)}
        self.incoming = {(row.document, row.agency): row.status for row in ledger.rows(Incoming)}
        self.issued = {row.document for row in ledger.rows(OfficeDocument) if row.document}


def _look_up(findings: Findings, seen: Observation, rows: list[Keyed], states: _States) -> None:
    book = BOOK_OF[seen.operation].EXPORT
    subject = seen.subject or (next(iter(rows[0].names), "") if rows else "") or seen.key
    if not seen.key:
        findings.violation(
            subject,
            f"{seen.operation} không mang Idempotency-Key nên không thể đối soát.",
            f"{seen.operation} carried no Idempotency-Key, so it cannot be found again.",
        )
        return
    if not rows:
        findings.violation(
            subject,
            f"{seen.operation} đã được xác nhận nhưng không có trong {book} (khoá {seen.key}).",
            f"{seen.operation} was acknowledged but is not in {book} (key {seen.key}).",
        )
        return
    if len(rows) > 1:
        findings.violation(
            subject,
            f"{seen.operation} được xác nhận một lần nhưng có {len(rows)} lần trong {book} (khoá {seen.key}).",
            f"{seen.operation} was acknowledged once but stands {len(rows)} times in {book} (key {seen.key}).",
        )
    row = rows[0]
    if seen.subject and seen.subject not in row.names:
        named = ", ".join(name for name in row.names if name)
        findings.violation(
            subject,
            f"{seen.operation}: người dùng được báo về {seen.subject}, {book} ghi {named}.",
            f"{seen.operation}: the client was told about {seen.subject}, {book} has {named}.",
        )
        return
    undone = _undone(seen.operation, row, states)
    if undone:
        findings.violation(
            subject,
            f"{seen.operation} đã được xác nhận nhưng nay không còn hiệu lực: {undone.vi}.",
            f"{seen.operation} was acknowledged but has been undone: {undone.en}.",
        )


def _undone(operation: str, row: Keyed, states: _States) -> Text | None:
    """Why what was acknowledged does not hold any more; None when it does."""
    if isinstance(row, OnestopEvent) and operation in STATES_AFTER:
        return _dossier_back(row, STATES_AFTER[operation], states)
    if isinstance(row, NationalOrder) and row.status != "paid":
        return Text(f"lệnh thanh toán đang ở “{row.status}”", f"the order stands at “{row.status}”")
    if isinstance(row, NationalParcel) and row.status != "delivered":
        return Text(f"bưu gửi đang ở “{row.status}”", f"the parcel stands at “{row.status}”")
    if isinstance(row, OfficeEvent):
        return _document_back(operation, row, states)
    return None


def _dossier_back(row: OnestopEvent, after: frozenset[str], states: _States) -> Text | None:
    now = states.dossiers.get(row.code)
    if now is None:
        return Text("hồ sơ không còn ở một cửa", "the one-stop does not have the dossier any more")
    reached = after & {row.state} or after
    if any(histories.may_follow(state, now) for state in reached):
        return None
    words = histories.state_words(now)
    return Text(f"hồ sơ đang ở {words.vi}", f"the dossier stands at {words.en}")


def _document_back(operation: str, row: OfficeEvent, states: _States) -> Text | None:
    if operation == "office.issue" and row.document not in states.issued:
        return Text("văn bản không còn trong sổ văn bản đi", "the document is not in the outgoing register any more")
    if operation in STATUSES_AFTER:
        status = states.incoming.get((row.document or "", row.agency))
        if status not in STATUSES_AFTER[operation]:
            return Text(f"sổ văn bản đến ghi trạng thái {status}", f"the incoming register has status {status}")
    return None
