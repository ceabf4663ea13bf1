"""Signed documents of 10 KB through the hub alone: accepted, verified, stored, fetched and receipted, against inserts.

Envelopes are sealed beforehand and come as an office's outbox sends them, several to a call over the LGSP; the
addressee's office lists what waits, fetches every text and sends the receipts. Office work is not in it: `document` has
that.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from tests.benchmarks import stand as stands
from tests.benchmarks.envelopes import Sender
from tests.benchmarks.kit import Row, against_peer, alternate, check, say
from tests.benchmarks.stand import NINE_O_CLOCK, Stand, spent
from tests.benchmarks.wire import Load

_CONNECTIONS = 8
_EACH_ROUND, _TO_A_CALL = 1000, 25
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
        calls = [sender.deliver("envelopes.send", [{"xml": one} for one in group]) for group in _groups(texts)]
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
            at_least=0.1, note=f"envelopes of {size} bytes, {_TO_A_CALL} to a call; {notes[-1]}",
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
        wanted = [sender.fetch(f"envelopes.get?document={one['document']}") for one in waiting]
        load = stand.wire.closed(stand.url("lgsp"), wanted, connections=_CONNECTIONS)
        check(load.statuses == {200} and len(load.answers) == len(wanted), f"statuses {load.statuses}")
        at = NINE_O_CLOCK.isoformat()
        receipts = [{"document": one["document"], "agency": one["addressee"], "at": at} for one in waiting]
        calls = [sender.deliver("envelopes.received", group) for group in _groups(receipts)]
        _done(stand.wire.closed(stand.url("lgsp"), calls, connections=_CONNECTIONS))


def _done(load: Load) -> None:
    check(load.statuses == {200}, f"statuses {load.statuses}: {load.answers[0][1][:300]!r}")
    results = [one for _, body in load.answers for one in msgspec.json.decode(body)["results"]]
    check(all(one["result"] == "done" for one in results), f"not taken: {results[0]}")


def _groups(whole: list[Any]) -> list[list[Any]]:
    return [whole[first : first + _TO_A_CALL] for first in range(0, len(whole), _TO_A_CALL)]
