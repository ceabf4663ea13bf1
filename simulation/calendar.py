"""When public offices work: shifts, weekdays, public holidays, and days worked to make up for a swapped one.

Legal deadlines are counted in working time, so this is where they are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import msgspec

from simulation.province_files.reading import Findings, Row, read_toml
from simulation.text import Text

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "eras"

#: A search for the next working day gives up after this many days: no Tết lasts that long.
_LONGEST_BREAK_DAYS = 60

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class WorkingCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """The hours in which an office works. Moments are local time; a moment with a time zone keeps it."""

    shifts: tuple[tuple[float, float], ...]  #: (from, to) in seconds since midnight, rising, not touching
    weekdays: frozenset[int]  #: ISO weekdays on which the office works; Monday is 1
    years: frozenset[int] = frozenset()  #: years whose holidays are known; others follow the weekly rule only
    holidays: Mapping[date, str] = {}  #: free days by date, with their name
    worked: Mapping[date, str] = {}  #: days worked although the weekly rule says no

    def is_working_day(self, day: date) -> bool:
        """Whether the office opens at all on that day."""
        if day in self.worked:
            return True
        return day.isoweekday() in self.weekdays and day not in self.holidays

    def shifts_of(self, day: date) -> tuple[tuple[float, float], ...]:
        """Return the shifts of that day in seconds since midnight; none on a free day."""
        return self.shifts if self.is_working_day(day) else ()

    @property
    def hours_a_day(self) -> float:
        """Working hours of one working day."""
        return sum(until - since for since, until in self.shifts) / 3600.0


def is_working(calendar: WorkingCalendar, moment: datetime) -> bool:
    """Whether the office is at work at `moment`; a shift's first second counts, its last does not."""
    second = (moment - _midnight(moment)).total_seconds()
    return any(since <= second < until for since, until in calendar.shifts_of(moment.date()))


def add_working_time(calendar: WorkingCalendar, start: datetime, worked: timedelta) -> datetime:
    """Return the moment at which `worked` of working time has been spent since `start`.

    The answer lies within a shift or at its very end; with nothing to spend it is the first working moment from
    `start` on. Raises ValueError for negative time, LookupError where the calendar never opens.
    """
    if worked < timedelta(0):
        message = f"working time to add must not be negative, found {worked}"
        raise ValueError(message)
    left = worked
    for since, until in _shifts_from(calendar, start):
        if left <= until - since:
            return since + left
        left -= until - since
    message = f"the calendar has no working day within {_LONGEST_BREAK_DAYS} days; add weekdays or shifts to it"
    raise LookupError(message)


def closing_time(calendar: WorkingCalendar, moment: datetime) -> datetime:
    """When the office closes next: on the day of `moment`, or on the next working day once it has closed.

    Raises LookupError where the calendar never opens.
    """
    opens = add_working_time(calendar, moment, timedelta(0))
    return _midnight(opens) + timedelta(seconds=calendar.shifts_of(opens.date())[-1][1])


def working_time_between(calendar: WorkingCalendar, start: datetime, end: datetime) -> timedelta:
    """Working time spent from `start` to `end`; zero where `end` is not later."""
    total = timedelta(0)
    if end <= start:
        return total
    day = start.date()
    while day <= end.date():
        midnight = datetime.combine(day, time.min, tzinfo=start.tzinfo)
        for since, until in calendar.shifts_of(day):
            first = max(start, midnight + timedelta(seconds=since))
            last = min(end, midnight + timedelta(seconds=until))
            total += max(last - first, timedelta(0))
        day += timedelta(days=1)
    return total


