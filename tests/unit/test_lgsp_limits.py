"""Rates, quotas and circuit breakers, by a clock of the test's own."""

from __future__ import annotations

from datetime import date

from services.kit.reference import Contract
from services.lgsp.breaker import Breaker
from services.lgsp.limits import Limits

DAY = date(2018, 8, 22)


class Clock:
    """Machine time that stands still until it is moved."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def test_a_rate_lets_a_burst_through_and_then_its_pace() -> None:
    """Ten a second: ten at once, then one more each tenth of a second."""
    clock, contract = Clock(), Contract("a", "b", "c.d", per_second=10)
    limits = Limits(clock=clock)
    assert [limits.take(contract, DAY) for _ in range(11)] == [""] * 10 + ["rate"]
    clock.now += 0.1
    assert [limits.take(contract, DAY) for _ in range(2)] == ["", "rate"]
    clock.now += 60
    assert [limits.take(contract, DAY) for _ in range(11)] == [""] * 10 + ["rate"]


def test_a_quota_is_of_the_official_day_and_of_its_contract() -> None:
    """Used up today, full again tomorrow; another consumer has its own; what a rate refused is not counted."""
    one, other = Contract("a", "b", "c.d", per_day=2), Contract("x", "b", "c.d", per_day=2)
    limits = Limits(clock=Clock())
    assert [limits.take(one, DAY) for _ in range(3)] == ["", "", "quota"]
    assert limits.take(other, DAY) == ""
    assert limits.take(one, date(2018, 8, 23)) == ""
    both = Contract("y", "b", "c.d", per_day=2, per_second=1)
    assert [limits.take(both, DAY) for _ in range(3)] == ["", "rate", "rate"]
    assert limits.used(("y", "b", "c.d")) == 1


def test_a_breaker_opens_after_five_failures_in_a_row_only() -> None:
    """Any answer in between begins the count anew."""
    breaker = Breaker(clock=Clock())
    for reached in (False, False, False, False, True, False, False, False, False):
        assert breaker.admits()
        breaker.report(reached=reached)
    assert breaker.state == "closed"
    breaker.report(reached=False)
    assert (breaker.state, breaker.admits()) == ("open", False)


def test_an_open_breaker_tries_with_one_call_at_growing_distances() -> None:
    """After 1 s one trial; if it fails 2 s, 4 s, 8 s, then 15 s at most; the first that reaches closes it."""
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(5):
        breaker.report(reached=False)
    for pause in (1, 2, 4, 8, 15, 15):
        clock.now += pause - 0.01
        assert not breaker.admits()
        clock.now += 0.02
        assert breaker.admits()
        assert not breaker.admits()
        breaker.report(reached=False)
    clock.now += 15.01
    assert breaker.admits()
    breaker.report(reached=True)
    assert breaker.state == "closed"
    assert breaker.admits()
