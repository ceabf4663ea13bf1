"""What an owner permits holds for all that a trial sends, and is not held against the product."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from loadtests.guard import Leave
from simulation.trouble import TroubleError
from tinhmau.pacing import Paced
from verification.bids.desk import Desk
from verification.bids.driving import drive
from verification.conformance.wire import Unhurried


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        """Begin at a thousand."""
        self.time = 1000.0

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.time += seconds


def test_a_trial_keeps_the_rate_and_ends_with_the_window() -> None:
    """At 5 a second for 2 s ten requests go, in no second more than five; the next is refused with the way out."""
    clock, sent = Clock(), []
    pace = Paced(Leave(rate=5.0, ends=1002.0 - 1e-6), now=lambda: clock.time, sleep=clock.sleep)

    def send_all() -> None:
        while True:
            pace()
            sent.append(clock.time)

    with pytest.raises(TroubleError, match="window is over"):
        send_all()

    assert len(sent) == 10
    assert sent[-1] < 1002.0
    assert max(sum(begins <= each < begins + 1 - 1e-6 for each in sent) for begins in sent) == 5
    assert pace.waited == pytest.approx(1.8)


def test_without_a_permission_nothing_waits_or_ends() -> None:
    """As on one's own machine."""
    pace = Paced(Leave(), now=lambda: 1e12, sleep=lambda _seconds: pytest.fail("waited"))
    pace()
    assert pace.waited == 0.0


def test_waiting_for_the_owners_rate_is_the_generators_lateness() -> None:
    """Half a second for each request makes a probe late, so that it counts neither for nor against the product."""

    class Slow(Unhurried):
        waited = 0.0

    pace = Slow()

    def answered(*_: object, **__: object) -> Any:
        pace.waited += 0.5
        return SimpleNamespace(code="C-1")

    product = SimpleNamespace(do=answered, submit=answered, pay=answered)
    desk = SimpleNamespace(
        product=product, procedure=SimpleNamespace(fee=8000), clerk=None, specialist=None, leader=None,
        handed=lambda _name: None, submission=lambda number, _name: SimpleNamespace(code=f"C-{number}", fee=8000),
    )  # fmt: skip

    driven = drive(cast("Desk", desk), number=1, load=1.0, per_second=50.0, seconds=0.1, seed=1, pace=pace)

    assert driven.probe.late_ms >= 500
