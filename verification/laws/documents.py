"""Law 3: every document accepted by the hub reached each addressee exactly once.

Its statuses came in a legal order, and its signatures verify.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from simulation.text import Text
from verification import histories, signature
from verification.evidence import Evidence
from verification.laws.base import Findings, LawResult, blocked
from verification.records import Delivery, Envelope, Incoming, OfficeDocument, Status

ID = "LAW-3"
TITLE = Text(
    "Mỗi văn bản trục đã nhận đến từng nơi nhận đúng một lần, trạng thái theo đúng thứ tự, chữ ký số hợp lệ.",
    "Every document accepted by the hub reached each addressee exactly once; its statuses came in a legal order; "
    "its signatures verify.",
)
BOOKS = (Envelope.EXPORT, Delivery.EXPORT, Status.EXPORT, OfficeDocument.EXPORT, Incoming.EXPORT)

Pair = tuple[str, str]  #: (document, addressee)


def check(evidence: Evidence) -> LawResult:
    """Follow every document from the office that issued it over the hub to every addressee's register."""
    stop = blocked(ID, TITLE, evidence, BOOKS)
    if stop:
        return stop
    findings = Findings(ID, TITLE)
    ledger = evidence.ledger
    envelopes = ledger.rows(Envelope)
    issued = [row for row in ledger.rows(OfficeDocument) if row.document]
    _issued_once(findings, envelopes, issued)
    _delivered_once(findings, evidence, envelopes)
    _legal_statuses(findings, evidence, envelopes)
    _signatures(findings, evidence, envelopes)
    return findings.result(len({row.document for row in envelopes} | {row.document for row in issued}))


def _issued_once(findings: Findings, envelopes: Sequence[Envelope], issued: Sequence[OfficeDocument]) -> None:
    accepted: defaultdict[str, list[Envelope]] = defaultdict(list)
    for envelope in envelopes:
        accepted[envelope.document].append(envelope)
    sent: defaultdict[str, list[OfficeDocument]] = defaultdict(list)
    for row in issued:
        sent[row.document or ""].append(row)
    for document in sorted(accepted.keys() | sent.keys()):
        at_hub, at_office = len(accepted[document]), len(sent[document])
        if (at_hub, at_office) != (1, 1):
            findings.violation(
                document,
                f"Trục nhận {at_hub} lần, văn phòng phát hành {at_office} lần.",
                f"The hub accepted it {at_hub} times, an office issued it {at_office} times.",
            )
        if not at_hub or not at_office:
            continue
        envelope, row = accepted[document][0], sent[document][0]
        if envelope.sender != row.agency:
            findings.violation(
                document,
                f"Trục ghi nơi gửi {envelope.sender}, văn phòng ghi {row.agency}.",
                f"The hub has sender {envelope.sender}, the office {row.agency}.",
            )
        if sorted(envelope.addressees) != sorted(row.addressees):
            findings.violation(
                document,
                "Danh sách nơi nhận ở trục khác ở văn phòng.",
                "The addressees at the hub differ from those at the office.",
            )


def _violation(findings: Findings, pair: Pair, vi: str, en: str) -> None:
    """The subject is the document alone, as its agencies name it; which addressee stands in the sentence."""
    findings.violation(pair[0], f"Tại {pair[1]}: {vi}", f"At {pair[1]}: {en}")


def _delivered_once(findings: Findings, evidence: Evidence, envelopes: Iterable[Envelope]) -> None:
    wanted = {(envelope.document, addressee) for envelope in envelopes for addressee in envelope.addressees}
    books: tuple[tuple[Text, Counter[Pair]], ...] = (
        (
            Text("Trục", "The hub"),
            Counter((row.document, row.addressee) for row in evidence.ledger.rows(Delivery)),
        ),
        (
            Text("Sổ văn bản đến", "The incoming register"),
            Counter((row.document, row.agency) for row in evidence.ledger.rows(Incoming)),
        ),
    )
    for book, counts in books:
        for pair in sorted(wanted | counts.keys()):
            if pair not in wanted:
                _violation(
                    findings,
                    pair,
                    f"{book.vi} ghi đã đến nơi không có trong danh sách nhận.",
                    f"{book.en} says it reached somebody it was not addressed to.",
                )
            elif counts[pair] != 1:
                _violation(
                    findings,
                    pair,
                    f"{book.vi} ghi đến {counts[pair]} lần.",
                    f"{book.en} says it arrived {counts[pair]} times.",
                )


def _legal_statuses(findings: Findings, evidence: Evidence, envelopes: Iterable[Envelope]) -> None:
    told: defaultdict[Pair, list[Status]] = defaultdict(list)
    for row in evidence.ledger.rows(Status):
        told[row.document, row.agency].append(row)
    register = {(row.document, row.agency): row.status for row in evidence.ledger.rows(Incoming)}
    wanted = {(envelope.document, addressee) for envelope in envelopes for addressee in envelope.addressees}
    for pair in sorted(wanted | told.keys()):
        statuses = [row.status for row in sorted(told[pair], key=lambda row: row.seq)]
        if pair not in wanted:
            _violation(
                findings, pair, "Có trạng thái từ nơi không nhận.", "There is a status from somebody not addressed."
            )
        if not statuses:
            _violation(
                findings, pair, "Trục không có trạng thái nào, thiếu 01.", "The hub has no status for it, not even 01."
            )
            continue
        wrong = histories.wrong_status(statuses)
        if wrong:
            _violation(findings, pair, f"Sai thứ tự: {wrong.vi}.", f"Out of order: {wrong.en}.")
        _same_last(findings, pair, statuses[-1], register)


def _same_last(findings: Findings, pair: Pair, last: str, register: Mapping[Pair, str]) -> None:
    mine = register.get(pair)
    if mine is not None and mine != last:
        _violation(
            findings,
            pair,
            f"Nơi nhận ghi trạng thái {mine}, trục ghi {last}.",
            f"The addressee's register says {mine}, the hub {last}.",
        )


def _signatures(findings: Findings, evidence: Evidence, envelopes: Sequence[Envelope]) -> None:
    if evidence.authority is None:
        findings.doubt(
            Text(
                "Thiếu certificate-authority.pem nên không kiểm tra được chữ ký.",
                "certificate-authority.pem is missing, so signatures cannot be checked.",
            )
        )
        return
    for envelope, problems in zip(envelopes, signature.examine_all(envelopes, evidence.authority), strict=True):
        for problem in problems:
            findings.violation(envelope.document, f"Gói tin: {problem.vi}.", f"Envelope: {problem.en}.")
