"""Taking a dossier in, online and at the counter, against bare single inserts on the same PostgreSQL, fsync on.

Ours is counted until nothing waits any more: each dossier is stored with its reply, told to the other systems through
the LGSP with audit rows, and taken into their books. The peer, `pgbench`, writes one row and tells nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from tests.benchmarks import stand as stands
from tests.benchmarks.kit import Row, against_peer, alternate, check, say
from tests.benchmarks.stand import Stand, fresh_key, spent
from tests.benchmarks.wire import request

_CONNECTIONS = 16
_EACH_ROUND = 2000
_ACCOUNTS = 64  # that have signed in
_PEER = "pgbench: single inserts, 8 clients, same server"


def run() -> list[Row]:
    """Place a stack and measure."""
    with stands.placed() as stand:
        return [
            _row(stand, "dossier.submitted", _Submissions(stand)),
            _row(stand, "dossier.received", _Receptions(stand)),
        ]


class _Submissions:
    """Dossiers handed in at the portal by citizens who have signed in, each for a commune of the province."""

    service, answer = "portal", "submitted"
    waits = ("portal", "onestop")
    books = (("portal", "dossiers"), ("onestop", "dossiers"), ("national", "dossiers"))

    def __init__(self, stand: Stand) -> None:
        numbers = stand.people.people["personal_number"].to_list()[:_ACCOUNTS]
        self._tokens = [stand.sign_in("portal", number) for number in numbers]
        self._agencies = [agency.code for agency in stand.province.agencies if agency.tier == "commune"]
        online = [one for one in stand.province.procedures if one.tier == "commune" and one.level >= 3]
        self._procedures = [one.code for one in online if not one.department]
        check(self._procedures and self._agencies, "the province has nothing to hand in online")

    def prepare(self, count: int) -> list[bytes]:
        form = {"ho_ten": "Nguyễn Văn Mẫu", "noi_dung": "Đề nghị cấp bản sao trích lục " * 8}
        return [
            request(
                "POST",
                "/api/dossiers",
                msgspec.json.encode(
                    {
                        "procedure": self._procedures[number % len(self._procedures)],
                        "agency": self._agencies[number % len(self._agencies)],
                        "form": form,
                        "delivery": "counter",
                    }
                ),
                Authorization=f"Bearer {self._tokens[number % len(self._tokens)]}",
                Idempotency_Key=fresh_key(),
            )
            for number in range(count)
        ]


class _Receptions:
    """Dossiers handed in at the counters of the communes, entered by their reception clerks."""

    service, answer = "onestop", "received"
    waits = ("onestop",)
    books = (("onestop", "dossiers"), ("portal", "dossiers"), ("national", "dossiers"))

    def __init__(self, stand: Stand) -> None:
        communes = {agency.code for agency in stand.province.agencies if agency.tier == "commune"}
        clerks = [one for one in stand.province.staff if one.role == "reception_clerk" and one.agency in communes]
        self._tokens = [stand.sign_in("onestop", clerk.account) for clerk in clerks[:_ACCOUNTS]]
        people = stand.people.people.select("personal_number", "full_name").head(500).rows()
        self._people = [{"personal_number": number, "full_name": name} for number, name in people]
        self._procedures = [
            one.code for one in stand.province.procedures if one.tier == "commune" and not one.department
        ]

    def prepare(self, count: int) -> list[bytes]:
        return [
            request(
                "POST",
                "/api/dossiers",
                msgspec.json.encode(
                    {
                        "procedure": self._procedures[number % len(self._procedures)],
                        "applicant": self._people[number % len(self._people)],
                        "fee_cash": 0,
                        "delivery": "counter",
                    }
                ),
                Authorization=f"Bearer {self._tokens[number % len(self._tokens)]}",
                Idempotency_Key=fresh_key(),
            )
            for number in range(count)
        ]


def _row(stand: Stand, name: str, work: _Submissions | _Receptions) -> Row:
    notes: list[str] = []
    accepting: list[float] = []

    def ours() -> float:
        return _round(stand, work, notes, accepting)

    stand.settle_log()
    before = {book: len(stand.export(*book)) for book in work.books}
    rounds = alternate(ours, _peer(stand), what=name)
    say(notes[-1])
    for book, count in before.items():
        fresh = len(stand.export(*book)) - count
        check(fresh == len(notes) * _EACH_ROUND, f"{'.'.join(book)} has {fresh} of {len(notes) * _EACH_ROUND} dossiers")
    told = f"{sorted(accepting)[len(accepting) // 2]:.0f}/s were accepted while the rest was on its way"
    return against_peer(
        name, rounds, unit="dossiers/s", peer=_PEER, at_least=0.12, note=f"wanted 0.25; {told}; {notes[-1]}"
    )


def _round(stand: Stand, work: _Submissions | _Receptions, notes: list[str], accepting: list[float]) -> float:
    prepared = work.prepare(_EACH_ROUND)
    used = stand.cpu()
    began = time.perf_counter()
    load = stand.wire.closed(stand.url(work.service), prepared, connections=_CONNECTIONS)
    ended = stand.drained(*work.waits)
    notes.append(spent(used, stand.cpu(), _EACH_ROUND))
    accepting.append(load.rate)
    check(load.statuses == {201}, f"statuses {load.statuses}: {load.answers[0][1]!r}")
    answers = [msgspec.json.decode(body) for _, body in load.answers]
    codes = {answer["code"] for answer in answers}
    check(len(codes) == _EACH_ROUND, f"{len(codes)} codes for {_EACH_ROUND} dossiers")
    check({answer["state"] for answer in answers} == {work.answer}, f"some were not {work.answer}")
    return _EACH_ROUND / (ended - began)


def _peer(stand: Stand) -> Callable[[], float]:
    return lambda: stand.pgbench(seconds=4)
