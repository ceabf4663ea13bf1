"""When people come: non-homogeneous Poisson arrivals over official time, and machines that come by the clock.

The rate of a Poisson process is given as a profile: a step function of the time of day, known up to a factor. The
total is then either a mean (the day's number is itself Poisson distributed) or an exact count. Given their number, the
arrivals of a Poisson process are independent draws from the normalised profile, so inverting its integral is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A step function of the time of day: `rates[i]` holds from `edges[i]` to `edges[i + 1]`."""

    edges: tuple[float, ...]  #: seconds since midnight, strictly rising, one more than there are rates
    rates: tuple[float, ...]  #: relative to each other, none negative, not all zero
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no rate. Raises ValueError."""
        rising = all(later > earlier for earlier, later in zip(self.edges, self.edges[1:], strict=False))
        if len(self.edges) != len(self.rates) + 1 or not rising:
            message = f"a profile needs rising edges, one more than rates, found {self.edges} and {self.rates}"
            raise ValueError(message)
        if min(self.rates) < 0 or max(self.rates) <= 0:
            message = f"rates must not be negative, and one of them positive, found {self.rates}"
            raise ValueError(message)

    def share(self, since: float, until: float) -> float:
        """Share of the day's arrivals that are expected between two moments."""
        edges, cumulative = self._integral()
        low, high = np.interp([since, until], edges, cumulative)
        return float(max(high - low, 0.0))

    def _integral(self) -> tuple[Seconds, Seconds]:
        edges = np.asarray(self.edges, dtype=np.float64)
        masses = np.asarray(self.rates, dtype=np.float64) * np.diff(edges)
        cumulative = np.concatenate(([0.0], np.cumsum(masses)))
        return edges, cumulative / cumulative[-1]


def profile_of(steps: Sequence[tuple[float, float]], *, source: str = "") -> Profile:
    """Build a profile from (second, rate from then on); the last step must have rate 0 and ends it.

    Raises ValueError where the steps do not rise or do not end.
    """
    if len(steps) < 2 or steps[-1][1] != 0:  # noqa: PLR2004 - a step needs an end
        message = "a profile needs at least two steps, the last of them with rate 0"
        raise ValueError(message)
    return Profile(
        edges=tuple(second for second, _ in steps), rates=tuple(rate for _, rate in steps[:-1]), source=source
    )


def poisson(profile: Profile, *, mean: float, rng: np.random.Generator) -> Seconds:
    """Arrivals of one day, `mean` of them on average, in order of time (seconds since midnight)."""
    return exactly(profile, count=int(rng.poisson(mean)), rng=rng)


def exactly(profile: Profile, *, count: int, rng: np.random.Generator) -> Seconds:
    """Arrivals of a day of which it is known that `count` come, in order of time (seconds since midnight)."""
    edges, cumulative = profile._integral()  # noqa: SLF001 - same module, the profile's own inverse
    # Steps of rate zero are flat stretches of the integral; leaving them out keeps the inverse single-valued.
    keep = np.concatenate((np.diff(cumulative) > 0, [False]))
    lefts, widths = edges[keep], np.diff(edges)[keep[:-1]]
    starts, masses = cumulative[keep], np.diff(cumulative)[keep[:-1]]
    drawn = np.sort(rng.random(count))
    step = np.clip(np.searchsorted(starts, drawn, side="right") - 1, 0, len(starts) - 1)
    inside = np.clip((drawn - starts[step]) / masses[step], 0.0, 1.0)
    return np.asarray(lefts[step] + inside * widths[step], dtype=np.float64)


def by_the_clock(*, first: float, every: float, until: float) -> Seconds:
    """Arrivals of a machine: `first`, then one each `every` seconds, before `until`. Raises ValueError for no pace."""
    if every <= 0:
        message = f"a machine needs a pace above zero seconds, found {every}"
        raise ValueError(message)
    count = max(int(np.ceil((until - first) / every)), 0)
    moments = first + every * np.arange(count, dtype=np.float64)
    return np.asarray(moments[moments < until], dtype=np.float64)
