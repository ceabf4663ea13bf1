"""What the fitted twin knows of one run: how many operations each second wanted, what they used, how long they took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Latencies are kept as so many quantiles from 0 to 1.
STEPS = 200
SHARES = np.linspace(0.0, 1.0, STEPS + 1)
P95 = 0.95
_TRIMMED = 5  # one day in so many is left out at either end, one at least; this and the next two are assumed
_LEAST = 3  # days of which some can be left out
_DAYS_WANTED = 5  # fewer say nothing of how sure their middle is
_DRAWS = 2000
_SEED = 42
_SURE = (0.05, 0.95)


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """One run at one load."""

    load: float  #: factor on the scenario's own volume
    profile: tuple[float, ...]  #: operations that clients wanted in each second of the run
    used: Mapping[str, float]  #: processor seconds by service over the whole run
    quantiles: tuple[float, ...]  #: of latency in seconds, at SHARES
    good: float  #: operations that succeeded a second
    lasted: float = 0.0  #: seconds until its last operation was wanted; 0 for as long as the profile is
    slow: float = 1.0  #: by what factor the machine itself was slower than it can be
    days: tuple[float, ...] = ()  #: p95 of every run that was put together, in seconds, lowest first; empty for one run

    @property
    def seconds(self) -> float:
        """Length of the run."""
        return self.lasted or float(len(self.profile))

    @property
    def operations(self) -> float:
        """All that was wanted."""
        return float(sum(self.profile))

    @property
    def rate(self) -> float:
        """Operations wanted a second, on average."""
        return self.operations / self.seconds

    def within(self, length: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Operations wanted in each of so many seconds. What was wanted later had waited for a late answer."""
        profile = np.asarray(self.profile, float)
        kept = np.pad(profile[:length], (0, max(0, length - len(profile))))
        kept[-1] += profile[length:].sum()
        return kept

    def latency(self, share: float) -> float:
        """Seconds within which that share of operations was answered."""
        return float(np.interp(share, SHARES, self.quantiles))

    @property
    def spread(self) -> tuple[float, float]:
        """Lowest and highest p95 of the runs that were put together, in seconds."""
        days = self.days or (self.latency(P95),)
        return days[0], days[-1]

    @property
    def interval(self) -> tuple[float, float]:
        """Between which p95 of this load lies, 90 % sure, by what its days tell (bootstrap); all there is for few."""
        return interval(self.days)


def together(runs: Sequence[Observed]) -> Observed:
    """Put repeated runs of one load together: the middle of their latencies, medians of rates, means of what was used.

    Raises ValueError for runs of several loads, and for none.
    """
    loads = {run.load for run in runs}
    if len(loads) != 1:
        message = f"runs of one load are wanted, found {sorted(loads)}"
        raise ValueError(message)
    length = int(np.median([len(run.profile) for run in runs]))
    profiles = [run.within(length) for run in runs]
    names = sorted({name for run in runs for name in run.used})
    return Observed(
        load=loads.pop(),
        profile=tuple(float(one) for one in np.mean(profiles, axis=0)),
        used={name: float(np.mean([run.used.get(name, 0.0) for run in runs])) for name in names},
        quantiles=tuple(float(one) for one in middle([run.quantiles for run in runs])),
        good=float(np.median([run.good for run in runs])),
        lasted=float(np.median([run.seconds for run in runs])),
        slow=float(np.median([run.slow for run in runs])),
        days=tuple(sorted(run.latency(P95) for run in runs)),
    )


def middle(runs: ArrayLike) -> NDArray[np.float64]:
    """Geometric mean over the first axis without the lowest and the highest fifth: one disturbed run does not decide.

    One run of three or four is left out at either end: that is their median.
    """
    logs = np.sort(np.log(np.maximum(np.asarray(runs, float), 1e-9)), axis=0)
    cut = max(1, len(logs) // _TRIMMED) if len(logs) >= _LEAST else 0
    return np.asarray(np.exp(logs[cut : len(logs) - cut].mean(axis=0)))


def interval(days: Sequence[float]) -> tuple[float, float]:
    """Between which the middle of such days lies, 90 % sure: days are drawn again with replacement (bootstrap).

    From zero to infinity where there are fewer than five days.
    """
    if len(days) < _DAYS_WANTED:
        return 0.0, math.inf
    drawn = np.random.default_rng(_SEED).choice(np.asarray(days, float), size=(len(days), _DRAWS))
    low, high = np.quantile(middle(drawn), _SURE)
    return float(low), float(high)


def quantiles(latencies: Sequence[float]) -> tuple[float, ...]:
    """Sum latencies up as quantiles."""
    return tuple(float(one) for one in np.quantile(np.asarray(latencies, float), SHARES))
