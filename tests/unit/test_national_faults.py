"""Counterparts misbehave as told: by the clock, by chance that repeats, and each for itself."""

from __future__ import annotations

import asyncio
from datetime import datetime, time
from typing import Any

import pytest

from services.kit.clock import VIETNAM, Clock
from services.kit.operations import Consumer
from services.kit.problems import Problem
from services.national.faults import Fault, Faults


class At(Clock):
    """A clock that stands."""

    def __init__(self, hour: int) -> None:
        """Stand at this hour."""
        self.hour = hour

    def now(self) -> datetime:
        """Tell the hour."""
        return datetime(2018, 8, 22, self.hour, tzinfo=VIETNAM)


async def _refused(faults: Faults, operation: str, calls: int = 200) -> list[bool]:
    told = []
    for _ in range(calls):
        try:
            await faults.suffer(Consumer("portal", "call", operation))
        except Problem as problem:
            told.append(problem.title == "counterpart-fault")
        else:
            told.append(False)
    return told


async def test_an_outage_has_its_hours_and_its_counterpart() -> None:
    """Out between nine and ten; the other registers answer all the time."""
    clock = At(9)
    faults = Faults(clock)
    faults.set({"population": Fault(outage=True, since=time(9), until=time(10))})
    assert all(await _refused(faults, "population.verify", 3))
    assert not any(await _refused(faults, "insurance.check", 3))
    clock.hour = 10
    assert not any(await _refused(faults, "population.verify", 3))


async def test_a_share_of_errors_is_drawn_from_a_seed_of_its_own() -> None:
    """A fifth fails, the same calls again after setting it again, whatever else is called in between."""
    faults = Faults(At(9))
    wanted: dict[str, Any] = {"business": Fault(error_share=0.2), "post": Fault(error_share=0.5)}
    faults.set(wanted)
    first = await _refused(faults, "business.lookup")
    faults.set(wanted)
    await _refused(faults, "post.parcels")
    assert await _refused(faults, "business.lookup") == first
    assert 0.12 < sum(first) / len(first) < 0.28


async def test_a_silent_counterpart_is_given_up_by_whoever_waits() -> None:
    """It never answers."""
    faults = Faults(At(9))
    faults.set({"dvcqg": Fault(silent_share=1)})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await faults.suffer(Consumer("onestop", "call", "dvcqg.progress"))


def test_every_mistake_is_named() -> None:
    """An unknown counterpart, a share over one and a spread over the latency, at once."""
    with pytest.raises(Problem) as caught:
        Faults(At(9)).set({"populaton": Fault(), "post": [Fault(error_share=2), Fault(latency_ms=1, spread_ms=2)]})
    assert [one["where"] for one in caught.value.errors] == ["populaton", "post.error_share", "post.spread_ms"]
