"""Desks: work is done in order, by one official at a time, and only while somebody is there."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.clockwork import Clockwork, Process
from simulation.desk import Desk
from simulation.office_hours import OfficeHours, without
from simulation.province import StaffMember

HOUR = 3600.0
SHIFTS = ((7 * HOUR, 11.5 * HOUR), (13.5 * HOUR, 17 * HOUR))
HOURS = OfficeHours(SHIFTS)


def official(number: int) -> StaffMember:
    """Return an official."""
    return StaffMember(account=f"specialist.{number}", name="", agency="A", role="specialist")


@settings(deadline=None)  # the machine may be busy
@given(start=st.floats(0, 86400), work=st.floats(0, 30000))
def test_work_is_only_spent_in_working_hours(start: float, work: float) -> None:
    """Between taking up work and finishing it, the office was open for exactly as long as the work took."""
    begun = HOURS.open_from(start)
    done = HOURS.done_at(begun, work) if begun < math.inf else math.inf

    left_today = sum(max(until - max(since, start), 0.0) for since, until in SHIFTS)
    if work > left_today or begun == math.inf:
        assert done == math.inf
    else:
        spent = sum(max(min(until, done) - max(since, begun), 0.0) for since, until in SHIFTS)
        assert spent == pytest.approx(work, abs=1e-6)
        assert any(since <= done <= until for since, until in SHIFTS)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.tuples(st.floats(0, 70000), st.floats(1, 5000)), max_size=40), st.integers(1, 4))
def test_nobody_does_two_things_at_once_and_nobody_is_overtaken(jobs: list[tuple[float, float]], staff: int) -> None:
    """Each official's work does not overlap; work is begun in the order in which it came."""
    desk = Desk([(official(number), HOURS) for number in range(staff)])

    served = [desk.serve(arrived, work) for arrived, work in sorted(jobs)]

    begun = [piece.began for piece in served]
    assert begun == sorted(begun)
    for number in range(staff):
        mine = [piece for piece in served if piece.who.account == official(number).account and piece.began < math.inf]
        assert all(later.began >= earlier.ended for earlier, later in pairwise(mine))


def test_work_that_does_not_fit_into_today_is_not_done_today() -> None:
    """What cannot be finished by 17:00 has no end today, and the official stays with it."""
    desk = Desk([(official(1), HOURS)])

    long, next_one = desk.serve(16 * HOUR, 2 * HOUR), desk.serve(16.1 * HOUR, 60.0)

    assert (long.began, long.ended) == (16 * HOUR, math.inf)
    assert next_one.ended == math.inf


def test_a_meeting_is_taken_out_of_the_hours() -> None:
    """A leader in a meeting signs afterwards."""
    hours = OfficeHours(without(SHIFTS, (9 * HOUR, 10.5 * HOUR)))

    assert hours.seconds == HOURS.seconds - 1.5 * HOUR
    assert hours.done_at(8.9 * HOUR, 600.0) == pytest.approx(10.5 * HOUR + 240.0)


def test_work_goes_to_whoever_has_worked_least_among_the_free() -> None:
    """Two free officials share the work instead of the first doing it all."""
    desk = Desk([(official(1), HOURS), (official(2), HOURS)])

    accounts = [desk.serve(7 * HOUR + 1000.0 * turn, 100.0).who.account for turn in range(4)]

    assert accounts == ["specialist.1", "specialist.2", "specialist.1", "specialist.2"]


def test_processes_go_on_in_order_of_time() -> None:
    """Time never runs back, and what is due at the same instant goes in the order in which it was asked for."""
    seen: list[tuple[float, str]] = []
    clock = Clockwork()

    def process(name: str, pauses: list[float]) -> Process:
        for pause in pauses:
            seen.append((clock.now, name))
            yield clock.now + pause

    clock.start(process("a", [2.0, 2.0]), at=0.0)
    clock.start(process("b", [1.0, 1.0, math.inf, 1.0]), at=0.0)
    clock.run()

    assert seen == [(0.0, "a"), (0.0, "b"), (1.0, "b"), (2.0, "a"), (2.0, "b")]


def test_time_that_has_passed_cannot_be_asked_for() -> None:
    """A process that wants to go on before now is a mistake in the model, and is told so."""
    clock = Clockwork()

    def backwards() -> Process:
        yield clock.now - 1.0

    clock.start(backwards(), at=5.0)
    with pytest.raises(ValueError, match="run back"):
        clock.run()
