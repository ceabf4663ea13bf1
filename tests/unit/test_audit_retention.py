"""The audit's own housekeeping, with the clock and the waiting handed in."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from services.kit.clock import VIETNAM
from services.lgsp.retention import Retention

_MONDAY = datetime(2026, 11, 30, 18, 40, tzinfo=VIETNAM)


class _Days:
    """A clock that only waiting moves, and a book of what was asked to be removed."""

    def __init__(self, *, rounds: int, failing: int = 0) -> None:
        self.at, self.asked, self.waited = _MONDAY, list[datetime](), list[timedelta]()
        self._rounds, self._failing = rounds, failing

    def now(self) -> datetime:
        return self.at

    async def prune(self, before: datetime) -> int:
        self.asked.append(before)
        if len(self.asked) <= self._failing:
            raise TimeoutError
        return 0

    async def wait(self, seconds: float) -> None:
        self.waited.append(timedelta(seconds=seconds))
        self.at += self.waited[-1]
        if len(self.waited) == self._rounds:
            raise asyncio.CancelledError


def _run(days: _Days) -> None:
    retention = Retention(days.prune, keep_days=90, now=days.now, wait=days.wait)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(retention.go_on())


def test_each_day_what_is_older_than_ninety_whole_days_is_removed() -> None:
    """At the start, and then after every midnight of Việt Nam."""
    days = _Days(rounds=3)
    _run(days)
    first = datetime(2026, 9, 1, tzinfo=VIETNAM)
    assert days.asked == [first, first + timedelta(days=1), first + timedelta(days=2)]
    assert days.waited == [timedelta(hours=5, minutes=20), timedelta(days=1), timedelta(days=1)]


def test_a_day_that_failed_is_tried_again_soon() -> None:
    """The database was away twice: five minutes later, not a day."""
    days = _Days(rounds=3, failing=2)
    _run(days)
    assert days.asked == [datetime(2026, 9, 1, tzinfo=VIETNAM)] * 3
    assert days.waited[:2] == [timedelta(minutes=5)] * 2


def test_it_ends_where_it_waits() -> None:
    """Stopping returns while the next midnight is hours away."""

    async def live() -> list[datetime]:
        days, pruned = _Days(rounds=0), asyncio.Event()

        async def prune(before: datetime) -> int:
            pruned.set()
            return await days.prune(before)

        retention = Retention(prune, keep_days=90, now=days.now)
        retention.start()
        await pruned.wait()
        await retention.stop()
        return days.asked

    assert len(asyncio.run(live())) == 1
