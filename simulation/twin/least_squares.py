"""Least squares whose answers may not be below zero, for two or three unknowns; and a minimum on a line."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_GOLDEN = (math.sqrt(5) - 1) / 2


def non_negative(columns: Values, values: Values) -> Values:
    """Solve by trying every set of unknowns that are not zero: exact, and quick for as few as there are here."""
    count = columns.shape[1]
    best, least = np.zeros(count), float(values @ values)
    for size in range(1, count + 1):
        for chosen in combinations(range(count), size):
            found, *_ = np.linalg.lstsq(columns[:, chosen], values, rcond=None)
            rest = values - columns[:, chosen] @ found
            if (found >= 0).all() and float(rest @ rest) < least:
                least, best = float(rest @ rest), np.zeros(count)
                best[list(chosen)] = found
    return best


def lowest(error: Callable[[float], float], low: float, high: float, *, within: float) -> float:
    """Find where a function with one valley is lowest, by golden section."""
    while high - low > within:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if error(left) < error(right) else (left, high)
    return (low + high) / 2
