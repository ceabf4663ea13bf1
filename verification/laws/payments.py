"""Law 2: every đồng paid belongs to exactly one dossier, and sums agree on both sides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from simulation.journal import Observation
from simulation.text import Text
from verification.evidence import Evidence
from verification.laws.base import Comparison, Findings, LawResult, blocked
from verification.records import NationalOrder, OnestopDossier, OnestopPayment, PortalDossier, PortalPayment
from verification.wording import dong

ID = "LAW-2"
TITLE = Text(
    "Mỗi đồng đã nộp thuộc về đúng một hồ sơ; tổng số tiền khớp nhau ở cả hai phía.",
    "Every đồng paid belongs to exactly one dossier; sums agree on both sides.",
)
BOOKS = (
    NationalOrder.EXPORT,
    PortalPayment.EXPORT,
    PortalDossier.EXPORT,
    OnestopPayment.EXPORT,
    OnestopDossier.EXPORT,
)
_TAKES_CASH = ("onestop.receive", "onestop.hand_back")

T = TypeVar("T", NationalOrder, PortalPayment, OnestopPayment)


def check(evidence: Evidence) -> LawResult:
    """Follow every order from the payment platform to portal and one-stop, and every note of cash to its client."""
    stop = blocked(ID, TITLE, evidence, BOOKS)
    if stop:
        return stop
    findings = Findings(ID, TITLE)
    rows = evidence.ledger.rows(OnestopPayment)
    online = [row for row in rows if row.kind == "online"]
    cash = [row for row in rows if row.kind != "online"]
    orders = _online(findings, evidence, online)
    notes = _cash(findings, evidence, cash)
    return findings.result(orders + notes, _sums(evidence, online, cash))


def _by_order(rows: Iterable[T]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[row.order or ""].append(row)
    return dict(found)


def _online(findings: Findings, evidence: Evidence, online: Sequence[OnestopPayment]) -> int:
    ledger = evidence.ledger
    platform = _by_order(ledger.rows(NationalOrder))
    portal = _by_order(ledger.rows(PortalPayment))
    onestop = _by_order(online)
    fees = {row.code: row.fee for row in ledger.rows(PortalDossier) if row.fee is not None}
    dossiers = {row.code for row in ledger.rows(OnestopDossier)}
    told = {seen.key: seen for seen in evidence.acknowledged.get("national.pay", ())}

    def paid(order: str) -> bool:
        return (
            any(row.status == "paid" for row in platform.get(order, ()))
            or any(row.status == "paid" for row in portal.get(order, ()))
            or order in onestop
        )

    paid_orders = sorted(order for order in platform.keys() | portal.keys() | onestop.keys() if paid(order))
    for order in paid_orders:
        _exactly_one(findings, order, platform, Text("nền tảng thanh toán", "the payment platform"))
        _exactly_one(findings, order, portal, Text("cổng dịch vụ công", "the portal"))
        _exactly_one(findings, order, onestop, Text("một cửa", "the one-stop"))
        _agree(findings, order, platform.get(order, []), portal.get(order, []), onestop.get(order, []))
        codes = {row.code for rows in (platform, portal, onestop) for row in rows.get(order, ())}
        for code in sorted(codes - dossiers):
            findings.violation(
                order,
                f"Tiền của hồ sơ {code}, hồ sơ này không có ở một cửa.",
                f"It pays for dossier {code}, which the one-stop does not have.",
            )
        for row in platform.get(order, ()):
            fee = fees.get(row.code)
            if fee is not None and fee != row.amount:
                findings.violation(
                    order,
                    f"Lệ phí của hồ sơ {row.code} là {dong(fee).vi}, nền tảng thu {dong(row.amount).vi}.",
                    f"The fee of dossier {row.code} is {dong(fee).en}, the platform took {dong(row.amount).en}.",
                )
            _client_knows(findings, evidence, row, told)
    _once_per_dossier(findings, [row for rows in platform.values() for row in rows if row.status == "paid"])
    _nothing_forgotten(findings, evidence, platform, portal)
    return len(paid_orders)


def _exactly_one(findings: Findings, order: str, rows: Mapping[str, Sequence[T]], book: Text) -> None:
    count = len(rows.get(order, ()))
    if count == 0:
        findings.violation(order, f"Khoản đã thu không có ở {book.vi}.", f"The payment is missing at {book.en}.")
    elif count > 1:
        findings.violation(order, f"Có {count} lần ở {book.vi}.", f"It stands {count} times at {book.en}.")


def _agree(
    findings: Findings,
    order: str,
    platform: Sequence[NationalOrder],
    portal: Sequence[PortalPayment],
    onestop: Sequence[OnestopPayment],
) -> None:
    books = (
        (Text("nền tảng", "platform"), platform),
        (Text("cổng", "portal"), portal),
        (Text("một cửa", "one-stop"), onestop),
    )
    amounts = {row.amount for _, rows in books for row in rows}
    if len(amounts) > 1:
        vi = ", ".join(f"{name.vi} {dong(row.amount).vi}" for name, rows in books for row in rows)
        en = ", ".join(f"{name.en} {dong(row.amount).en}" for name, rows in books for row in rows)
        findings.violation(order, f"Số tiền không khớp: {vi}.", f"Amounts disagree: {en}.")
    codes = {row.code for _, rows in books for row in rows}
    if len(codes) > 1:
        shown = ", ".join(sorted(codes))
        findings.violation(order, f"Thuộc về nhiều hồ sơ: {shown}.", f"It belongs to several dossiers: {shown}.")
    for name, rows in books[:2]:
        for row in rows:
            status = getattr(row, "status", "paid")
            if status != "paid":
                findings.violation(
                    order,
                    f"Nơi khác ghi đã thu, {name.vi} còn ghi “{status}”.",
                    f"Paid elsewhere, but still “{status}” at the {name.en}.",
                )


def _client_knows(findings: Findings, evidence: Evidence, row: NationalOrder, told: Mapping[str, Observation]) -> None:
    """Tell whether the payer was told of this payment, and of this amount."""
    seen = told.get(row.request_key or "")
    if seen is None:
        if row.request_key in evidence.unsure_keys:
            return
        if evidence.journal_gap:
            findings.doubt(evidence.journal_gap)
            return
        findings.violation(
            row.order, "Đã thu nhưng không người nộp nào được báo.", "Paid, but no client was ever told so."
        )
    elif seen.amount != row.amount:
        findings.violation(
            row.order,
            f"Người nộp được báo {dong(seen.amount).vi}, sổ ghi {dong(row.amount).vi}.",
            f"The payer was told {dong(seen.amount).en}, the book says {dong(row.amount).en}.",
        )


def _once_per_dossier(findings: Findings, paid: Sequence[NationalOrder]) -> None:
    orders: defaultdict[str, set[str]] = defaultdict(set)
    for row in paid:
        orders[row.code].add(row.order)
    for code, several in orders.items():
        if len(several) > 1:
            shown = ", ".join(sorted(several))
            findings.violation(code, f"Hồ sơ bị thu nhiều lần: {shown}.", f"The dossier was paid twice: {shown}.")


def _nothing_forgotten(
    findings: Findings,
    evidence: Evidence,
    platform: Mapping[str, Sequence[NationalOrder]],
    portal: Mapping[str, Sequence[PortalPayment]],
) -> None:
    """Every acknowledged payment is a paid order; every order that was told to a client has the amount it was told."""
    paid_keys = {row.request_key for rows in platform.values() for row in rows if row.status == "paid"}
    for seen in evidence.acknowledged.get("national.pay", ()):
        if seen.key not in paid_keys:
            findings.violation(
                seen.subject or seen.key,
                "Người nộp được báo đã nộp tiền, nền tảng không ghi khoản nào.",
                "The payer was told the money had been taken, the platform has no such payment.",
            )
    amounts = {row.request_key: row for rows in portal.values() for row in rows if row.request_key}
    for seen in evidence.acknowledged.get("portal.pay", ()):
        row = amounts.get(seen.key)
        if row and seen.amount and seen.amount != row.amount:
            findings.violation(
                row.order,
                f"Cổng báo người nộp {dong(seen.amount).vi}, sổ cổng ghi {dong(row.amount).vi}.",
                f"The portal told the client {dong(seen.amount).en}, its book says {dong(row.amount).en}.",
            )


def _cash(findings: Findings, evidence: Evidence, cash: Sequence[OnestopPayment]) -> int:
    told = {
        seen.key: seen for operation in _TAKES_CASH for seen in evidence.acknowledged.get(operation, ()) if seen.amount
    }
    keys = Counter(row.request_key for row in cash if row.request_key)
    for row in cash:
        seen = told.get(row.request_key or "")
        if keys[row.request_key or ""] > 1:
            findings.violation(
                row.code, "Một lần thu tiền mặt được ghi nhiều lần.", "One cash payment stands in the book repeatedly."
            )
        if seen is None:
            if row.request_key in evidence.unsure_keys:
                continue
            if evidence.journal_gap:
                findings.doubt(evidence.journal_gap)
                continue
            findings.violation(
                row.code,
                f"Một cửa ghi thu {dong(row.amount).vi} tiền mặt, không ai được báo đã nộp.",
                f"The one-stop says it took {dong(row.amount).en} in cash, but no client was told so.",
            )
        elif (seen.amount, seen.subject or row.code) != (row.amount, row.code):
            findings.violation(
                row.code,
                f"Người nộp được báo {dong(seen.amount).vi} cho {seen.subject}, sổ ghi {dong(row.amount).vi}.",
                f"The payer was told {dong(seen.amount).en} for {seen.subject}, the book says {dong(row.amount).en}.",
            )
    for key, seen in told.items():
        if key not in keys:
            findings.violation(
                seen.subject or key,
                f"Đã thu {dong(seen.amount).vi} tiền mặt nhưng sổ một cửa không ghi.",
                f"{dong(seen.amount).en} were taken in cash, but the one-stop's book does not say so.",
            )
    return len({row.request_key or row.code for row in cash} | told.keys())


def _sums(
    evidence: Evidence, online: Sequence[OnestopPayment], cash: Sequence[OnestopPayment]
) -> tuple[Comparison, ...]:
    ledger, acknowledged = evidence.ledger, evidence.acknowledged
    return (
        Comparison(
            what=Text("Nộp trực tuyến, đồng", "Paid online, đồng"),
            values=(
                (Text("người nộp được báo", "told to payers"), _told(acknowledged.get("national.pay", ()))),
                (
                    Text("nền tảng thanh toán", "payment platform"),
                    sum(row.amount for row in ledger.rows(NationalOrder) if row.status == "paid"),
                ),
                (
                    Text("cổng dịch vụ công", "portal"),
                    sum(row.amount for row in ledger.rows(PortalPayment) if row.status == "paid"),
                ),
                (Text("một cửa", "one-stop"), sum(row.amount for row in online)),
            ),
        ),
        Comparison(
            what=Text("Tiền mặt, đồng", "Paid in cash, đồng"),
            values=(
                (
                    Text("người nộp được báo", "told to payers"),
                    sum(_told(acknowledged.get(operation, ())) for operation in _TAKES_CASH),
                ),
                (Text("một cửa", "one-stop"), sum(row.amount for row in cash)),
            ),
        ),
    )


def _told(seen: Iterable[Observation]) -> int:
    return sum(one.amount for one in seen)
