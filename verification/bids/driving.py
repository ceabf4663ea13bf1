"""Load on one product: dossiers begin when the plan says, whatever the product is doing, and each walks its whole life.

Latency counts from the moment at which somebody wanted to act: the planned start for the first request, the answer
before it for the others. Threads, because dialects block; the loads of one product are tens of requests a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np

from verification.bids.desk import NAMES, Desk, fresh_key
from verification.bids.evidence import Call, Outcome, Probe
from verification.conformance.product import (
    Accept,
    Answer,
    Decide,
    Examine,
    HandBack,
    OutOfReach,
    Refusal,
    Unreadable,
)
from verification.conformance.wire import Pace

_ONLINE_SHARE, _REJECTED_SHARE = 0.3, 0.15  # assumed; both ways and both outcomes have to be walked
_THREADS = 160
_NUMBERS_A_PROBE = 10_000


class Walked(msgspec.Struct, kw_only=True):
    """A dossier as its walk left it."""

    code: str = ""
    journey: int
    channel: str
    acknowledged: str = ""
    maybe: str = ""
    paid: int = 0
    may_be_paid: int = 0  #: đồng that an unanswered act may have paid
    name: str = ""


class Driven(msgspec.Struct, frozen=True):
    """A probe and all that happened in it."""

    probe: Probe
    calls: tuple[Call, ...]
    walked: tuple[Walked, ...]


def drive(desk: Desk, *, number: int, load: float, per_second: float, seconds: float, seed: int, pace: Pace) -> Driven:
    """Let dossiers begin for so many seconds, and wait until all have ended.

    A Poisson process given its count, which is the rate's own: in a short probe a random count would be most of the
    noise. What requests wait for the owner's `pace` counts as the generator's lateness, not as the product's.
    """
    dice = np.random.default_rng([seed, number])
    count = max(1, round(per_second * seconds))
    starts = np.sort(dice.uniform(0.0, seconds, count))
    online, rejected = dice.random(count) < _ONLINE_SHARE, dice.random(count) < _REJECTED_SHARE
    began, waited = time.perf_counter(), pace.waited
    late: list[float] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        walks = []
        for journey, start in enumerate(starts):
            time.sleep(max(0.0, start - (time.perf_counter() - began)))
            late.append(time.perf_counter() - began - start)
            walk = _Walk(desk, number, journey, float(start), began)
            walks.append(pool.submit(walk.go, bool(online[journey]), bool(rejected[journey])))
        ended = [walk.result() for walk in walks]
    calls = tuple(call for walk in ended for call in walk.calls)
    late_ms = max(1000 * float(np.percentile(late, 95)), 1000 * (pace.waited - waited) / max(len(calls), 1))
    probe = Probe(
        number=number, load=load, per_second=per_second, seed=seed, seconds=seconds,
        took=max((call.ended for call in calls), default=0.0), late_ms=late_ms,
    )  # fmt: skip
    return Driven(probe, calls, tuple(walk.walked for walk in ended if walk.walked.code))


class _Walk:
    """One dossier's way through its life; it ends with the first request that is not answered for."""

    def __init__(self, desk: Desk, probe: int, journey: int, start: float, began: float) -> None:
        self._desk, self._probe, self._began = desk, probe, began
        self._wanted = start
        self.calls: list[Call] = []
        name = NAMES[(probe * _NUMBERS_A_PROBE + journey) % len(NAMES)]
        self.walked = Walked(journey=journey, channel="counter", name=name)

    def go(self, online: bool, rejected: bool) -> _Walk:  # noqa: FBT001 -- the dice of this walk
        outcome = "reject" if rejected else "approve"
        for act, state, do in self._online(outcome) if online else self._counter(outcome):
            self.walked.maybe = state
            if not self._call(act, do):
                break
            self.walked.acknowledged, self.walked.maybe = state, ""
        return self

    def _counter(self, outcome: str) -> Iterator[tuple[str, str, Callable[[], object]]]:
        def receive() -> None:
            handed = self._desk.handed(self.walked.name)
            self.walked.code = self._desk.product.do(self._desk.clerk, handed, key=fresh_key()).code
            self.walked.paid = self._desk.procedure.fee

        yield "receive", "received", receive
        yield from self._inside(outcome)

    def _online(self, outcome: str) -> Iterator[tuple[str, str, Callable[[], object]]]:
        desk, self.walked.channel = self._desk, "online"
        number = 100_000 + self._probe * _NUMBERS_A_PROBE + self.walked.journey
        submission = desk.submission(number, self.walked.name)
        self.walked.code = submission.code

        def pay() -> None:
            self.walked.may_be_paid = submission.fee
            desk.product.pay(submission.code, f"L{submission.code}", submission.fee, key=fresh_key())
            self.walked.paid = submission.fee

        yield "submit", "submitted", lambda: desk.product.submit(submission, key=fresh_key())
        yield "pay", "submitted", pay
        yield "accept", "received", lambda: desk.product.do(desk.clerk, Accept(submission.code), key=fresh_key())
        yield from self._inside(outcome)

    def _inside(self, outcome: str) -> Iterator[tuple[str, str, Callable[[], Answer]]]:
        desk, code, do = self._desk, self.walked.code, self._desk.product.do
        decided = "approved" if outcome == "approve" else "rejected"
        yield "examine", "examined", lambda: do(desk.specialist, Examine(code, outcome), key=fresh_key())
        yield "decide", decided, lambda: do(desk.leader, Decide(code, outcome), key=fresh_key())
        yield "hand_back", "returned", lambda: do(desk.clerk, HandBack(code), key=fresh_key())

    def _call(self, act: str, do: Callable[[], object]) -> bool:
        intended, start = self._wanted, time.perf_counter() - self._began
        outcome, said = _outcome(do)
        self._wanted = time.perf_counter() - self._began
        self.calls.append(
            Call(
                journey=self.walked.journey, act=act, intended=round(intended, 6), began=round(start, 6),
                ended=round(self._wanted, 6), outcome=outcome, said=said,
            )
        )  # fmt: skip
        return outcome == "ok"


def _outcome(do: Callable[[], object]) -> tuple[Outcome, str]:
    try:
        do()
    except Refusal as error:
        return "refused", error.said
    except OutOfReach as error:
        return "unreachable", str(error)
    except Unreadable as error:
        return "unreadable", str(error)
    return "ok", ""
