"""Intervals: what a mean over replications can be relied upon for (Student's t)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95


class Interval(NamedTuple):
    """A mean with the bounds of its confidence interval; bounds are nan for a single replication."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def interval(values: Sequence[float] | NDArray[np.float64], *, level: float = LEVEL) -> Interval:
    """Mean of independent replications with its t interval."""
    seen = np.asarray(values, dtype=np.float64)
    mean = float(seen.mean())
    if len(seen) < 2:  # noqa: PLR2004 - one value has no scatter
        return Interval(mean, math.nan, math.nan)
    half = t_quantile(0.5 + level / 2.0, len(seen) - 1) * float(seen.std(ddof=1)) / math.sqrt(len(seen))
    return Interval(mean, mean - half, mean + half)


def t_quantile(probability: float, freedom: int) -> float:
    """Quantile above the median of Student's t with whole degrees of freedom, by bisection. Raises ValueError."""
    if freedom < 1 or not 0.5 <= probability < 1.0:  # noqa: PLR2004 - the median
        raise ValueError(
            f"needs at least 1 degree of freedom and a probability from 0.5, found {freedom}, {probability}"
        )
    low, high = 0.0, 1.0
    while _t_cumulative(high, freedom) < probability:
        high *= 2.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _t_cumulative(middle, freedom) < probability else (low, middle)
    return (low + high) / 2.0


def _t_cumulative(t: float, freedom: int) -> float:
    """P(T <= t) for t >= 0, by the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    if freedom % 2:
        term, total = cosine, cosine if freedom > 1 else 0.0
        for number in range(3, freedom - 1, 2):
            term *= cosine * cosine * (number - 1) / number
            total += term
        inside = 2.0 / math.pi * (angle + sine * total)
    else:
        term, total = 1.0, 1.0
        for number in range(2, freedom - 1, 2):
            term *= cosine * cosine * (number - 1) / number
            total += term
        inside = sine * total
    return 0.5 + inside / 2.0
