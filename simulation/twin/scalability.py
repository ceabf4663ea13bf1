"""Gunther's universal scalability law: what contention and agreement between parts leave of more concurrency."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from simulation.twin.least_squares import non_negative


class Scalability(msgspec.Struct, frozen=True, kw_only=True):
    """Throughput X(N) = rate × N / (1 + contention × (N - 1) + coherence × N × (N - 1))."""

    rate: float  #: operations a second of one at a time
    contention: float  #: share that only one can do at a time
    coherence: float  #: cost of every pair agreeing

    def throughput(self, concurrency: float) -> float:
        """Operations a second with so many under way."""
        pairs = self.coherence * concurrency * (concurrency - 1)
        return self.rate * concurrency / (1 + self.contention * (concurrency - 1) + pairs)

    @property
    def best(self) -> float:
        """Concurrency beyond which throughput falls; without end where nothing has to agree."""
        return math.sqrt((1 - self.contention) / self.coherence) if self.coherence > 0 else math.inf


def fit(concurrency: Sequence[float], throughput: Sequence[float]) -> Scalability:
    """Fit by non-negative least squares on N/X = (1 + s(N-1) + k N(N-1)) / rate. Wants three runs or more.

    Raises ValueError for fewer.
    """
    if len(concurrency) < 3:  # noqa: PLR2004 -- as many as there are unknowns
        message = f"three runs or more are needed, found {len(concurrency)}"
        raise ValueError(message)
    n, x = np.asarray(concurrency, float), np.asarray(throughput, float)
    columns = np.column_stack([np.ones_like(n), n - 1, n * (n - 1)])
    weights = x / n  # so that every run counts by its relative error
    found = non_negative(columns * weights[:, None], (n / x) * weights)
    first = max(float(found[0]), 1e-12)
    return Scalability(rate=1 / first, contention=float(found[1]) / first, coherence=float(found[2]) / first)
