"""Where to probe next, and what is known of the limit so far: a search that expects to be misled now and then.

A probe near the limit passes or fails by chance, so plain bisection ends wherever its first wrong answer led it. Here
every probe shifts a distribution over the limit instead, and the next one is made at its median (probabilistic
bisection: Horstein 1963, Waeber, Frazier and Henderson 2013; with a logistic response as in QUEST: Watson and Pelli
1983). Repetition comes by itself: while answers contradict each other the median stays near, and is asked again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from verification.answer import Answer

#: A probe at the limit times this passes in 2 % of cases, at the limit divided by it in 98 %. Assumed: near its limit a
#: system's p95 rises steeply, and two runs of one load differ by about a twentieth of the load on a quiet machine.
BLUR = 1.12
#: Share of probes that say the opposite whatever the load: something else was going on. Assumed.
MISLED = 0.03
#: The interval that is reported: this share of the distribution lies in it.
CREDIBLE = 0.90

_CELLS = 4000
_LOST = 3  # unknown answers running after which no more are asked for
_FROM, _TO = 1 / 64, 4096.0  # load factors beyond which nothing is looked for

Loads = NDArray[np.float64]
Why = Literal["found", "budget", "too low", "too high", "unknown"]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One load that was tried."""

    load: float  #: factor on the scenario's own volume
    answer: Answer  #: whether the objectives were kept; UNKNOWN teaches nothing of the limit
    slow: float = 1.0  #: by what factor the machine itself was slower then than it can be (pace.py)

    @property
    def full(self) -> float:
        """The load that would have been as hard with the machine at its full pace."""
        return self.load * self.slow


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What probes tell of the limit with the machine at its full pace, as factors on the scenario's own volume."""

    load: float  #: median
    low: float  #: 90 % of the distribution lie between low and high
    high: float

    @property
    def width(self) -> float:
        """How far the interval reaches, as a share of the limit."""
        return (self.high - self.low) / self.load


def limit(probes: Sequence[Probe], *, most: float = _TO) -> Limit:
    """Say what the probes tell, from a distribution that is flat in the logarithm of the load before any.

    `most` is the highest limit that is thought possible, for who has a reason to think so.
    """
    loads, weights = _distribution(probes, most)
    shares = np.cumsum(weights)
    low, middle, high = (
        float(loads[int(np.searchsorted(shares, share))]) for share in ((1 - CREDIBLE) / 2, 0.5, (1 + CREDIBLE) / 2)
    )
    return Limit(load=middle, low=low, high=high)


def next_load(probes: Sequence[Probe], *, first: float = 1.0, most: float = _TO) -> float:
    """Load to try next: doubled or halved until both answers have been heard, then the median of what is known.

    Nothing is driven into the ground to learn where it is: loads are doubled, and where the median lies beyond a load
    that broke (for the one answer may have misled, and above it everything is open) that load is asked again first.
    """
    told = [probe for probe in probes if probe.answer != "UNKNOWN"]
    if not told:
        return first
    kept = [probe.load for probe in told if probe.answer == "KEPT"]
    broken = [probe.load for probe in told if probe.answer == "BROKEN"]
    if not broken:
        return max(kept) * 2
    if not kept:
        return min(broken) / 2
    standing = [load for load in broken if load > max(kept)]  # the others have been contradicted
    now = limit(probes, most=most).load / told[-1].slow  # the pace of the last probe is the likeliest for the next
    return min(now, min(standing, default=max(kept) * 2))


def finished(probes: Sequence[Probe], *, within: float, budget: int, most: float = _TO) -> Why | None:
    """Why to stop, or None. `within` is the wanted width of the interval as a share of the limit."""
    answers = {probe.answer for probe in probes}
    if len(probes) >= _LOST and {probe.answer for probe in probes[-_LOST:]} == {"UNKNOWN"}:
        return "unknown"
    if {"KEPT", "BROKEN"} <= answers and limit(probes, most=most).width <= within:
        return "found"
    if answers and next_load(probes) < 2 * _FROM:
        return "too low"
    if answers and next_load(probes) > _TO / 2:
        return "too high"
    return "budget" if len(probes) >= budget else None


def passing(load: float, at: Loads) -> Loads:
    """Probability that a probe at `load` keeps the objectives, for each place `at` where the limit may be."""
    steepness = 4 / math.log(BLUR)
    away = np.clip(steepness * np.log(load / at), -500.0, 500.0)
    return np.asarray(MISLED + (1 - 2 * MISLED) / (1 + np.exp(away)))


def _distribution(probes: Sequence[Probe], most: float) -> tuple[Loads, Loads]:
    loads = np.geomspace(_FROM, most, _CELLS)
    weights = np.zeros(_CELLS)
    for probe in probes:
        if probe.answer != "UNKNOWN":
            pass_here = passing(probe.full, loads)
            weights += np.log(pass_here if probe.answer == "KEPT" else 1 - pass_here)
    shares = np.exp(weights - weights.max())
    return loads, shares / shares.sum()
