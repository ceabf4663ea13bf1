"""Arrivals follow their profile, and their number follows Poisson. Seeds are fixed, bounds are quantiles of theory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import scenario_files
from simulation.arrivals import Profile, by_the_clock, exactly, poisson, profile_of

HOUR = 3600.0
STEPS = profile_of([(7 * HOUR, 1.0), (8 * HOUR, 3.0), (11 * HOUR, 0.0), (13 * HOUR, 2.0), (17 * HOUR, 0.0)])

#: 99.9 % quantile of chi-square with 3 degrees of freedom (four bins of known expectation, total given).
CHI_SQUARE_3_999 = 16.27


def test_arrivals_follow_the_profile() -> None:
    """Chi-square over the steps, sum (O-E)²/E, stays under the 99.9 % quantile with as many degrees less one."""
    edges = [7 * HOUR, 8 * HOUR, 9.5 * HOUR, 11 * HOUR, 17 * HOUR]
    expected = 20_000 * np.array([STEPS.share(*pair) for pair in pairwise(edges)])

    moments = exactly(STEPS, count=20_000, rng=np.random.default_rng(11))

    observed = np.histogram(moments, bins=edges)[0]
    assert float(((observed - expected) ** 2 / expected).sum()) < CHI_SQUARE_3_999


def test_the_number_of_a_day_is_poisson() -> None:
    """Mean and variance of a day's number are both the mean asked for: within 4 standard errors over 2,000 days."""
    rng, mean, days = np.random.default_rng(12), 50.0, 2000

    counts = np.array([len(poisson(STEPS, mean=mean, rng=rng)) for _ in range(days)])

    assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / days))
    # Var(s²) of a Poisson sample is about (mu + 2 mu²)/n.
    assert counts.var(ddof=1) == pytest.approx(mean, abs=4 * np.sqrt((mean + 2 * mean**2) / days))


def test_what_comes_in_one_hour_says_nothing_about_the_next() -> None:
    """Counts of disjoint hours of a Poisson process are uncorrelated: |r| under 4/sqrt(days)."""
    rng, days = np.random.default_rng(13), 2000
    edges = [7 * HOUR, 8 * HOUR, 11 * HOUR]

    hours = np.array([np.histogram(poisson(STEPS, mean=60.0, rng=rng), bins=edges)[0] for _ in range(days)])

    assert abs(np.corrcoef(hours.T)[0, 1]) < 4 / np.sqrt(days)


@settings(deadline=None)  # the machine may be busy
@given(count=st.integers(0, 400), seed=st.integers(0, 2**32))
def test_exactly_so_many_come_and_only_while_the_rate_is_positive(count: int, seed: int) -> None:
    """A known total is met to the one, in order of time, and nobody comes in the noon break or at night."""
    moments = exactly(STEPS, count=count, rng=np.random.default_rng(seed))

    assert len(moments) == count
    assert np.all(np.diff(moments) >= 0)
    in_the_morning = (moments >= 7 * HOUR) & (moments <= 11 * HOUR)
    in_the_afternoon = (moments >= 13 * HOUR) & (moments <= 17 * HOUR)
    assert np.all(in_the_morning | in_the_afternoon)


@settings(deadline=None)  # the machine may be busy
@given(first=st.floats(0, 300), every=st.floats(1, 1000), until=st.floats(0, 86400))
def test_a_machine_comes_by_the_clock(first: float, every: float, until: float) -> None:
    """Polls are equally spaced from their offset on and end before the end."""
    moments = by_the_clock(first=first, every=every, until=until)

    assert np.all(moments < until)
    assert np.allclose(np.diff(moments), every)
    assert len(moments) == 0 or (moments[0] == first and moments[-1] + every >= until - 1e-6)


@pytest.mark.parametrize(
    "steps",
    [
        [(0.0, 1.0)],
        [(0.0, 1.0), (5.0, 2.0)],
        [(5.0, 1.0), (0.0, 0.0)],
        [(0.0, -1.0), (5.0, 0.0)],
        [(0.0, 0.0), (5.0, 0.0)],
    ],
)
def test_what_is_no_profile_is_refused(steps: list[tuple[float, float]]) -> None:
    """A profile rises in time, ends, and has somebody come."""
    with pytest.raises(ValueError, match=r"profile|rates"):
        profile_of(steps)


def test_profiles_of_the_working_day_have_a_lunch_dip_and_an_evening_hump() -> None:
    """People at counters come in the morning and not at noon; people at home come after the evening meal."""
    profiles = scenario_files.load("ben_tre_2018").profiles

    def rate(profile: Profile, since: float, until: float) -> float:
        return profile.share(since * HOUR, until * HOUR) / (until - since)

    assert rate(profiles["counter"], 11.5, 13) < rate(profiles["counter"], 8, 10) / 5
    assert rate(profiles["citizens"], 19, 22) > 1.5 * rate(profiles["citizens"], 8, 17)
    assert rate(profiles["documents"], 15.5, 16.5) > rate(profiles["documents"], 8, 15)
