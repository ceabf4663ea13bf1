"""Law 1: every accepted dossier exists exactly once.

It has one code, and its state agrees at portal, one-stop and national portal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TypeVar

from simulation.journal import Observation
from simulation.text import Text
from verification import histories
from verification.evidence import Evidence
from verification.laws.base import Findings, LawResult, blocked
from verification.records import NationalDossier, OnestopDossier, OnestopEvent, PortalDossier

ID = "LAW-1"
TITLE = Text(
    "Mỗi hồ sơ đã nhận tồn tại đúng một lần, một mã, và trạng thái khớp nhau ở cổng dịch vụ công, một cửa và "
    "Cổng Dịch vụ công quốc gia.",
    "Every accepted dossier exists exactly once, with one code, and its state agrees at portal, one-stop and "
    "national portal.",
)
BOOKS = (PortalDossier.EXPORT, OnestopDossier.EXPORT, OnestopEvent.EXPORT, NationalDossier.EXPORT)

_CODE = re.compile(r"(?P<agency>.+)-(?P<day>\d{6})-(?P<counter>\d{4,})")
#: The portal numbers what it accepts from here on, the one-stop below (docs/wire.md, "States of a dossier").
_FIRST_ONLINE_COUNTER = 5001

Dossier = PortalDossier | OnestopDossier | NationalDossier
T = TypeVar("T", PortalDossier, OnestopDossier, NationalDossier, OnestopEvent)


def check(evidence: Evidence) -> LawResult:
    """Hold three books and the clients' journal against each other, dossier by dossier."""
    stop = blocked(ID, TITLE, evidence, BOOKS)
    if stop:
        return stop
    findings = Findings(ID, TITLE)
    ledger = evidence.ledger
    portal, onestop = _by_code(ledger.rows(PortalDossier)), _by_code(ledger.rows(OnestopDossier))
    national, events = _by_code(ledger.rows(NationalDossier)), _by_code(ledger.rows(OnestopEvent))
    told: defaultdict[str, list[Observation]] = defaultdict(list)
    for operation in ("portal.submit", "onestop.receive"):
        for seen in evidence.acknowledged.get(operation, ()):
            told[seen.subject].append(seen)

    codes = sorted(portal.keys() | onestop.keys() | national.keys() | events.keys() | told.keys())
    for code in codes:
        _count(findings, code, portal, Text("Cổng dịch vụ công", "The portal"))
        _count(findings, code, onestop, Text("Một cửa", "The one-stop"))
        _count(findings, code, national, Text("Cổng quốc gia", "The national portal"))
        if code in told:
            if len({seen.key for seen in told[code]}) > 1:
                findings.violation(
                    code, "Mã này được cấp cho hai hồ sơ khác nhau.", "Two different dossiers were given this code."
                )
        else:
            _explain(findings, code, evidence, [*portal.get(code, []), *events.get(code, [])])
        _agree(findings, code, [rows[code][0] for rows in (portal, onestop, national) if code in rows])
        if code in onestop:
            _well_formed(findings, onestop[code][0])
            _day(findings, code, onestop[code][0].received_at if onestop[code][0].channel == "counter" else None)
            _history(findings, onestop[code][0], events.get(code, []))
        if code in portal:
            _day(findings, code, portal[code][0].submitted_at if portal[code][0].channel != "counter" else None)
    return findings.result(len(codes))


