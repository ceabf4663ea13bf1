"""What the fitted twin knows of one run: how many operations each second wanted, what they used, how long they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

#: Latencies are kept as so many quantiles from 0 to 1.
STEPS = 200
SHARES = np.linspace(0.0, 1.0, STEPS + 1)
P95 = 0.95


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """One run at one load."""

    load: float  #: factor on the scenario's own volume
    profile: tuple[float, ...]  #: operations that clients wanted in each second of the run
    used: Mapping[str, float]  #: processor seconds by service over the whole run
    quantiles: tuple[float, ...]  #: of latency in seconds, at SHARES
    good: float  #: operations that succeeded a second
    slow: float = 1.0  #: by what factor the machine itself was slower than it can be
    days: tuple[float, ...] = ()  #: p95 of every run that was put together, in seconds, lowest first; empty for one run

    @property
    def seconds(self) -> float:
        """Length of the run."""
        return float(len(self.profile))

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


def together(runs: Sequence[Observed]) -> Observed:
    """Put repeated runs of one load together: medians of latencies, so that one disturbed run does not decide; means.

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
        quantiles=tuple(float(one) for one in np.median([run.quantiles for run in runs], axis=0)),
        good=float(np.median([run.good for run in runs])),
        slow=float(np.median([run.slow for run in runs])),
        days=tuple(sorted(run.latency(P95) for run in runs)),
    )


def quantiles(latencies: Sequence[float]) -> tuple[float, ...]:
    """Sum latencies up as quantiles."""
    return tuple(float(one) for one in np.quantile(np.asarray(latencies, float), SHARES))
