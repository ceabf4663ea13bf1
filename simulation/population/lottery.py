"""Weighted draws by one look-up: a table of quantiles per group, asked with raw random bits.

A draw costs one gather, whatever the number of outcomes, and uses sixteen random bits. The price is resolution: an
outcome's share is right to 1/65,536 (or to the fewer bits asked for), and an outcome rarer than that is never drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

F = NDArray[np.float32]

#: Random bits of one draw.
BITS = 16


class Lottery:
    """Outcomes 0, 1, 2 … with weights, for one group or several."""

    def __init__(self, weights: ArrayLike, *, bits: int = BITS) -> None:
        """Take one row of weights per group (or one row), scaled to 1. `bits`, up to 16, sets the resolution."""
        rows = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        if (rows < 0).any() or not (rows.sum(axis=1) > 0).all():
            message = "weights are not negative, and every group has at least one above 0"
            raise ValueError(message)
        ends = np.cumsum(rows, axis=1)
        ends /= ends[:, -1:]
        slots = (np.arange(2**bits) + 0.5) / 2**bits
        table = np.stack([np.searchsorted(row, slots, side="right") for row in ends])
        kind = np.uint8 if rows.shape[1] <= np.iinfo(np.uint8).max else np.uint16
        self.table: NDArray[Any] = np.minimum(table, rows.shape[1] - 1).astype(kind).ravel()
        self.bits = bits  #: of a draw that count; a group has 2**bits places in the table

    def draw(self, bits: NDArray[np.uint16], groups: NDArray[np.integer] | int = 0) -> NDArray[Any]:
        """Return one outcome (uint8 or uint16) per draw of sixteen bits; `groups` says which weights each goes by."""
        slot = bits >> np.uint16(BITS - self.bits)
        drawn: NDArray[Any] = self.table[np.asarray(groups, dtype=np.int32) * (1 << self.bits) + slot]
        return drawn


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
