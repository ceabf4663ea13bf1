"""Adoption of online filing: who begins, who follows, who never does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from simulation.adoption import Group, file_online, worthwhile

Flags = NDArray[np.bool_]


def file(
    *, finds: float, word: float = 0.0, stays: float = 1.0, ready: float = 1.0, begins: float = 0.0, seed: int = 1
) -> Flags:
    """2,000 people of one kind with ten needs each, in any order; returns needs by tenth of time."""
    rng = np.random.default_rng(seed)
    people, needs = 2000, 20_000
    who = rng.integers(0, people, needs)
    reluctance = rng.random(people)
    online = file_online(
        (who, np.zeros(needs, dtype=np.int64)),
        (Group(name="all", word=word, stays=stays),),
        begins=reluctance < begins,
        willing=(reluctance < ready)[who],
        finds=np.full(needs, finds),
        sizes=np.array([float(people)]),
        luck=rng.random(needs),
    )
    return online.reshape(10, -1)


def test_without_finding_out_or_word_nobody_begins() -> None:
    """However willing they are."""
    assert not file(finds=0.0, word=1.0).any()


def test_who_has_begun_goes_on_as_often_as_the_habit_says() -> None:
    """All have begun: the share online is the share that stays."""
    assert file(finds=0.0, begins=1.0, stays=0.7).mean() == pytest.approx(0.7, abs=0.01)


def test_word_of_mouth_is_slow_first_and_fast_then() -> None:
    """Bass (1969): with imitators the curve bends upwards at first; with innovators alone it never does."""
    imitation = file(finds=0.005, word=0.8).mean(axis=1)
    innovation = file(finds=0.2).mean(axis=1)

    assert (imitation[2] - imitation[1]) > (imitation[1] - imitation[0])
    assert (innovation[2] - innovation[1]) < (innovation[1] - innovation[0])


def test_innovators_alone_follow_the_closed_form() -> None:
    """A person's n-th need is online with probability 1 - (1 - p)^n; ten needs each are Poisson(t) by time t."""
    chance = 0.1
    seen = file(finds=chance).mean(axis=1)
    # At time t (in needs a person) a need is online unless none of the needs before and this one found out.
    times = np.arange(0.5, 10.0)
    expected = 1.0 - (1.0 - chance) * np.exp(-chance * times)

    assert seen == pytest.approx(expected, abs=0.03)


@given(ready=st.floats(0.0, 1.0), seed=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_nobody_who_is_not_ready_files_online(ready: float, seed: int) -> None:
    """In the end the share online is at most the share of the ready."""
    assert file(finds=1.0, ready=ready, seed=seed).mean() <= ready + 0.05


def test_it_pays_for_half_where_gain_and_cost_are_equal() -> None:
    """The logistic's middle; more uses spread the effort."""
    assert worthwhile(gain=100.0, effort=60.0, uses=1.0, doubt=40.0, scatter=10.0) == pytest.approx(0.5)
    assert worthwhile(gain=100.0, effort=60.0, uses=3.0, doubt=40.0, scatter=10.0) > 0.9
