"""Opening: when somebody works, as rising intervals of seconds, and the way between the wall clock and working time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from simulation.calendar import WorkingCalendar

Numbers = NDArray[np.float64]
_DAY = 86400.0


class Opening:
    """Intervals [opens, closes) in seconds since the run's midnight; work goes on only within them."""

    __slots__ = ("before", "closes", "opens")

    def __init__(self, opens: Sequence[float] | Numbers, closes: Sequence[float] | Numbers) -> None:
        """Take intervals in order of time. Raises ValueError for empty, overlapping or missing ones."""
        self.opens = np.array(opens, dtype=np.float64)
        self.closes = np.array(closes, dtype=np.float64)
        same = self.opens.shape == self.closes.shape
        if not same or not len(self.opens) or (self.closes <= self.opens).any():
            raise ValueError("an opening needs as many closings as openings, at least one, each after its opening")
        if (self.opens[1:] < self.closes[:-1]).any():
            raise ValueError("the intervals of an opening must rise without overlapping")
        self.before = np.concatenate(([0.0], np.cumsum(self.closes - self.opens)[:-1]))  #: worked before each interval

    def worked(self, moments: Numbers | float) -> Numbers:
        """Working seconds that have passed by each moment."""
        index = np.searchsorted(self.closes, moments, side="right")
        inside = np.minimum(index, len(self.opens) - 1)
        passed = self.before[inside] + np.clip(
            moments - self.opens[inside], 0.0, self.closes[inside] - self.opens[inside]
        )
        return np.asarray(passed, dtype=np.float64)

    def is_open(self, moments: Numbers | float) -> NDArray[np.bool_]:
        """Whether work goes on at each moment; an interval's last moment no longer counts."""
        index = np.searchsorted(self.closes, moments, side="right")
        inside = np.minimum(index, len(self.opens) - 1)
        return np.asarray((index < len(self.opens)) & (moments >= self.opens[inside]))

    def without(self, since: Numbers, until: Numbers) -> Opening:
        """The same hours with absences cut out of them; the absences rise without overlapping."""
        if not len(since):
            return self
        # Cut at every edge, then keep the pieces whose middle is worked and not missed.
        edges = np.unique(np.concatenate((self.opens, self.closes, since, until)))
        middles = (edges[1:] + edges[:-1]) / 2.0
        missed = np.searchsorted(until, middles, side="right")
        away = (missed < len(since)) & (middles >= since[np.minimum(missed, len(since) - 1)])
        keep = self.is_open(middles) & ~away
        return Opening(edges[:-1][keep], edges[1:][keep])


def opening(calendar: WorkingCalendar, *, since: date, until: date) -> Opening:
    """Shifts of every working day from `since` to the day before `until`; second 0 is midnight of `since`.

    Raises ValueError where the calendar never opens in that time.
    """
    spans = [
        (number * _DAY + begin, number * _DAY + end)
        for number, day in enumerate(days(since, until))
        for begin, end in calendar.shifts_of(day)
    ]
    return Opening([begin for begin, _ in spans], [end for _, end in spans])


def days(since: date, until: date) -> Iterable[date]:
    """Every day from `since` to the day before `until`."""
    return (since + timedelta(days=number) for number in range((until - since).days))
