"""A signed document of 10 KB from its issue at an office to the hub, accepted and verified, against bare inserts.

Issuing numbers the document, seals it (ECDSA over edXML), registers it and sends it through the LGSP; the hub checks
structure and seal and keeps it for every addressee.
"""

from __future__ import annotations

import random
import time

import msgspec

from tests.benchmarks import stand as stands
from tests.benchmarks.kit import Row, against_peer, alternate, check, say
from tests.benchmarks.stand import Stand, fresh_key, spent
from tests.benchmarks.wire import request

_CONNECTIONS = 16
_AGENCIES = 10  # that issue side by side
_EACH_ROUND = 1000  # a multiple of the agencies
_TEXT_CHARACTERS = 9000  # of random digits: compressed and in base64 the envelope comes to about 10 KB
_LEAST_ENVELOPE_BYTES = 9_000


def run() -> list[Row]:
    """Place a stack and measure."""
    with stands.placed() as stand:
        return measure(stand)


def measure(stand: Stand) -> list[Row]:
    """Issue signed drafts by rounds."""
    desks = _Desks(stand)
    notes: list[str] = []
    issued: set[str] = set()

    def ours() -> float:
        prepared = desks.signed(_EACH_ROUND)
        used = stand.cpu()
        began = time.perf_counter()
        load = stand.wire.closed(stand.url("office"), prepared, connections=_CONNECTIONS)
        ended = stand.drained("office")
        notes.append(spent(used, stand.cpu(), _EACH_ROUND))
        check(load.statuses == {200}, f"statuses {load.statuses}: {load.answers[0][1]!r}")
        issued.update(msgspec.json.decode(body)["document"] for _, body in load.answers)
        return _EACH_ROUND / (ended - began)

    stand.settle_log()
    rounds = alternate(ours, lambda: stand.pgbench(seconds=4), what="document")
    say(notes[-1])
    kept = stand.export("dochub", "envelopes")
    check({envelope["document"] for envelope in kept} == issued, "the hub has other documents than were issued")
    check(len(issued) == len(notes) * _EACH_ROUND, f"{len(issued)} documents of {len(notes) * _EACH_ROUND}")
    refused = stand.export("office", "dead_letters")
    check(not refused, f"the hub refused {len(refused)}")
    size = sorted(len(envelope["xml"].encode()) for envelope in kept)[len(kept) // 2]
    check(size >= _LEAST_ENVELOPE_BYTES, f"envelopes have {size} bytes only")
    row = against_peer(
        "document.delivered", rounds, unit="documents/s", peer="pgbench: single inserts, 8 clients, same server",
        at_least=0.1, note=f"envelopes of {size} bytes from {_AGENCIES} agencies; {notes[-1]}",
    )  # fmt: skip
    return [row]


class _Desk(msgspec.Struct, frozen=True):
    """Tokens of specialist, leader and document clerk of one agency whose leader signs on screen."""

    specialist: str
    leader: str
    clerk: str
    to: list[str]  #: whom the agency writes to


class _Desks:
    """Several agencies, as in life: each numbers its documents one after the other."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._random = random.Random(7)  # noqa: S311 -- filler text
        staff = stand.province.staff
        leaders = {one.agency: one.account for one in reversed(staff) if one.role == "leader" and one.signs_digitally}
        self._desks = [self._desk(agency, leader) for agency, leader in sorted(leaders.items())[:_AGENCIES]]
        check(len(self._desks) == _AGENCIES, f"only {len(self._desks)} agencies have a leader who signs on screen")

    def _desk(self, agency: str, leader: str) -> _Desk:
        colleagues = {one.role: one.account for one in self._stand.province.staff if one.agency == agency}
        others = [one.code for one in self._stand.province.agencies if one.code != agency]
        signed_in = [
            self._stand.sign_in("office", who)
            for who in (colleagues["specialist"], leader, colleagues["document_clerk"])
        ]
        return _Desk(*signed_in, others[:2])

    def signed(self, count: int) -> list[bytes]:
        """Draft and sign at every desk; returns the requests that issue, by turns of the desks."""
        each = [self._signed_at(desk, count // _AGENCIES) for desk in self._desks]
        return [one for turn in zip(*each, strict=True) for one in turn]

    def _signed_at(self, desk: _Desk, count: int) -> list[bytes]:
        drafts = [msgspec.json.decode(body)["draft"] for body in self._send([self._draft(desk) for _ in range(count)])]
        self._send([self._act(draft, "signature", desk.leader) for draft in drafts])
        return [self._act(draft, "issue", desk.clerk) for draft in drafts]

    def _send(self, prepared: list[bytes]) -> list[bytes]:
        load = self._stand.wire.closed(self._stand.url("office"), prepared, connections=_CONNECTIONS)
        check(load.statuses <= {200, 201}, f"statuses {load.statuses}: {load.answers[0][1]!r}")
        return [body for _, body in load.answers]

    def _draft(self, desk: _Desk) -> bytes:
        content = "".join(self._random.choices("0123456789abcdef", k=_TEXT_CHARACTERS))
        draft = {"kind": "Công văn", "subject": "V/v rà soát thủ tục", "content": content, "addressees": desk.to}
        body, token = msgspec.json.encode(draft), f"Bearer {desk.specialist}"
        return request("POST", "/api/documents", body, Authorization=token, Idempotency_Key=fresh_key())

    @staticmethod
    def _act(draft: int, act: str, token: str) -> bytes:
        path = f"/api/documents/{draft}/{act}"
        return request("POST", path, Authorization=f"Bearer {token}", Idempotency_Key=fresh_key())
