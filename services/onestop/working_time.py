"""Working time of public offices: in what legal deadlines are counted.

Hours: assumed, as usual in the south (07:00–11:30 and 13:30–17:00, eight hours a day). Days: Monday to Friday
(QĐ 188/1999/QĐ-TTg, from memory). Public holidays are not known here: the reference data do not tell them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

SHIFTS = ((time(7, 0), time(11, 30)), (time(13, 30), time(17, 0)))
WORKING_WEEKDAYS = range(5)  # Monday is 0
_ONE_DAY = timedelta(days=1)


def add(start: datetime, worked: timedelta) -> datetime:
    """Return the moment at which `worked` of working time has passed since `start`: within a shift, or at its end."""
    left = worked
    for since, until in _shifts_from(start):
        if left <= until - since:
            return since + left
        left -= until - since
    raise AssertionError  # the shifts never end


def between(start: datetime, end: datetime) -> timedelta:
    """Working time from `start` to `end`; zero when `end` is not later."""
    total = timedelta()
    for since, until in _shifts_from(start):
        if since >= end:
            break
        total += min(until, end) - since
    return total


def end_of_day(moment: datetime) -> datetime:
    """When the office closes on the working day of `moment`; on the next one when it is closed for the day already."""
    first = next(_shifts_from(moment))[0]
    return datetime.combine(first.date(), SHIFTS[-1][1], tzinfo=moment.tzinfo)


def due(received: datetime, *, hours: float, same_day: bool) -> datetime:
    """When the result is promised: `hours` of working time from reception, or before the office closes."""
    return end_of_day(received) if same_day or hours <= 0 else add(received, timedelta(hours=hours))


def resume(due_at: datetime, *, paused: datetime, now: datetime) -> datetime:
    """Move a deadline that stood still while the applicant was asked for a supplement.

    What was left at the pause is left again; a deadline that had passed by then stays.
    """
    return due_at if due_at <= paused else add(now, between(paused, due_at))


def _shifts_from(start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is left of each shift from `start` on, without end."""
    day = start.date()
    while True:
        if day.weekday() in WORKING_WEEKDAYS:
            for opens, closes in SHIFTS:
                until = datetime.combine(day, closes, tzinfo=start.tzinfo)
                if until > start:
                    yield max(start, datetime.combine(day, opens, tzinfo=start.tzinfo)), until
        day += _ONE_DAY
