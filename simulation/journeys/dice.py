"""Chance within one journey. Every journey has dice of its own, so what one draws never moves another."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws of one journey, all from one number that its kind's stream gave it."""

    def __init__(self, seed: int, *, variation: float) -> None:
        """`variation` is the coefficient of variation of work times."""
        self._random = random.Random(seed)  # noqa: S311 - a simulation wants repeatable chance, not secrets
        self._sigma = math.sqrt(math.log1p(variation * variation))

    def happens(self, share: float) -> bool:
        """Whether something that happens in `share` of all cases happens now."""
        return self._random.random() < share

    def between(self, low: float, high: float) -> float:
        """Return a number that is equally likely anywhere between the two."""
        return low + (high - low) * self._random.random()

    def waiting(self, mean: float) -> float:
        """Return a waiting time without memory, in the unit of its mean."""
        return -mean * math.log1p(-self._random.random())

    def work(self, mean_minutes: float) -> float:
        """Return seconds of work of an act that takes `mean_minutes` on average (lognormal)."""
        scatter = self._sigma * self._random.gauss(0.0, 1.0) - self._sigma * self._sigma / 2.0
        return 60.0 * mean_minutes * math.exp(scatter)

    def pick(self, things: Sequence[T]) -> T:
        """Return one of the things, each equally likely."""
        return things[int(self._random.random() * len(things))]

    def weighted(self, things: Sequence[T], weights: Sequence[float]) -> T:
        """Return one of the things in proportion to its weight."""
        mark = self._random.random() * sum(weights)
        for thing, weight in zip(things, weights, strict=True):
            mark -= weight
            if mark < 0:
                return thing
        return things[-1]

    def count(self, mean: float) -> int:
        """Return a Poisson count; for small means (it counts one by one)."""
        limit, product, count = math.exp(-mean), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            count += 1
        return count

    def split(self) -> Dice:
        """Return new dice for a part of the journey that goes its own way."""
        child = Dice(self._random.getrandbits(62), variation=0.0)
        child._sigma = self._sigma
        return child
