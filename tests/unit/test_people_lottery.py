"""Weighted draws: every outcome as often as its weight says, over all draws that there are."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.population import kernel
from simulation.population.lottery import BITS, lottery

WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(0.001, 1000)), min_size=1, max_size=60).filter(any)


@numba.njit
def _all_draws(table: np.ndarray, group: int) -> np.ndarray:
    counted = np.zeros(table.shape[1], np.int64)
    for bits in range(2**BITS):
        counted[kernel._drawn(table, group, np.uint16(bits))] += 1
    return counted


def _counted(weights: list[float] | np.ndarray, group: int = 0) -> np.ndarray:
    made: np.ndarray = _all_draws(lottery(weights), group)
    return made


@given(weights=WEIGHTS)
def test_shares_are_right_to_the_resolution(weights: list[float]) -> None:
    """Each of the cells that an outcome is in is rounded to one draw; what has no weight is never drawn."""
    counted = _counted(weights)
    wanted = np.array(weights) / sum(weights) * 2**BITS
    assert counted.sum() == 2**BITS
    assert np.abs(counted - wanted).max() <= 2 * len(weights) + 1
    assert (counted[np.array(weights) == 0] == 0).all()


def test_groups_have_weights_of_their_own() -> None:
    """A group with fewer outcomes has weights of 0 behind them."""
    weights = np.array([[1.0, 3.0, 0.0], [0.0, 1.0, 1.0]])
    shares = [_counted(weights, group) / 2**BITS for group in range(2)]
    assert np.abs(np.array(shares) - [[0.25, 0.75, 0.0], [0.0, 0.5, 0.5]]).max() < 1e-4


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, -0.1], [[1.0], [0.0]]])
def test_weights_that_cannot_be_drawn_by(weights: list[float]) -> None:
    """None above 0, or one below, is an error."""
    with pytest.raises(ValueError, match="every group has at least one above 0"):
        lottery(weights)
