"""A stack is looked at often, and never in step with what it does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from loadtests.watch import EVERY_SECONDS, pauses

_LOOKS = 20  # ten seconds: fewer than any probe gives


@pytest.mark.parametrize("takes", [EVERY_SECONDS / 2, EVERY_SECONDS, EVERY_SECONDS / 4])
@pytest.mark.parametrize("seed", range(20))
def test_statements_that_begin_together_are_met_at_all_ages(seed: int, takes: float) -> None:
    """However they stand to the first look, most looks find a statement that has run for a while."""
    looks = list(itertools.accumulate(itertools.islice(pauses(np.random.default_rng(seed)), _LOOKS)))
    for begins in range(10):
        ages = [(look + takes * begins / 10) % takes for look in looks]
        assert takes / 5 < sum(ages) / len(ages) < takes * 4 / 5


def test_looks_are_half_a_second_apart_on_average() -> None:
    """What a probe is seen by stays as much as it was."""
    told = list(itertools.islice(pauses(np.random.default_rng(1)), 2000))
    assert sum(told) / len(told) == pytest.approx(EVERY_SECONDS, rel=0.02)
    assert min(told) >= EVERY_SECONDS / 2
