"""Durations in log-linear buckets."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulation.histogram import Histogram, upper

DURATIONS = some.lists(some.floats(min_value=0.0, max_value=3600.0), min_size=1, max_size=200)


def of(seconds: list[float]) -> Histogram:
    """A histogram of these durations."""
    made = Histogram()
    for each in seconds:
        made.record(each)
    return made


@given(DURATIONS, some.integers(min_value=1, max_value=5), some.randoms())
def test_parts_merge_to_exactly_the_whole(seconds: list[float], parts: int, chance: random.Random) -> None:
    """However durations are dealt out, and in whatever order the parts are merged, the result is the one histogram."""
    dealt = [of(seconds[part::parts]) for part in range(parts)]
    chance.shuffle(dealt)
    merged = Histogram()
    for part in dealt:
        merged.merge(Histogram.from_dict(msgspec.json.decode(msgspec.json.encode(part.to_dict()))))
    assert merged.to_dict() == of(seconds).to_dict()


@given(some.lists(some.floats(min_value=-1.0, max_value=3600.0), max_size=200))
def test_many_durations_at_once_count_as_one_after_the_other(seconds: list[float]) -> None:
    """The generator counts thousands together; negative ones, which a clock that was set can give, count as none."""
    together = Histogram()
    together.record(seconds[:50])
    together.record(seconds[50:])
    assert together.to_dict() == of(seconds).to_dict()
    assert together.count == len(seconds)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99, 0.999])
def test_a_percentile_is_right_to_within_a_128th(share: float) -> None:
    """Against the exact nearest-rank percentile of 20,000 durations over five powers of ten."""
    seconds = 10 ** np.random.default_rng(8).uniform(-4, 1, 20_000)
    exact = float(np.percentile(seconds, 100 * share, method="inverted_cdf"))
    assert exact - 1e-6 <= of(list(seconds)).percentile(share) <= exact * (1 + 1 / 128) + 1e-6


@given(some.integers(min_value=0, max_value=1 << 40))
def test_a_value_lies_in_its_bucket(microseconds: int) -> None:
    """The bucket's upper end is the first that is not below the value."""
    histogram = Histogram()
    histogram.record((microseconds + 0.5) / 1e6)
    (bucket,) = histogram.buckets
    assert upper(bucket) >= microseconds
    assert bucket == 0 or upper(bucket - 1) < microseconds


def test_mean_and_extremes_do_not_suffer_from_buckets() -> None:
    """They are kept beside the buckets."""
    seen = of([0.001, 0.010, 1.234567])
    assert (seen.smallest, seen.largest, seen.count) == (1000, 1_234_567, 3)
    assert seen.mean == pytest.approx((0.001 + 0.010 + 1.234567) / 3, abs=1e-6)


def test_an_empty_histogram_has_no_percentile() -> None:
    """It says so instead of inventing one."""
    with pytest.raises(ValueError, match="no percentiles"):
        Histogram().percentile(0.5)
