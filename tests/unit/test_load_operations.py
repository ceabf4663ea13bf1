"""The load's table of operations against docs/wire.md, row by row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from loadtests.accounts import passcode
from loadtests.books import BOOKS
from loadtests.operations import TABLE
from loadtests.operations.operation import MissingFactError, Operation, StrayAddressError, learn, prepare
from services.kit import accounts as services_accounts

WIRE = (Path(__file__).parents[2] / "docs" / "wire.md").read_text(encoding="utf-8")
ORIGIN = "http://127.0.0.1:8001"
ENDPOINTS = dict.fromkeys(BOOKS, ORIGIN)
SIGN_IN_BODY = ("account", "passcode")


class Row(NamedTuple):
    """One operation as the document has it."""

    name: str
    write: bool
    method: str
    path: str
    query: tuple[str, ...]
    body: tuple[str, ...]


def members(text: str) -> tuple[str, ...]:
    """Names of the members of a JSON object written like in the document, one level deep, "?" kept."""
    inside = re.sub(r'("[a-z_]+": )\{[^}]*\}', r"\1{}", text[1:-1])
    return tuple(f"{name}{mark}" for name, mark in re.findall(r'"(\w+)"(\??)(?=\s*[,:]|\s*$)', _without_values(inside)))


def _without_values(text: str) -> str:
    return re.sub(r':\s*("[^,]*"(?:/"[^"]*")*|\[[^\]]*\]|\{\})', ":", text)


def rows() -> list[Row]:
    """Every row of the table "Client operations"."""
    section = WIRE.split("## Client operations")[1].split("\n## ")[0]
    found = []
    for line in section.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) != 4 or not cells[0].startswith("`"):
            continue
        request = re.search(r"`(GET|POST) ([^ `]+)(?: (\{.*\}))?`", cells[1])
        assert request, f"unreadable request: {line}"
        method, target, body = request.groups()
        path, _, query = target.partition("?")
        for name in re.findall(r"`([\w.]+)`", cells[0]):
            wanted = SIGN_IN_BODY if name.endswith(".sign_in") else members(body or "{}")
            arguments = tuple(part.removesuffix("=") for part in query.split("&") if part)
            found.append(Row(name, cells[0].endswith(" W"), method, path, arguments, wanted))
    return found


ROWS = rows()


def test_the_table_has_the_same_operations_as_the_document() -> None:
    """No operation stands in only one of the two."""
    assert sorted(TABLE) == sorted(row.name for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_asks_for_what_the_document_says(row: Row) -> None:
    """Method, path, query, body and whether it writes are the document's."""
    ours = TABLE[row.name]
    query = tuple(name.removesuffix("?") for name in ours.query)
    assert (ours.method, ours.path, query, ours.body, ours.write) == (
        row.method,
        row.path,
        row.query,
        row.body,
        row.write,
    )


def test_the_document_is_really_read() -> None:
    """Reading the document finds its richest rows as they stand there, so that the comparison above means something."""
    by_name = {row.name: row for row in ROWS}
    assert by_name["portal.submit"].body == ("procedure", "agency", "company?", "form", "prefilled?", "delivery")
    assert by_name["onestop.receive"].body == ("procedure", "applicant", "company?", "fee_cash", "delivery")
    assert by_name["onestop.hand_back"].body == ("by", "fee_cash")
    assert by_name["office.draft"].body == ("kind", "subject", "content", "addressees", "priority")
    assert by_name["portal.search"].query == ("q", "level")


def test_books_are_those_of_the_document() -> None:
    """The exports that are collected are those of the table "Books"."""
    section = WIRE.split("## Books (exports)")[1]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {book for cell in cells for book in re.findall(r"`(\w+\.\w+)`", cell)}
    ours = {f"{service}.{name}" for service, names in BOOKS.items() for name in names}
    assert {book for book in ours if not book.endswith((".calls", ".dead_letters"))} == named
    assert {book for book in ours if book.endswith(".calls")} == {f"{name}.calls" for name in BOOKS if name != "lgsp"}
    assert {book for book in ours if book.endswith(".dead_letters")} == {f"{name}.dead_letters" for name in BOOKS}


