"""Luck: factors around 1 by which bodies, durations and guesses differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def scattered(variation: float, rng: np.random.Generator, size: int | tuple[int, ...]) -> NDArray[np.float64]:
    """Lognormal factors with mean 1 and this coefficient of variation."""
    sigma = np.sqrt(np.log1p(variation**2))
    return np.asarray(np.exp(sigma * rng.standard_normal(size) - sigma * sigma / 2.0), dtype=np.float64)
