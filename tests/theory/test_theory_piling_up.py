"""Dossiers that pile up, told from those that wait by chance: one server, exponential times, five acts a dossier.

At a load rho below 1 waits are stationary; above 1 they grow by rho - 1 seconds a second (a fluid queue).
"""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from verification.bids import judging
from verification.bids.evidence import Call

ACTS, SERVED_A_SECOND = 5, 40.0
SECONDS, SEEDS = 10.0, 100  # as long as a load of `tinhmau bid check` by default


def load(rho: float, seed: int) -> list[Call]:
    """Requests of dossiers that begin as a Poisson process given its count, each after the one before is answered."""
    dice = np.random.default_rng(seed)
    waiting = [(start, number, 0) for number, start in enumerate(_starts(rho, dice))]
    heapq.heapify(waiting)
    free, calls = 0.0, []
    while waiting:
        wanted, number, act = heapq.heappop(waiting)
        free = max(wanted, free) + dice.exponential(1 / SERVED_A_SECOND)
        calls.append(Call(journey=number, act=str(act), intended=wanted, began=wanted, ended=free, outcome="ok"))
        if act + 1 < ACTS:
            heapq.heappush(waiting, (free, number, act + 1))
    return calls


def _starts(rho: float, dice: np.random.Generator) -> list[float]:
    count = round(rho * SERVED_A_SECOND / ACTS * SECONDS)
    return sorted(dice.uniform(0.0, SECONDS, count).tolist())


@pytest.mark.parametrize(
    ("rho", "least", "most"), [(0.5, 0, 1), (0.8, 0, 2), (0.9, 0, 5), (1.5, 97, 100), (2.0, 100, 100)]
)
def test_an_overload_is_told_from_chance(rho: float, least: int, most: int) -> None:
    """Of a hundred at most five are said to pile up at nine tenths of what goes through; all at one and a half."""
    assert least <= sum(judging.piles_up(load(rho, seed)) for seed in range(SEEDS)) <= most
