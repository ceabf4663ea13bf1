"""Working time is only spent in working hours, whatever the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.calendar import (
    add_working_time,
    calendar_of,
    closing_time,
    is_working,
    second_of_day,
    working_time_between,
)
from simulation.mistakes import BadInputError
from simulation.timeline import VIETNAM

ERAS = ("2018", "2026")
MOMENTS = st.datetimes(min_value=datetime(2018, 1, 1), max_value=datetime(2018, 12, 20)).map(  # noqa: DTZ001 - zoned below
    lambda moment: moment.replace(tzinfo=VIETNAM)
)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=200))


def at(text: str) -> datetime:
    """Return a moment in Việt Nam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@settings(deadline=None)  # the machine may be busy
@given(MOMENTS, SPANS)
def test_a_deadline_is_as_much_working_time_away_as_was_asked_for(start: datetime, span: timedelta) -> None:
    """Between a start and its deadline lies exactly the working time that the law allows."""
    deadline = add_working_time(calendar_of("2018"), start, span)

    assert working_time_between(calendar_of("2018"), start, deadline) == span


@settings(deadline=None)  # the machine may be busy
@given(MOMENTS, SPANS)
def test_a_deadline_falls_into_office_hours(start: datetime, span: timedelta) -> None:
    """Nobody is told to come when the office is closed: a deadline is in a shift or at its very end."""
    deadline = add_working_time(calendar_of("2018"), start, span)

    assert is_working(calendar_of("2018"), deadline) or is_working(
        calendar_of("2018"), deadline - timedelta(microseconds=1)
    )


@settings(deadline=None)  # the machine may be busy
@given(MOMENTS, MOMENTS, MOMENTS)
def test_working_time_adds_up(first: datetime, second: datetime, third: datetime) -> None:
    """Cutting a stretch of time in two loses no working time and makes none."""
    early, middle, late = sorted((first, second, third))
    between = working_time_between

    whole = between(calendar_of("2018"), early, late)

    parts = between(calendar_of("2018"), early, middle), between(calendar_of("2018"), middle, late)
    assert whole == sum(parts, timedelta(0))
    assert timedelta(0) <= whole <= late - early


@pytest.mark.parametrize(
    ("moment", "working"),
    [
        ("2018-08-22T06:59:59", False),
        ("2018-08-22T07:00:00", True),
        ("2018-08-22T11:30:00", False),
        ("2018-08-22T13:30:00", True),
        ("2018-08-22T17:00:00", False),
        ("2018-08-25T09:00:00", False),  # Saturday
        ("2018-09-03T09:00:00", False),  # day off for National Day on a Sunday
        ("2018-02-19T09:00:00", False),  # Tết
    ],
)
def test_offices_keep_their_hours(moment: str, working: bool) -> None:  # noqa: FBT001 - the expected answer
    """Offices are at work in their two shifts, Monday to Friday, but not on public holidays."""
    assert is_working(calendar_of("2018"), at(moment)) is working


def test_a_swapped_saturday_is_worked() -> None:
    """22 August 2026 is a Saturday, worked for the Monday before National Day that is taken off."""
    calendar = calendar_of("2026")

    assert is_working(calendar, at("2026-08-22T09:00:00"))
    assert not is_working(calendar, at("2026-08-31T09:00:00"))


def test_a_deadline_steps_over_night_weekend_and_holiday() -> None:
    """Eight hours from Friday 31 August 2018, 16:00, end on Tuesday at 16:00: the Monday after is a day off."""
    deadline = add_working_time(calendar_of("2018"), at("2018-08-31T16:00:00"), timedelta(hours=8))

    assert deadline == at("2018-09-04T16:00:00")


@pytest.mark.parametrize(
    ("moment", "closes"),
    [
        ("2018-08-22T05:00:00", "2018-08-22T17:00:00"),
        ("2018-08-22T12:00:00", "2018-08-22T17:00:00"),
        ("2018-08-22T16:59:59", "2018-08-22T17:00:00"),
        ("2018-08-22T17:00:00", "2018-08-23T17:00:00"),
        ("2018-08-31T18:00:00", "2018-09-04T17:00:00"),  # Friday evening; the Monday after is a day off
    ],
)
def test_once_closed_the_next_closing_time_is_another_days(moment: str, closes: str) -> None:
    """What comes after hours is dealt with on the next working day."""
    assert closing_time(calendar_of("2018"), at(moment)) == at(closes)


@pytest.mark.parametrize("era", ERAS)
def test_every_era_has_a_working_day_of_eight_hours(era: str) -> None:
    """Both calendars work eight hours a day, 240 to 260 days of their year."""
    calendar = calendar_of(era)
    first = date(int(era), 1, 1)

    worked = sum(calendar.is_working_day(first + timedelta(days=day)) for day in range(365))

    assert calendar.hours_a_day == 8.0
    assert 240 <= worked <= 260


def test_all_mistakes_of_a_calendar_are_told_at_once(tmp_path: Path) -> None:
    """A calendar with three mistakes names all three, each with its place."""
    text = """
era = "2030"
first_year = 2030
last_year = 2030
weekdays = ["monday", "thusday"]
weekdays_source = "assumed: test"
shifts = ["07:00-11:30", "11:00-17:00"]
shifts_source = "assumed: test"
[[holidays]]
date = "2029-01-01"
name = "Tết Dương lịch"
source = "assumed: test"
"""
    (tmp_path / "calendar_2030.toml").write_text(text, encoding="utf-8")

    with pytest.raises(BadInputError) as caught:
        calendar_of("2030", folder=tmp_path)

    keys = {mistake.key for mistake in caught.value.mistakes}
    assert keys == {"weekdays[1]", "shifts[1]", "holidays[0].date"}


@pytest.mark.parametrize("clock", ["7:00", "24:01", "12:60", "noon", "12:00:00:00", ""])
def test_what_is_no_time_of_day_is_refused(clock: str) -> None:
    """A slip in a time of day is an error, not another time."""
    with pytest.raises(ValueError, match="time of day"):
        second_of_day(clock)
