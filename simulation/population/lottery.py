"""Weighted draws by one look-up: a table of cells per group (Walker's aliases), asked with raw random bits.

A draw uses sixteen random bits: which of the cells, of which each outcome has one, and whether the cell's own outcome
or the other that shares it. So a table is as small as its outcomes are few, and stays in the nearest cache. The price
is resolution: an outcome's share is right to 1/65,536.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

F = NDArray[np.float32]
#: A row of cells for each group. Of a cell's 32 bits the lower sixteen are the other outcome, the upper ones what the
#: rest of a draw stays below for the cell's own.
Lottery = NDArray[np.uint32]

#: Random bits of one draw.
BITS = 16


def lottery(weights: ArrayLike) -> Lottery:
    """Make the table of outcomes 0, 1, 2 … with weights: one row of weights per group, or one row. Any sum will do."""
    rows = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    if (rows < 0).any() or not (rows.sum(axis=1) > 0).all():
        message = "weights are not negative, and every group has at least one above 0"
        raise ValueError(message)
    made: Lottery = _cells(rows / rows.sum(axis=1, keepdims=True))
    return made


@numba.njit(cache=True, nogil=True)
def _cells(shares: NDArray[np.float64]) -> Lottery:
    """Fill up the cells of rare outcomes with parts of frequent ones."""
    groups, width = shares.shape
    made = np.empty((groups, width), np.uint32)
    for group in range(groups):
        left = shares[group] * width
        rare, frequent = np.empty(width, np.int64), np.empty(width, np.int64)
        rares = frequents = 0
        for outcome in range(width):
            made[group, outcome] = (2**BITS - 1) << BITS | outcome
            if left[outcome] < 1:
                rare[rares] = outcome
                rares += 1
            else:
                frequent[frequents] = outcome
                frequents += 1
        while rares and frequents:
            rares -= 1
            outcome, other = rare[rares], frequent[frequents - 1]
            made[group, outcome] = min(int(left[outcome] * 2**BITS + 0.5), 2**BITS - 1) << BITS | other
            left[other] -= 1 - left[outcome]
            if left[other] < 1:
                frequents -= 1
                rare[rares] = other
                rares += 1
    return made


def threshold(share: ArrayLike) -> NDArray[np.uint32]:
    """Turn shares (0 to 1) into what sixteen random bits have to stay below, so that a comparison is a yes or no."""
    below: NDArray[np.uint32] = np.rint(np.clip(np.asarray(share, dtype=np.float64), 0, 1) * 2**BITS).astype(np.uint32)
    return below


def sixteens(rng: np.random.Generator, rows: int, each: int) -> NDArray[np.uint16]:
    """Sixteen random bits, so many for each row (a multiple of four); the cheapest that a generator can give."""
    raw = rng.bit_generator.random_raw(rows * each // 4)
    # The same bits whatever order a machine keeps its bytes in.
    made: NDArray[np.uint16] = raw.astype("<u8", copy=False).view("<u2").reshape(rows, each)
    return made


def _quantiles(low: float, high: float, density: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> F:
    """Values that stand at even steps of probability; compiled code draws between two of them (`between`)."""
    at = np.linspace(low, high, 2**16 + 1)
    density_at = density(at)
    below = np.concatenate([[0.0], np.cumsum((density_at[1:] + density_at[:-1]) / 2)])
    slots = np.clip(np.arange(QUANTILES + 1) / QUANTILES, 2.0**-BITS, 1 - 2.0**-BITS)
    values: F = np.interp(slots, below / below[-1], at).astype(np.float32)
    return values


#: Steps of a table of quantiles: few enough for the nearest cache.
QUANTILES = 2**11
#: A standard normal, and the sum of two exponentials of mean 1 (a gamma of shape 2).
NORMAL = _quantiles(-6.0, 6.0, lambda value: np.exp(-value * value / 2))
GAMMA = _quantiles(0.0, 30.0, lambda value: value * np.exp(-value))
