"""How books are collected after traffic, from systems that answer well, late, badly or not at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from load_stand_in import Seen, StandIn, problem, stack_of

from infra import stack as stacks
from infra.stack import Stack
from loadtests import ledger
from loadtests.books import BOOKS
from loadtests.guard import Leave, Pace

ALL = sorted({name for names in BOOKS.values() for name in names})


def stack(province: StandIn, folder: Path) -> Stack:
    """The stand-in as a stack."""
    return stacks.load(stack_of(province.origin, folder))


def books(seen: Seen) -> web.Response | None:
    """Every service offers every book, with as many records as the name has letters."""
    if seen.path == "/export":
        return web.json_response({"exports": ALL})
    if seen.path.startswith("/export/"):
        name = seen.path.removeprefix("/export/")
        return web.Response(text="".join(f'{{"n":{number}}}\n' for number in range(len(name))))
    if seen.path == "/backlog":
        return web.json_response({"outbox": 0, "in_flight": 0, "requests": 0})
    return web.Response(text="metric 1\n") if seen.path == "/metrics" else None


def test_every_book_is_copied_and_counted(tmp_path: Path) -> None:
    """The run folder has each export of each service, the metrics and the signing CA, and a list with the numbers.

    The LGSP's books come first, its head before the rest: nothing is named there that another book cannot have.
    """
    with StandIn(books) as province:
        ledger.collect(stack(province, tmp_path), tmp_path)
    taken = [seen.path.removeprefix("/export/") for seen in province.seen if seen.path.startswith("/export/")]
    assert taken[:3] == ["audit_heads", "audit", "audit_chain"]
    collected = msgspec.json.decode((tmp_path / "ledger" / "collected.json").read_bytes())
    assert collected["missing"] == []
    assert datetime.fromisoformat(collected["began"]) <= datetime.now(UTC)
    assert collected["backlog"] == dict.fromkeys(BOOKS, 0)
    assert collected["portal.dossiers"] == {"records": len("dossiers")}
    assert len((tmp_path / "ledger" / "lgsp.audit.ndjson").read_bytes().splitlines()) == len("audit")
    assert (tmp_path / "metrics" / "office.prom").read_text() == "metric 1\n"
    assert (tmp_path / "certificate-authority.pem").read_text() == "no certificate"
    assert not list((tmp_path / "ledger").glob("*.part"))


def test_what_cannot_be_had_is_named_with_the_reason(tmp_path: Path) -> None:
    """A refused export, one that breaks off, one that nobody offers, and a service that is gone: all are missing."""

    def whim(seen: Seen) -> web.Response | str | None:
        if seen.path == "/export/audit":
            return problem(500, "internal")
        if seen.path == "/export/orders":
            return web.Response(text='{"n":1}\n{"n":')
        if seen.path == "/export":
            return web.json_response({"exports": [name for name in ALL if name != "calls"]})
        return books(seen)

    with StandIn(whim) as province:
        whole = stack(province, tmp_path)
        endpoints = {**whole.endpoints, "sector": "http://127.0.0.1:1"}
        del endpoints["office"]
        ledger.collect(msgspec.structs.replace(whole, endpoints=endpoints), tmp_path)
    collected = msgspec.json.decode((tmp_path / "ledger" / "collected.json").read_bytes())
    why = {one["export"]: one["why"] for one in collected["missing"]}
    assert "500" in why["lgsp.audit"]
    assert "incomplete" in why["national.orders"]
    assert "not offered" in why["portal.calls"]
    assert "no such service" in why["office.documents"]
    assert "Connect" in why["sector.visits"]
    assert collected["backlog"]["sector"] == ledger.UNKNOWN
    assert not (tmp_path / "ledger" / "national.orders.ndjson").exists()


def test_settling_waits_until_nothing_is_left_twice_in_a_row(tmp_path: Path) -> None:
    """One empty look is not enough: a message taken from one system may be about to appear in the next."""
    left = {1: 3, 2: 0, 3: 1}

    def whim(seen: Seen) -> web.Response:
        number = (seen.nth - 1) // len(BOOKS) + 1
        return web.json_response({"outbox": left.get(number, 0), "in_flight": 0, "requests": 0})

    told: list[float] = []
    with StandIn(whim) as province:
        after = ledger.settle(stack(province, tmp_path), progress=lambda done, _label: told.append(done))
    assert after == dict.fromkeys(BOOKS, 0)
    assert len(province.seen) == 5 * len(BOOKS)
    assert told[-1] == 1.0


def test_settling_gives_up_and_says_what_is_left(tmp_path: Path) -> None:
    """A backlog that never empties, and a service that does not answer, end the wait by its limit."""

    def whim(seen: Seen) -> web.Response:
        return (
            web.json_response({"outbox": 2, "in_flight": 1, "requests": 0})
            if seen.path == "/backlog"
            else problem(404, "x")
        )

    with StandIn(whim) as province:
        whole = stack(province, tmp_path)
        silent = msgspec.structs.replace(whole, endpoints={**whole.endpoints, "lgsp": "http://127.0.0.1:1"})
        after = ledger.settle(silent, seconds=0.1)
    assert after == {**dict.fromkeys(BOOKS, 3), "lgsp": ledger.UNKNOWN}


def test_books_keep_to_the_owners_permission_as_the_load_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request takes its place in line for the permitted rate; after the window none goes, and that is told."""
    places = []

    class Counted(Pace):
        def put_off(self) -> float | None:
            places.append(super().put_off())
            return places[-1]

    monkeypatch.setattr(ledger, "Pace", Counted)
    soon, over = Leave(rate=500.0, ends=time.time() + 3600), Leave(rate=500.0, ends=time.time() - 1)
    with StandIn(books) as province:
        whole = stack(province, tmp_path)
        ledger.settle(whole, leave=soon)
        ledger.collect(whole, tmp_path, leave=soon)
        asked = len(province.seen)
        assert len(places) == asked > 2 * len(BOOKS)
        after = ledger.settle(whole, seconds=0.1, leave=over)
        ledger.collect(whole, tmp_path, leave=over)
        assert len(province.seen) == asked
    assert set(after.values()) == {ledger.UNKNOWN}
    collected = msgspec.json.decode((tmp_path / "ledger" / "collected.json").read_bytes())
    assert all("window is over" in one["why"] for one in collected["missing"])
    assert len(collected["missing"]) == sum(map(len, BOOKS.values()))


def test_books_are_not_looked_for_where_a_service_sends_us(tmp_path: Path) -> None:
    """An address that nobody has named is not asked, and gets no auditor's token."""
    with StandIn(lambda _seen: web.Response(status=302, headers={"Location": "http://192.0.2.1/"})) as province:
        after = ledger.settle(stack(province, tmp_path), seconds=0.1)
    assert set(after.values()) == {ledger.UNKNOWN}
