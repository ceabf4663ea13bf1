"""Official time (what the clocks in the province say) against run time (seconds of real traffic).

A day is compressed unevenly: working hours get more real seconds than the night, so that load stays humanly shaped
while the run stays short. The mapping is a rising line through given points.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

import msgspec

#: Việt Nam keeps one time zone without daylight saving time.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A rising, piecewise linear map between official seconds since midnight and run seconds since traffic began."""

    day: str  #: ISO date of the official day, e.g. "2018-08-22"
    points: tuple[tuple[float, float], ...]  #: (official second, run second), both strictly rising, at least two

    def __post_init__(self) -> None:
        """Refuse a line that does not rise: time would stand still or run back."""
        pairs = list(zip(self.points, self.points[1:], strict=False))
        if not pairs or any(b[0] <= a[0] or b[1] <= a[1] for a, b in pairs):
            message = f"timeline points must rise in both columns, found {self.points}"
            raise ValueError(message)

    @property
    def duration(self) -> float:
        """Run seconds that the whole timeline takes."""
        return self.points[-1][1] - self.points[0][1]

    def to_run(self, official: float) -> float:
        """Run second at which the province's clock shows `official` (seconds since midnight)."""
        return _interpolate(official, self.points, 0)

    def to_official(self, run: float) -> float:
        """Official seconds since midnight at run second `run`."""
        return _interpolate(run, self.points, 1)

    def moment(self, official: float) -> datetime:
        """Return the official second of the day as a date and time in Việt Nam."""
        midnight = datetime.combine(date.fromisoformat(self.day), datetime.min.time(), tzinfo=VIETNAM)
        return midnight + timedelta(seconds=official)


def _interpolate(value: float, points: Sequence[tuple[float, float]], column: int) -> float:
    other = 1 - column
    keys = [point[column] for point in points]
    index = min(max(bisect_right(keys, value) - 1, 0), len(points) - 2)
    left, right = points[index], points[index + 1]
    slope = (right[other] - left[other]) / (right[column] - left[column])
    return left[other] + (value - left[column]) * slope
