"""Rhythm: how demand moves over months, weekdays and around Tết. Factors on an ordinary day; their mean is taken out.

Assumed throughout: nobody publishes dossiers by day. Month: little before and after Tết, much in summer (school, moves)
and at the year's end (budgets, accounts). Weekday: Monday brings what the weekend held back.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulation.calendar import WorkingCalendar

MONTHS: Final = (0.95, 0.75, 1.1, 1.05, 1.05, 1.05, 1.05, 1.1, 1.0, 1.0, 1.0, 1.1)
WEEKDAYS: Final = (1.2, 1.05, 1.0, 0.95, 0.95, 0.6, 0.5)
#: On the first working day after days off, and in the last week before the longest holiday.
AFTER_DAYS_OFF: Final = 1.15
_LONG_HOLIDAY_DAYS, _BEFORE_IT, _QUIET = 5, 7, 0.7


def weights_of(days: list[date], calendar: WorkingCalendar) -> NDArray[np.float64]:
    """How much comes on each of these days, relative to each other."""
    factors = []
    for day in days:
        factor = MONTHS[day.month - 1] * WEEKDAYS[day.weekday()]
        if calendar.is_working_day(day) and not calendar.is_working_day(day - timedelta(days=1)):
            factor *= AFTER_DAYS_OFF if day.weekday() else 1.0  # Mondays have their own
        if _long_holiday_near(day, calendar):
            factor *= _QUIET
        factors.append(factor)
    return np.array(factors)


def _long_holiday_near(day: date, calendar: WorkingCalendar) -> bool:
    """Whether a run of days off as long as Tết begins within a week."""
    off = 0
    for ahead in range(_BEFORE_IT + _LONG_HOLIDAY_DAYS):
        off = 0 if calendar.is_working_day(day + timedelta(days=ahead)) else off + 1
        if off >= _LONG_HOLIDAY_DAYS:
            return True
    return False
