"""Signed documents of 10 KB through the hub alone: accepted, verified, stored, fetched and receipted, against inserts.

Envelopes are sealed beforehand and come as an office's outbox sends them, several to a call over the LGSP; the
addressee's office lists what waits, fetches every text, several to a call, and sends the receipts. Office work is not
in it: `document` has that.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import msgspec

from tests.benchmarks import stand as stands
from tests.benchmarks.envelopes import Sender
from tests.benchmarks.kit import Row, against_peer, alternate, check, say
from tests.benchmarks.stand import NINE_O_CLOCK, Stand, spent
from tests.benchmarks.wire import Load

_CONNECTIONS = 8
_EACH_ROUND = 1000
_SENT_AT_ONCE = 100  # as services/kit/outbox.py: a batch of an outbox that is behind
_FETCHED_AT_ONCE = 50  # as services/office/polling.py
_FILE_BYTES = 6000  # in base64, with its header and seal, about 10 KB


def run() -> list[Row]:
    """Place a stack and measure."""
    with stands.placed() as stand:
        return measure(stand)


def measure(stand: Stand) -> list[Row]:
    """Whole deliveries by rounds."""
    sender = Sender(stand)
    notes: list[str] = []
    sent: list[str] = []

    def ours() -> float:
        texts = [sender.sealed(_FILE_BYTES) for _ in range(_EACH_ROUND)]
        sent.extend(texts)
        calls = [
            sender.deliver("envelopes.send", [{"xml": one} for one in group]) for group in _groups(texts, _SENT_AT_ONCE)
        ]
        used, began = stand.cpu(), time.perf_counter()
        _done(stand.wire.closed(stand.url("lgsp"), calls, connections=_CONNECTIONS))
        _take_over(stand, sender)
        took = time.perf_counter() - began
        notes.append(spent(used, stand.cpu(), _EACH_ROUND))
        return _EACH_ROUND / took

    stand.settle_log()
    rounds = alternate(ours, lambda: stand.pgbench(seconds=4), what="hub")
    say(notes[-1])
    kept = {row["xml"] for row in stand.export("dochub", "envelopes")}
    check(kept == set(sent), "the hub keeps other texts than were sent")
    delivered = stand.export("dochub", "deliveries")
    check(len(delivered) == len(sent), f"{len(delivered)} of {len(sent)} documents have their receipt")
    size = len(sent[0].encode())
    return [
        against_peer(
            "hub.delivered", rounds, unit="documents/s", peer="pgbench: single inserts, 8 clients, same server",
            at_least=0.1, note=f"envelopes of {size} bytes, {_SENT_AT_ONCE} to a call; {notes[-1]}",
        )
    ]  # fmt: skip


def _take_over(stand: Stand, sender: Sender) -> None:
    """What an office's polls do until nothing waits."""
    installation = sender.receiver.installation
    while True:
        status, body = stand.wire.one(stand.url("lgsp"), sender.fetch(f"envelopes.list?installation={installation}"))
        check(status == 200, f"the list was not given: {status} {body!r}")
        waiting = msgspec.json.decode(body)["envelopes"]
        if not waiting:
            return
        wanted = [
            sender.fetch(f"envelopes.get?documents={quote(';'.join(one['document'] for one in group))}")
            for group in _groups(waiting, _FETCHED_AT_ONCE)
        ]
        load = stand.wire.closed(stand.url("lgsp"), wanted, connections=_CONNECTIONS)
        check(load.statuses == {200}, f"statuses {load.statuses}")
        texts = sum(len(msgspec.json.decode(body)["envelopes"]) for _, body in load.answers)
        check(texts == len(waiting), f"{texts} texts of {len(waiting)} were given")
        at = NINE_O_CLOCK.isoformat()
        receipts = [{"document": one["document"], "agency": one["addressee"], "at": at} for one in waiting]
        calls = [sender.deliver("envelopes.received", group) for group in _groups(receipts, _SENT_AT_ONCE)]
        _done(stand.wire.closed(stand.url("lgsp"), calls, connections=_CONNECTIONS))


def _done(load: Load) -> None:
    check(load.statuses == {200}, f"statuses {load.statuses}: {load.answers[0][1][:300]!r}")
    results = [one for _, body in load.answers for one in msgspec.json.decode(body)["results"]]
    check(all(one["result"] == "done" for one in results), f"not taken: {results[0]}")


def _groups(whole: list[Any], size: int) -> list[list[Any]]:
    return [whole[first : first + size] for first in range(0, len(whole), size)]
