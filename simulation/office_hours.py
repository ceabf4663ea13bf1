"""The hours of one official on one day: the office's shifts less the meetings, and how far work gets within them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[float, float]


class OfficeHours:
    """Spans of one day in which somebody is at the desk. Seconds since midnight."""

    def __init__(self, spans: Iterable[Span]) -> None:
        """Take spans in order of time; they may not overlap."""
        self.spans = tuple((since, until) for since, until in spans if until > since)
        if any(later[0] < earlier[1] for earlier, later in zip(self.spans, self.spans[1:], strict=False)):
            message = f"spans of a day must rise without overlapping, found {self.spans}"
            raise ValueError(message)
        self._ends = [until for _, until in self.spans]

    def open_from(self, moment: float) -> float:
        """First moment at or after `moment` at the desk; infinity when there is none left today."""
        index = bisect_right(self._ends, moment)
        return max(self.spans[index][0], moment) if index < len(self.spans) else math.inf

    def done_at(self, start: float, work: float) -> float:
        """Return when `work` seconds begun at `start` are done, going on after each break; infinity if not today."""
        index = bisect_right(self._ends, start)
        left = work
        for since, until in self.spans[index:]:
            begin = max(since, start)
            if left <= until - begin:
                return begin + left
            left -= until - begin
        return math.inf

    @property
    def seconds(self) -> float:
        """Time at the desk in the whole day."""
        return sum(until - since for since, until in self.spans)


def without(spans: Sequence[Span], taken: Span) -> tuple[Span, ...]:
    """Spans with `taken` cut out of them."""
    cut: list[Span] = []
    for since, until in spans:
        cut += [(since, min(until, taken[0])), (max(since, taken[1]), until)]
    return tuple((since, until) for since, until in cut if until > since)