def test_the_step_fills_body_and_the_memory_fills_the_path() -> None:
    """What the plan says goes into the body, what an earlier answer said into the path, quoted."""
    facts = {"code": "000.00.12.H07-180822-5001/x", "what": "bản sao sổ đỏ"}
    request = prepare(TABLE["onestop.ask_supplement"], facts, ENDPOINTS)
    assert request.origin == ORIGIN
    assert request.target == "/api/dossiers/000.00.12.H07-180822-5001%2Fx/supplement-request"
    assert request.body.decode() == '{"what":"bản sao sổ đỏ"}'


def test_an_optional_member_may_be_missing_and_another_may_not() -> None:
    """A person has no company; a submission without a form is a mistake of the plan."""
    facts = {"procedure": "1.004873", "agency": "000.00.12.H07", "form": {}, "delivery": "counter"}
    assert b"company" not in prepare(TABLE["portal.submit"], facts, ENDPOINTS).body
    del facts["form"]
    with pytest.raises(MissingFactError, match="form"):
        prepare(TABLE["portal.submit"], facts, ENDPOINTS)


def test_a_query_is_encoded() -> None:
    """Vietnamese words reach the search whole."""
    request = prepare(TABLE["portal.search"], {"q": "đất & nhà"}, ENDPOINTS)
    assert request.target == "/api/procedures?q=%C4%91%E1%BA%A5t+%26+nh%C3%A0"


@pytest.mark.parametrize(
    "address",
    ["http://example.org/pay/1", "//example.org/pay", f"{ORIGIN}.example.org/pay", f"{ORIGIN}/pay\r\nX: 1", "pay/1"],
)
def test_an_answer_never_leads_the_load_out_of_the_stack(address: str) -> None:
    """A payment address anywhere but at the stack's own payment platform is refused."""
    with pytest.raises(StrayAddressError):
        prepare(TABLE["national.pay"], {"pay_url": address}, ENDPOINTS)


def test_a_payment_address_of_the_stack_is_followed() -> None:
    """The address that the portal answered with is used as it is."""
    request = prepare(TABLE["national.pay"], {"pay_url": f"{ORIGIN}/pay/orders/PAY-1"}, ENDPOINTS)
    assert (request.method, request.target, request.body) == ("POST", "/pay/orders/PAY-1", b"")


def test_an_answer_teaches_what_later_steps_need() -> None:
    """The parcel is there only when the result goes by post; the code has to be there always."""
    assert learn(TABLE["onestop.hand_back"], {"code": "c", "state": "returned"}) == {}
    assert learn(TABLE["onestop.hand_back"], {"code": "c", "parcel": "P1"}) == {"parcel": "P1"}
    with pytest.raises(MissingFactError):
        learn(TABLE["portal.submit"], ["not", "an", "object"])


def test_whatever_a_path_needs_somebody_remembers() -> None:
    """Every fact in a path is in the plan's detail or in the answer to an earlier operation of the table."""
    remembered = {name.removesuffix("?") for operation in TABLE.values() for name in operation.remembers}
    in_detail = {"procedure"}
    for operation in TABLE.values():
        assert facts_in(operation) <= remembered | in_detail, operation.name


def facts_in(operation: Operation) -> set[str]:
    """Facts that an operation's path is made of."""
    return set(re.findall(r"\{(\w+)\}", operation.path))


def test_both_sides_derive_the_same_passcode() -> None:
    """The load's copy of the passcode rule gives what the services expect."""
    for account in ("leader.000.00.12.H07.1", "083180000001", "poller.vp-ubnd"):
        assert passcode("khoá", account) == services_accounts.passcode("khoá", account)
        assert len(passcode("khoá", account)) == 12
