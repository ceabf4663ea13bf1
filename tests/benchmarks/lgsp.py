"""A call through the LGSP (token, authorisation, durable audit) against the same call made to the provider directly.

Beside the peers' 0.11 (X-Road, as a user reports). The operation is `national.population.verify`, the most frequent.
"""

from __future__ import annotations

import time

import jwt
import msgspec

from tests.benchmarks import stand as stands
from tests.benchmarks.kit import Row, against_limit, against_peer, alternate, check, percentile, say
from tests.benchmarks.stand import Stand, fresh_key, spent
from tests.benchmarks.wire import Load, request

_CONNECTIONS = 64
_ROUND_SECONDS = 5.0
_MOST_PER_SECOND = 4000  # prepared requests; a round ends earlier if they run out
_HALF = 0.5
_LATE_SECONDS = 3.0
_CALM_MS = 20.0  # p99 directly; past this something else had the processors


class _Calls:
    """Prepared calls both ways. Each has its own call id, and directly also its own token, as the LGSP would sign."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._numbers = stand.people.people["personal_number"].to_list()
        self._token = stand.lgsp_token("portal")
        self._secret = stand.secret("national", "PROVIDER_SECRET")
        self.made = 0

    def through(self, count: int) -> list[bytes]:
        self.made += count
        return [
            request("POST", "/call/national/population.verify", self._body(number),
                    Authorization=f"Bearer {self._token}", X_Call_Id=fresh_key(), X_Purpose="check-form")
            for number in range(count)
        ]  # fmt: skip

    def directly(self, count: int) -> list[bytes]:
        until = int(time.time()) + 60
        return [
            request("POST", "/lgsp/population.verify", self._body(number), X_Lgsp_Token=self._signed(until))
            for number in range(count)
        ]

    def _body(self, number: int) -> bytes:
        return msgspec.json.encode({"personal_number": self._numbers[number % len(self._numbers)]})

    def _signed(self, until: int) -> str:
        claims = {"sub": "portal", "aud": "national", "op": "population.verify", "call": fresh_key(), "exp": until}
        return jwt.encode(claims, self._secret, algorithm="HS256")


def run() -> list[Row]:
    """Place a stack and measure."""
    with stands.placed() as stand:
        return measure(stand)


def measure(stand: Stand) -> list[Row]:
    """Throughput of both ways by turns, then latency of both at half of what the LGSP carries."""
    calls = _Calls(stand)
    most = int(_MOST_PER_SECOND * _ROUND_SECONDS)
    notes: list[str] = []
    answered = 0

    def through() -> float:
        nonlocal answered
        prepared = calls.through(most)
        before = stand.cpu()
        load = stand.wire.closed(stand.url("lgsp"), prepared, connections=_CONNECTIONS, seconds=_ROUND_SECONDS)
        notes.append("through: " + spent(before, stand.cpu(), len(load.answers)))
        answered += _known(load)
        return load.rate

    def directly() -> float:
        prepared = calls.directly(most)
        before = stand.cpu()
        load = stand.wire.closed(stand.url("national"), prepared, connections=_CONNECTIONS, seconds=_ROUND_SECONDS)
        notes.append("direct: " + spent(before, stand.cpu(), len(load.answers)))
        _known(load)
        return load.rate

    rounds = alternate(through, directly, what="lgsp throughput")
    for note in notes[-2:]:
        say(note)
    mine = ("portal", "population.verify")  # systems call of themselves, too
    audited = sum((row["consumer"], row["operation"]) == mine for row in stand.export("lgsp", "audit"))
    check(audited == answered, f"{answered} calls were answered, {audited} stand in the audit")
    rate = rounds.ours * _HALF
    count = int(rate * _LATE_SECONDS)

    def slow(prepared: list[bytes], service: str) -> float:
        load = stand.wire.open(stand.url(service), prepared, connections=64, rate=rate)
        _known(load)
        return percentile(load.latencies, 0.99) * 1000

    stand.settle_log()
    late = alternate(
        lambda: slow(calls.through(count), "lgsp"),
        lambda: slow(calls.directly(count), "national"),
        rounds=5,
        what="lgsp p99",
    )
    bare = percentile(stand.pgbench_latencies(rate=rate, seconds=int(_LATE_SECONDS)), 0.99) * 1000
    noise = "UNKNOWN, the machine was too busy to tell: " if late.peer > _CALM_MS else ""
    return [
        against_peer(
            "lgsp.throughput",
            rounds,
            unit="calls/s",
            peer="the same call directly to the provider",
            at_least=0.6,
            note=f"{_CONNECTIONS} keep-alive connections; " + "; ".join(notes[-2:]),
        ),
        against_limit(
            "lgsp.p99_added",
            late.ours - late.peer,
            unit="ms",
            at_most=5,
            note=f"{noise}open loop at {rate:.0f}/s: {late.ours:.1f} ms through, {late.peer:.1f} ms directly; "
            f"{bare:.1f} ms one bare durable row (pgbench)",
        ),
    ]


def _known(load: Load) -> int:
    check(load.statuses == {200}, f"statuses {load.statuses}")
    strangers = sum(1 for _, body in load.answers if not body.startswith(b'{"exists":true'))
    check(not strangers, f"{strangers} people of the province were not known")
    return len(load.answers)
