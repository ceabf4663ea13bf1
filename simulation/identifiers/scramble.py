"""A shuffled counter: every number below a limit exactly once, in an order that looks drawn.

Numbers of people must be unique and look random, and a block of people must be able to make its own without knowing
those of the others. Counting does the first, and a keyed one-to-one map (a Feistel network of table look-ups) does the
second. It is no cipher: whoever knows the seed can count back.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

_ROUNDS = 1


class Scramble:
    """A one-to-one map of 0 … high x low - 1 onto itself."""

    def __init__(self, *, high: int, low: int, rng: np.random.Generator) -> None:
        """Draw the map. `high x low` is how many numbers there are, e.g. 1000 x 1000 for six digits."""
        if high * low > np.iinfo(np.int32).max:
            message = f"a map of {high} x {low} numbers does not fit into 32 bits; use fewer digits"
            raise ValueError(message)
        self.size = high * low
        self._high, self._low = np.int32(high), np.int32(low)
        self._to_high = rng.integers(0, high, (_ROUNDS, low), dtype=np.int32)
        self._to_low = rng.integers(0, low, (_ROUNDS, high), dtype=np.int32)

    def __call__(self, counters: NDArray[np.int64]) -> NDArray[np.int64]:
        """Map counters to numbers. Raises ValueError for a counter outside the map: it would repeat a number."""
        if counters.size and (int(counters.min()) < 0 or int(counters.max()) >= self.size):
            message = f"counters reach {int(counters.max())}, but there are only {self.size} numbers; use more digits"
            raise ValueError(message)
        mapped: NDArray[np.int64] = _map(counters, self._high, self._low, self._to_high, self._to_low)
        return mapped


@numba.njit(cache=True, nogil=True)
def _map(
    counters: NDArray[np.int64],
    highs: np.int32,
    lows: np.int32,
    to_high: NDArray[np.int32],
    to_low: NDArray[np.int32],
) -> NDArray[np.int64]:
    mapped = np.empty(counters.shape[0], np.int64)
    for row in range(counters.shape[0]):
        left = np.int32(counters[row])
        high = left // lows
        low = left - high * lows
        for turn in range(to_high.shape[0]):
            # Each half moves by an amount that only the other half decides, so every step can be undone.
            high += to_high[turn, low]
            if high >= highs:
                high -= highs
            low += to_low[turn, high]
            if low >= lows:
                low -= lows
        mapped[row] = np.int64(high) * lows + low
    return mapped
