"""Working time counted on one line: how much of it has passed since a fixed Monday, and when so much will have passed.

Hours and days assumed, as the province states them: 07:00-11:30 and 13:30-17:00, Monday to Friday.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import msgspec

VIETNAM = timezone(timedelta(hours=7))
_MONDAY = date(2018, 1, 1)
_HOUR = timedelta(hours=1)


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """When an office works; shifts in hours since midnight."""

    shifts: tuple[tuple[float, float], ...] = ((7.0, 11.5), (13.5, 17.0))
    days: int = 5  #: of a week, from Monday

    @property
    def _of_a_day(self) -> timedelta:
        return sum((_HOUR * (until - since) for since, until in self.shifts), timedelta())

    def passed(self, moment: datetime) -> timedelta:
        """Working time from the fixed Monday to `moment`."""
        weeks, weekday = divmod((moment.date() - _MONDAY).days, 7)
        total = self._of_a_day * (weeks * self.days + min(weekday, self.days))
        if weekday < self.days:
            of_day = moment - _midnight(moment.date())
            for since, until in self.shifts:
                total += max(min(of_day, _HOUR * until) - _HOUR * since, timedelta())
        return total

    def at(self, passed: timedelta) -> datetime:
        """First moment at which so much working time has passed."""
        days, rest = divmod(passed, self._of_a_day)
        if not rest:
            days, rest = days - 1, self._of_a_day
        weeks, weekday = divmod(days, self.days)
        midnight = _midnight(_MONDAY + timedelta(weeks=weeks, days=weekday))
        for since, until in self.shifts:
            if rest <= _HOUR * (until - since):
                return midnight + _HOUR * since + rest
            rest -= _HOUR * (until - since)
        raise AssertionError  # a day's rest fits into its shifts

    def add(self, start: datetime, hours: float) -> datetime:
        """Return the moment `hours` of working time after `start`."""
        return self.at(self.passed(start) + _HOUR * hours)

    def close(self, moment: datetime) -> datetime:
        """When the office closes: today, or on the next working day when it is closed already."""
        first = self.at(self.passed(moment) + timedelta(microseconds=1))
        return _midnight(first.date()) + _HOUR * self.shifts[-1][1]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=VIETNAM)
