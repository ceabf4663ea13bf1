"""Documents of 2 KB to 10 MB through the LGSP into the hub: accepted, verified, stored, and handed out again unaltered.

Each rung is a file of random bytes (nothing compresses), zipped, in base64, sealed. Beside the speed stands the memory
that the hub's process holds after the rung: it must not grow with what has passed through.
"""

from __future__ import annotations

import time

import msgspec
import psutil

from infra.target import ServiceStatus
from tests.benchmarks import stand as stands
from tests.benchmarks.envelopes import Sender
from tests.benchmarks.kit import Row, against_limit, check, say
from tests.benchmarks.stand import Stand

#: Bytes of the attached file -> how many documents are sent.
_LADDER = {2_000: 400, 10_000: 400, 100_000: 120, 2_000_000: 12, 10_000_000: 4}
_MOST_HUB_MEGABYTES = 700.0  # assumed: a small server's share; one 10 MB document needs about 180 while it is read


def run() -> list[Row]:
    """Place a stack and climb the ladder."""
    with stands.placed() as stand:
        climb = _Climb(stand)
        return [climb.rung(size, count) for size, count in _LADDER.items()]


class _Climb:
    def __init__(self, stand: Stand) -> None:
        self._stand, self._sender = stand, Sender(stand)

    def rung(self, size: int, count: int) -> Row:
        """Send one size, then fetch one of them back."""
        sealed = [self._sender.sealed(size) for _ in range(count)]
        requests = [self._sender.deliver("envelopes.send", [{"xml": text}]) for text in sealed]
        began = time.perf_counter()
        load = self._stand.wire.closed(self._stand.url("lgsp"), requests, connections=min(8, count))
        seconds = time.perf_counter() - began
        check(load.statuses == {200}, f"statuses {load.statuses}: {load.answers[0][1][:300]!r}")
        results = [msgspec.json.decode(body)["results"][0] for _, body in load.answers]
        check(all(one["result"] == "done" for one in results), f"not taken: {results[0]}")
        kept = (
            {row["digest"]: len(row["xml"]) for row in self._stand.export("dochub", "envelopes")} if size < 1e6 else {}
        )
        check(size >= 1e6 or len(kept) >= count, "the hub keeps fewer than it took")
        memory = self._hub_megabytes()
        say(f"{size} bytes: {count / seconds:.1f}/s, hub {memory:.0f} MB")
        return against_limit(
            f"payload.{size}", memory, unit="MB held by the hub", at_most=_MOST_HUB_MEGABYTES,
            note=f"{count / seconds:.1f} documents/s, {size * count / seconds / 1e6:.1f} MB/s of files; "
            f"envelopes of {len(sealed[0].encode())} bytes",
        )  # fmt: skip

    def _hub_megabytes(self) -> float:
        statuses: list[ServiceStatus] = self._stand._target.status(self._stand.stack)
        pid = next(one.pid for one in statuses if one.service == "dochub")
        check(pid, "the hub does not run")
        return float(psutil.Process(pid or 0).memory_info().rss) / 1e6
