"""Fits a stack from a few runs and says what another load would do to it (docs/adr/0042).

Demands by the utilisation law: processor seconds used = idle x time + demand x operations, by regression over the
runs. Waiting by Erlang's C at every station and, where a second wants more than a station can do, by what is left
over. Everything that does not queue at a processor (disk, wire, locks of an idle system) is in the latencies of the
lightest run. Fitted to p50 and p95: how much a formula's second of waiting is worth here (variation of demands, several
visits), and how much longer an operation holds the whole machine than its processor seconds say: services put small
things together when they are busy and do what can wait meanwhile, so that processors look full long before they are.

A machine that others share is slower at times (docs/adr/0050). Demands and base are those at its full pace; a slower
one is told by multiplying both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
import numpy as np

from simulation.twin.least_squares import lowest, non_negative
from simulation.twin.observed import P95, SHARES, Observed
from simulation.twin.queueing import FULL, Values, backlog, waiting
from simulation.twin.scalability import Scalability
from simulation.twin.scalability import fit as fit_scalability

MACHINE = "machine"  #: all processors together
_DRAWS = 40_000
_DRAWS_TO_FIT = 8_000
_SEED = 42  # draws are only a way to add distributions; the same for every forecast
_P50 = 0.5
_LARGEST_STRETCH = 2000.0
_NARROW = 1e-3
_CLOSE = 0.02  # to which the two fitted numbers are found
_HOLDS_MOST = 4.0  # times what processor seconds say, or that part of it
#: A rate's relative error squared against that of a latency: the same load's rate differs by a few per cent between
#: days, its p95 by a third and more (seen, docs/adr/0042).
_RATES = 25.0
_TRUST = 0.1  # in processor seconds, against relative errors of latencies squared; assumed
_SMOOTHED_OVER = 100.0  # operations: a tenth of chance is left in so many


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """Where operations wait."""

    name: str
    servers: int
    demand: float  #: seconds of one server for an operation, with the machine at its full pace
    idle: float  #: servers busy when nobody asks for anything, likewise


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted stack."""

    stations: tuple[Station, ...]  #: the machine first
    base: tuple[float, ...]  #: latency quantiles at no load to speak of, with the machine at its full pace
    stretch: float  #: seconds waited here for one second by Erlang's formula
    holding: float  #: seconds that an operation holds the machine for one that it uses of its processors
    lanes: int  #: servers that waiting at the machine goes by: its processors, or one that is as fast as all together
    profile: tuple[float, ...]  #: shape of a run: share of its operations in each second
    lasted: float  #: seconds of a run in which nobody waits
    operations: tuple[float, ...]  #: of a run, at each of `loads`; a town that is asked more has nobody left to ask
    scalability: Scalability
    loads: tuple[float, ...]  #: it was fitted at these, each once, lightest first
    slow: float = 1.0  #: by what factor the machine was slower than its full pace when it was fitted
    base_slow: float = 1.0  #: in the lightest run, whose waiting is in the base

    @property
    def usual(self) -> tuple[Station, ...]:
        """What operations needed at the pace that the machine had: to size by, as what is rented is shared, too."""
        return tuple(
            msgspec.structs.replace(one, demand=one.demand * self.slow, idle=one.idle * self.slow)
            for one in self.stations
        )


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a load does."""

    load: float
    offered: float  #: operations wanted a second, on average
    throughput: float  #: operations answered a second, until the last
    p50: float  #: seconds
    p95: float
    use: Mapping[str, float]  #: of each station on average, 1 is full

    @property
    def bottleneck(self) -> str:
        """The station that is fullest."""
        return max(self.use, key=lambda name: self.use[name])


def fit(runs: Sequence[Observed], *, processors: int, replicas: Mapping[str, int]) -> Twin:
    """Fit a twin. `replicas` says how many processes a service has, one each where it says nothing.

    Raises ValueError for fewer than three runs or for runs of one load only.
    """
    runs = sorted(runs, key=lambda run: run.load)
    if len({run.load for run in runs}) < 3:  # noqa: PLR2004 -- a line and what bends away from it
        message = f"runs at three loads or more are needed, found {len({run.load for run in runs})}"
        raise ValueError(message)
    names = sorted({name for run in runs for name in run.used})
    single = [_station(name, runs, servers=replicas.get(name, 1)) for name in names]
    whole = Station(
        name=MACHINE,
        servers=processors,
        demand=sum(one.demand for one in single),
        idle=sum(one.idle for one in single),
    )
    loads = sorted({run.load for run in runs})
    # Where a stack is slow the next step of a journey begins later: a day is as long as it is where nobody waits.
    summed = sum(run.within(len(runs[0].profile)) for run in runs)
    busiest = [run.latency(_P50) for run in runs]
    twin = Twin(
        stations=(whole, *single),
        base=tuple(one / runs[0].slow for one in runs[0].quantiles),
        stretch=1.0,
        holding=1.0,
        lanes=processors,
        profile=tuple(float(share) for share in np.asarray(summed) / np.sum(summed)),
        lasted=runs[0].seconds,
        operations=tuple(float(np.mean([run.operations for run in runs if run.load == load])) for load in loads),
        scalability=fit_scalability([max(run.good * wait, 1e-9) for run, wait in zip(runs, busiest, strict=True)],
                                    [run.good for run in runs]),
        loads=tuple(loads),
        slow=float(np.median([run.slow for run in runs])),
        base_slow=runs[0].slow,
    )  # fmt: skip
    return _fitted(twin, runs)


def _station(name: str, runs: Sequence[Observed], *, servers: int) -> Station:
    """The utilisation law as a regression: neither demand nor idling can be below zero."""
    columns = np.array([[run.operations, run.seconds] for run in runs])
    weights = 1 / columns[:, :1].clip(1.0)  # each run by its relative error
    used = np.array([run.used.get(name, 0.0) / run.slow for run in runs])
    demand, idle = non_negative(columns * weights, used * weights[:, 0])
    return Station(name=name, servers=servers, demand=float(demand), idle=float(idle))


def _fitted(twin: Twin, runs: Sequence[Observed]) -> Twin:
    """Find lanes, holding and stretch that tell p50 and p95 of the runs best; the lightest is the base itself."""

    def stretched(lanes: int, holding: float) -> Twin:
        held = msgspec.structs.replace(twin, lanes=lanes, holding=holding)
        found = lowest(
            lambda stretch: _error(msgspec.structs.replace(held, stretch=stretch), runs),
            0.0, _LARGEST_STRETCH, within=_CLOSE,
        )  # fmt: skip
        return msgspec.structs.replace(held, stretch=found)

    def error(lanes: int, power: float) -> float:
        return _error(stretched(lanes, math.exp(power)), runs) + _TRUST * power**2

    most = math.log(_HOLDS_MOST)
    best = {
        lanes: lowest(partial(error, lanes), -most, most, within=_CLOSE) for lanes in {1, twin.lanes}
    }  # an operation that visits processes of one processor each waits sooner than one that may go anywhere
    lanes = min(best, key=lambda lanes: error(lanes, best[lanes]))
    return stretched(lanes, math.exp(best[lanes]))


def _error(twin: Twin, runs: Sequence[Observed]) -> float:
    latencies = sum(
        math.log(max(told, 1e-9) / max(run.latency(share), 1e-9)) ** 2
        for run in runs[1:]
        for share, told in zip((_P50, P95), _latencies(twin, run.load, slow=run.slow, draws=_DRAWS_TO_FIT), strict=True)
    )
    rates = sum(
        math.log(max(_throughput(twin, run.load, slow=run.slow), 1e-9) / max(run.good, 1e-9)) ** 2 for run in runs[1:]
    )
    return float(latencies + _RATES * rates)


def _throughput(twin: Twin, load: float, *, slow: float) -> float:
    """Operations answered a second: what is left over at the end of the run is answered after it."""
    profile = np.append(_wanted(twin, load), 0.0)
    over = max((float(backlog(one.servers, one.demand, profile)[-1]) for one in _stations(twin, slow)), default=0.0)
    return float(profile.sum()) / (twin.lasted + over)


def _stations(twin: Twin, slow: float) -> tuple[Station, ...]:
    """Where operations wait: an operation holds the machine longer than its processor seconds say, or shorter."""
    whole, *single = twin.stations
    held = whole.demand * twin.holding * twin.lanes / whole.servers
    queues = (msgspec.structs.replace(whole, servers=twin.lanes, demand=held), *single)
    return tuple(msgspec.structs.replace(one, demand=one.demand * slow) for one in queues)


def forecast(twin: Twin, load: float, *, slow: float | None = None) -> Forecast:
    """Say what a load does to the stack, on a machine as slow as it was when the twin was fitted, or by `slow`."""
    slow = twin.slow if slow is None else slow
    p50, p95 = _latencies(twin, load, slow=slow)
    operations, seconds = wanted(twin, load), twin.lasted
    return Forecast(
        load=load,
        offered=operations / seconds,
        throughput=_throughput(twin, load, slow=slow),
        p50=p50,
        p95=p95,
        use={one.name: slow * (operations * one.demand / seconds + one.idle) / one.servers for one in twin.stations},
    )


def knee(twin: Twin, *, p95: float, most: float = 4096.0) -> float | None:
    """Find the highest load whose p95 stays within so many seconds; None where even the smallest does not."""
    low, high = 1 / 64, most
    if forecast(twin, low).p95 > p95:
        return None
    while high / low > 1 + _NARROW:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if forecast(twin, middle).p95 <= p95 else (low, middle)
    return low


def wanted(twin: Twin, load: float) -> float:
    """Operations of a run at a load: on lines from one fitted load to the next, the outermost of them prolonged."""
    place = int(np.clip(np.searchsorted(twin.loads, load) - 1, 0, len(twin.loads) - 2))
    (here, there), (least, most) = twin.loads[place : place + 2], twin.operations[place : place + 2]
    return max(0.0, least + max(0.0, most - least) * (load - here) / (there - here))


def _wanted(twin: Twin, load: float) -> Values:
    """Operations wanted in each second, without the chance that is in a single second: the formulas have that."""
    single = np.asarray(twin.profile) * wanted(twin, load)
    width = int(np.clip(np.ceil(_SMOOTHED_OVER / max(single.mean(), 1e-9)), 1, max(1, len(single) // 10)))
    rising = np.concatenate([[0.0], np.cumsum(single)])
    places = np.arange(len(single))
    left, right = np.maximum(places - width // 2, 0), np.minimum(places + (width + 1) // 2, len(single))
    smooth = (rising[right] - rising[left]) / (right - left)
    return np.asarray(smooth * single.sum() / smooth.sum())


def _latencies(twin: Twin, load: float, *, slow: float, draws: int = _DRAWS) -> tuple[float, float]:
    """Draw operations by the second in which they come, and add to their base what they wait, station by station."""
    dice = np.random.default_rng(_SEED)
    profile, lightest = _wanted(twin, load), _wanted(twin, twin.loads[0])
    seconds = dice.choice(len(profile), size=draws, p=profile / profile.sum())
    told = slow * np.interp(dice.random(draws), SHARES, twin.base)
    # What is too much for the narrowest place does not reach the others all at once.
    told += np.max([backlog(one.servers, one.demand, profile) for one in _stations(twin, slow)], axis=0)[seconds]
    for one, there in zip(_stations(twin, slow), _stations(twin, twin.base_slow), strict=True):
        free = one.servers * FULL
        share, mean = waiting(one.servers, one.demand, np.minimum(profile, free / max(one.demand, 1e-12)))
        there_share, there_mean = waiting(there.servers, there.demand, lightest)
        long, luck = dice.exponential(size=draws), dice.random(draws)
        told += twin.stretch * long * (luck < share[seconds]) * mean[seconds]
        told -= twin.stretch * long * (luck < there_share[seconds]) * there_mean[seconds]  # the base has that already
    p50, p95 = np.quantile(np.maximum(told, 0.0), (_P50, P95))
    return float(p50), float(p95)