def _by_code(rows: Iterable[T]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[row.code].append(row)
    return dict(found)


def _count(findings: Findings, code: str, rows: Mapping[str, Sequence[Dossier]], book: Text) -> None:
    count = len(rows.get(code, ()))
    if count == 0:
        findings.violation(code, f"{book.vi} không có hồ sơ này.", f"{book.en} does not have this dossier.")
    elif count > 1:
        findings.violation(code, f"{book.vi} có hồ sơ này {count} lần.", f"{book.en} has this dossier {count} times.")


def _explain(findings: Findings, code: str, evidence: Evidence, rows: Iterable[PortalDossier | OnestopEvent]) -> None:
    """Find out why a dossier exists that no client was told of: its answer may have been lost on the way."""
    if any(row.request_key in evidence.unsure_keys for row in rows if row.request_key):
        return
    if evidence.journal_gap:
        findings.doubt(evidence.journal_gap)
        return
    findings.violation(
        code,
        "Có trong sổ nhưng không người nộp nào được báo đã nhận.",
        "It stands in the books, but no client was ever told that it had been accepted.",
    )


def _agree(findings: Findings, code: str, rows: Sequence[Dossier]) -> None:
    states = {row.state for row in rows}
    # Before the clerk takes it in, nobody has been told of a change yet, so `seq` has no meaning.
    if len(states) > 1 or (states != {"submitted"} and len({row.seq for row in rows}) > 1):
        vi = ", ".join(
            f"{_BOOK_NAMES[type(row)].vi} {histories.state_words(row.state).vi} (lần {row.seq})" for row in rows
        )
        en = ", ".join(
            f"{_BOOK_NAMES[type(row)].en} {histories.state_words(row.state).en} (seq {row.seq})" for row in rows
        )
        findings.violation(code, f"Trạng thái không khớp: {vi}.", f"States disagree: {en}.")
    procedures = sorted({row.procedure for row in rows})
    if len(procedures) > 1:
        shown = ", ".join(procedures)
        findings.violation(code, f"Thủ tục không khớp: {shown}.", f"Procedures disagree: {shown}.")
    if len({(row.agency, row.channel) for row in rows if not isinstance(row, NationalDossier)}) > 1:
        findings.violation(
            code,
            "Cơ quan tiếp nhận hoặc kênh nộp không khớp giữa cổng và một cửa.",
            "Receiving agency or channel disagree between portal and one-stop.",
        )


def _well_formed(findings: Findings, row: OnestopDossier) -> None:
    match = _CODE.fullmatch(row.code)
    if not match or not _calendar_day(match["day"]):
        findings.violation(
            row.code,
            "Mã không đúng dạng <mã cơ quan>-YYMMDD-XXXX.",
            "The code does not have the form <agency code>-YYMMDD-XXXX.",
        )
        return
    if match["agency"] != row.agency:
        findings.violation(
            row.code,
            f"Mã không mang mã của cơ quan tiếp nhận {row.agency}.",
            f"The code does not carry the code of the receiving agency {row.agency}.",
        )
    if (int(match["counter"]) >= _FIRST_ONLINE_COUNTER) != (row.channel != "counter"):
        findings.violation(
            row.code,
            f"Số thứ tự {match['counter']} không thuộc dãy của kênh {row.channel}.",
            f"Counter {match['counter']} is not in the range of channel {row.channel}.",
        )


def _day(findings: Findings, code: str, filed_at: str | None) -> None:
    """Hold the day in the code against the moment of filing, as the system that gave the code knows it."""
    match = _CODE.fullmatch(code)
    if match and filed_at and filed_at[2:10].replace("-", "") != match["day"]:
        day = filed_at[:10]
        findings.violation(
            code, f"Ngày trong mã khác ngày nộp {day}.", f"The day in the code is not that of filing, {day}."
        )


def _calendar_day(digits: str) -> bool:
    try:
        date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return False
    return True


def _history(findings: Findings, row: OnestopDossier, events: Sequence[OnestopEvent]) -> None:
    ordered = sorted(events, key=lambda event: event.seq)
    if not ordered:
        if row.state != "submitted":
            findings.violation(
                row.code, "Một cửa không có lịch sử xử lý của hồ sơ.", "The one-stop has no history of the dossier."
            )
        return
    for before, after in pairwise(ordered):
        if before.seq == after.seq and before.state != after.state:
            findings.violation(
                row.code,
                f"Lịch sử có hai bước cùng số {after.seq}.",
                f"The history has two steps with number {after.seq}.",
            )
    wrong = histories.wrong_step(event.state for event in ordered)
    if wrong:
        findings.violation(row.code, f"Lịch sử: {wrong.vi}.", f"History: {wrong.en}.")
    last = ordered[-1]
    if last.state != row.state:
        now, then = histories.state_words(row.state), histories.state_words(last.state)
        findings.violation(
            row.code,
            f"Sổ một cửa ghi {now.vi}, bước cuối của lịch sử là {then.vi}.",
            f"The one-stop's book says {now.en}, the last step of its history {then.en}.",
        )


_BOOK_NAMES: Mapping[type[Dossier], Text] = {
    PortalDossier: Text("cổng", "portal"),
    OnestopDossier: Text("một cửa", "one-stop"),
    NationalDossier: Text("cổng quốc gia", "national portal"),
}