def _shifts_from(calendar: WorkingCalendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is left of every shift from `start` on; end after a break that is too long to be a holiday."""
    day, closed_days = start.date(), 0
    while closed_days < _LONGEST_BREAK_DAYS:
        midnight = datetime.combine(day, time.min, tzinfo=start.tzinfo)
        shifts = calendar.shifts_of(day)
        closed_days = 0 if shifts else closed_days + 1
        for since, until in shifts:
            first, last = midnight + timedelta(seconds=since), midnight + timedelta(seconds=until)
            if last > start:
                yield max(first, start), last
        day += timedelta(days=1)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def second_of_day(clock: str) -> float:
    """Seconds since midnight of "HH:MM" or "HH:MM:SS"; "24:00" is the end of the day. Raises ValueError."""
    parts = clock.split(":")
    if len(parts) not in {2, 3} or not all(part.isdigit() and len(part) == 2 for part in parts):  # noqa: PLR2004 - HH:MM[:SS]
        message = f"a time of day is written HH:MM, found “{clock}”"
        raise ValueError(message)
    hours, minutes, seconds = (*map(int, parts), 0)[:3]
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > 24 * 3600:  # noqa: PLR2004 - a clock's own limits
        message = f"there is no such time of day as “{clock}”"
        raise ValueError(message)
    return float(total)


@lru_cache(maxsize=8)
def calendar_of(era: str, *, folder: Path = FOLDER) -> WorkingCalendar:
    """Read the calendar of an era from `calendar_<era>.toml`. Raises BadInputError with every mistake found."""
    findings = Findings()
    path = folder / f"calendar_{era}.toml"
    if not path.is_file():
        findings.unknown(path.name, "era", era, [found.stem.removeprefix("calendar_") for found in _calendars(folder)])
    findings.raise_if_any()
    row = read_toml(path, file=path.name, findings=findings)
    calendar = _read(row) if row is not None else WorkingCalendar(shifts=(), weekdays=frozenset())
    findings.raise_if_any()
    return calendar


def _calendars(folder: Path) -> list[Path]:
    return sorted(folder.glob("calendar_*.toml"))


def _read(row: Row) -> WorkingCalendar:
    row.text("era")
    first = row.integer("first_year", low=1976, high=2100)
    years = frozenset(range(first, row.integer("last_year", low=first, high=2100) + 1))
    calendar = WorkingCalendar(
        shifts=_shifts(row),
        weekdays=_weekdays(row),
        years=years,
        holidays=_dated(row, "holidays", years),
        worked=_dated(row, "worked", years),
    )
    row.text("weekdays_source")
    row.text("shifts_source")
    row.no_more()
    return calendar


def _weekdays(row: Row) -> frozenset[int]:
    names = row.texts("weekdays")
    for index, name in enumerate(names):
        if name not in _WEEKDAYS:
            row.unknown(f"weekdays[{index}]", name, _WEEKDAYS)
    return frozenset(_WEEKDAYS.index(name) + 1 for name in names if name in _WEEKDAYS)


def _shifts(row: Row) -> tuple[tuple[float, float], ...]:
    shifts: list[tuple[float, float]] = []
    for index, text in enumerate(row.texts("shifts")):
        try:
            since, until = (second_of_day(clock) for clock in text.split("-"))
            if until <= since or (shifts and since <= shifts[-1][1]):
                raise ValueError(text)  # noqa: TRY301 - told like any other shift that cannot be read
        except ValueError:
            found = Text(f"“{text}” không phải là một ca tiếp theo.", f"“{text}” is no next shift.")
            way_out = Text("Viết dạng 07:00-11:30, theo thứ tự.", "Write it as 07:00-11:30, in order of time.")
            row.wrong(f"shifts[{index}]", found, way_out)
        else:
            shifts.append((since, until))
    return tuple(shifts)


def _dated(row: Row, key: str, years: frozenset[int]) -> dict[date, str]:
    days: dict[date, str] = {}
    for entry in row.rows(key):
        text, name = entry.text("date"), entry.text("name")
        entry.text("source")
        entry.no_more()
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if day.year in years:
            days[day] = name
        elif text:
            known = ", ".join(map(str, sorted(years)))
            found = Text(f"“{text}” không phải là ngày của năm {known}.", f"“{text}” is no day of {known}.")
            entry.wrong("date", found, Text("Viết dạng 2018-08-22.", "Write it as 2018-08-22."))
    return days
