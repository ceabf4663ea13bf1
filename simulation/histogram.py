"""Log-linear histograms of durations: constant relative error, integer counts, so that parts merge exactly.

The layout of HdrHistogram (G. Tene, 2012): values below 256 have a bucket each, above that every power of two has 128.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

_LINEAR = 256  # values below have a bucket of their own
_HALF_BITS = 7  # 128 buckets for each power of two: a value is known to within 1/128
_MICROSECONDS = 1_000_000


class Histogram:
    """How often which duration was seen. Only integers inside: the order of recording and merging leaves no trace."""

    __slots__ = ("buckets", "count", "largest", "smallest", "total")

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.buckets: defaultdict[int, int] = defaultdict(int)  #: bucket -> how often
        self.count = 0
        self.total = 0  #: microseconds, all values together
        self.smallest = 0  #: microseconds; 0 while nothing was seen
        self.largest = 0  #: microseconds

    def record(self, seconds: npt.ArrayLike) -> None:
        """Count one duration, or many at once, which costs little more; a negative one counts as none."""
        values = np.atleast_1d(np.asarray(seconds, dtype=np.float64) * _MICROSECONDS).astype(np.int64)
        if not values.size:
            return
        values = np.maximum(values, 0)
        bits = np.frexp(values.astype(np.float64))[1]
        shifts = np.maximum(bits - _HALF_BITS - 1, 0)
        buckets, often = np.unique((shifts << _HALF_BITS) + (values >> shifts), return_counts=True)
        for bucket, times in zip(buckets.tolist(), often.tolist(), strict=True):
            self.buckets[bucket] += times
        smallest = int(values.min())
        self.smallest = min(self.smallest, smallest) if self.count else smallest
        self.largest = max(self.largest, int(values.max()))
        self.count += values.size
        self.total += int(values.sum())

    def merge(self, other: Histogram) -> None:
        """Add what another one has seen."""
        if not other.count:
            return
        for bucket, times in other.buckets.items():
            self.buckets[bucket] += times
        self.smallest = min(self.smallest, other.smallest) if self.count else other.smallest
        self.largest = max(self.largest, other.largest)
        self.count += other.count
        self.total += other.total

    def percentile(self, share: float) -> float:
        """Seconds within which a share (0 to 1) of all values lie, at most 1/128 too large.

        Raises ValueError when nothing was seen.
        """
        if not self.count:
            message = "a histogram without values has no percentiles"
            raise ValueError(message)
        wanted = max(1, -(-int(share * self.count * 1_000_000) // 1_000_000))
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(upper(bucket), self.largest) / _MICROSECONDS
        return self.largest / _MICROSECONDS

    @property
    def mean(self) -> float:
        """Seconds; exact but for the rounding of each value to microseconds. 0 when nothing was seen."""
        return self.total / self.count / _MICROSECONDS if self.count else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, for messages and files."""
        return {
            "count": self.count,
            "total": self.total,
            "smallest": self.smallest,
            "largest": self.largest,
            "buckets": sorted(self.buckets.items()),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Make one again from plain values."""
        made = cls()
        made.count, made.total = plain["count"], plain["total"]
        made.smallest, made.largest = plain["smallest"], plain["largest"]
        made.buckets.update((int(bucket), int(times)) for bucket, times in plain["buckets"])
        return made


def upper(bucket: int) -> int:
    """Largest value (microseconds) that falls into a bucket."""
    if bucket < _LINEAR:
        return bucket
    shift = (bucket >> _HALF_BITS) - 1
    return ((bucket - (shift << _HALF_BITS) + 1) << shift) - 1
