"""Working time of public offices: in what legal deadlines are counted, holidays and swapped days included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.kit.reference import OfficeCalendar

_ONE_DAY = timedelta(days=1)
#: No break is longer than this: past it, the calendar never opens again.
_LONGEST_BREAK_DAYS = 60


class CalendarError(Exception):
    """The calendar has no working day for two months; give calendar.json weekdays and shifts."""


class WorkingTime:
    """Counts in an office's hours."""

    def __init__(self, calendar: OfficeCalendar) -> None:
        """`calendar` is that of the province's era (docs/reference-data.md)."""
        self._calendar = calendar
        self._last_closes = calendar.shifts[-1][1]

    def add(self, start: datetime, worked: timedelta) -> datetime:
        """Return when `worked` of working time has passed since `start`: within a shift, or at its end."""
        left = worked
        for since, until in self._shifts_from(start):
            if left <= until - since:
                return since + left
            left -= until - since
        raise AssertionError  # the shifts never end

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; zero when `end` is not later."""
        total = timedelta()
        for since, until in self._shifts_from(start):
            if since >= end:
                break
            total += min(until, end) - since
        return total

    def end_of_day(self, moment: datetime) -> datetime:
        """When the office closes on the day of `moment`, or on the next working day once it has closed."""
        first = next(self._shifts_from(moment))[0]
        return datetime.combine(first.date(), self._last_closes, tzinfo=moment.tzinfo)

    def due(self, received: datetime, *, hours: float, same_day: bool) -> datetime:
        """When the result is promised: `hours` of working time from reception, or before the office closes."""
        return self.end_of_day(received) if same_day or hours <= 0 else self.add(received, timedelta(hours=hours))

    def resume(self, due_at: datetime, *, paused: datetime, now: datetime) -> datetime:
        """Move a deadline that stood still while the applicant was asked for a supplement.

        What was left at the pause is left again; a deadline that had passed by then stays.
        """
        return due_at if due_at <= paused else self.add(now, self.between(paused, due_at))

    def _shifts_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is left of each shift from `start` on, without end. Raises CalendarError where there are none."""
        day, closed = start.date(), 0
        while closed < _LONGEST_BREAK_DAYS:
            works = self._calendar.works_on(day)
            closed = 0 if works else closed + 1
            for opens, closes in self._calendar.shifts if works else ():
                until = datetime.combine(day, closes, tzinfo=start.tzinfo)
                if until > start:
                    yield max(start, datetime.combine(day, opens, tzinfo=start.tzinfo)), until
            day += _ONE_DAY
        raise CalendarError(CalendarError.__doc__)
