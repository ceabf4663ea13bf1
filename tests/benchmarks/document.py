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
_EACH_ROUND = 1000
_TEXT_CHARACTERS = 9000  # of random digits: compressed and in base64 the envelope comes to about 10 KB
_LEAST_ENVELOPE_BYTES = 9_000


def run() -> list[Row]:
    """Place a stack and measure."""
    with stands.placed() as stand:
        return measure(stand)


def measure(stand: Stand) -> list[Row]:
    """Issue signed drafts by rounds."""
    desk = _Desk(stand)
    notes: list[str] = []
    issued: set[str] = set()

    def ours() -> float:
        prepared = desk.signed(_EACH_ROUND)
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
        at_least=0.1, note=f"envelopes of {size} bytes; {notes[-1]}",
    )  # fmt: skip
    return [row]


class _Desk:
    """Specialist, leader and document clerk of one agency whose leader signs on screen."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        staff = stand.province.staff
        leader = next(one for one in staff if one.role == "leader" and one.signs_digitally)
        colleagues = {one.role: one.account for one in staff if one.agency == leader.agency}
        self._leader = stand.sign_in("office", leader.account)
        self._specialist = stand.sign_in("office", colleagues["specialist"])
        self._clerk = stand.sign_in("office", colleagues["document_clerk"])
        self._to = [agency.code for agency in stand.province.agencies if agency.code != leader.agency][:2]
        self._random = random.Random(7)  # noqa: S311 -- filler text

    def signed(self, count: int) -> list[bytes]:
        """Draft and sign; returns the requests that issue."""
        drafts = [msgspec.json.decode(body)["draft"] for body in self._send([self._draft() for _ in range(count)])]
        self._send([self._act(draft, "signature", self._leader) for draft in drafts])
        return [self._act(draft, "issue", self._clerk) for draft in drafts]

    def _send(self, prepared: list[bytes]) -> list[bytes]:
        load = self._stand.wire.closed(self._stand.url("office"), prepared, connections=_CONNECTIONS)
        check(load.statuses <= {200, 201}, f"statuses {load.statuses}: {load.answers[0][1]!r}")
        return [body for _, body in load.answers]

    def _draft(self) -> bytes:
        content = "".join(self._random.choices("0123456789abcdef", k=_TEXT_CHARACTERS))
        draft = {"kind": "Công văn", "subject": "V/v rà soát thủ tục", "content": content, "addressees": self._to}
        token = f"Bearer {self._specialist}"
        body = msgspec.json.encode(draft)
        return request("POST", "/api/documents", body, Authorization=token, Idempotency_Key=fresh_key())

    @staticmethod
    def _act(draft: int, act: str, token: str) -> bytes:
        path = f"/api/documents/{draft}/{act}"
        return request("POST", path, Authorization=f"Bearer {token}", Idempotency_Key=fresh_key())
