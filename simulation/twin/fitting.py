"""Fits a stack from a few runs and says what another load would do to it (docs/adr/0042).

Demands by the utilisation law: processor seconds used = idle x time + demand x operations, by regression over the
runs. Waiting by Erlang's C at every station and, where a second wants more than a station can do, by what is left
over. Everything that does not queue at a processor (disk, wire, locks of an idle system) is in the latencies of the
lightest run. How much a formula's second of waiting is worth here (variation of demands, several visits) is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from simulation.twin.least_squares import lowest, non_negative
from simulation.twin.observed import SHARES, Observed
from simulation.twin.queueing import FULL, Values, backlog, waiting
from simulation.twin.scalability import Scalability
from simulation.twin.scalability import fit as fit_scalability

MACHINE = "machine"  #: all processors together
_DRAWS = 40_000
_SEED = 42  # draws are only a way to add distributions; the same for every forecast
_P95, _P50 = 0.95, 0.5
_LARGEST_STRETCH = 50.0
_NARROW = 1e-3
_SMOOTHED_OVER = 100.0  # operations: a tenth of chance is left in so many


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """Where operations wait."""

    name: str
    servers: int
    demand: float  #: seconds of one server for an operation
    idle: float  #: servers busy when nobody asks for anything


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted stack."""

    stations: tuple[Station, ...]  #: the machine first
    base: tuple[float, ...]  #: latency quantiles at no load to speak of
    stretch: float  #: seconds waited here for one second by Erlang's formula
    profile: tuple[float, ...]  #: shape of a run: share of its operations in each second
    fixed: float  #: operations of a run that come by the clock
    scaling: float  #: operations of a run for each unit of load
    scalability: Scalability
    loads: tuple[float, ...]  #: it was fitted at these


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
    fixed, scaling = _line([run.load for run in runs], [run.operations for run in runs])
    length = max(len(run.profile) for run in runs)
    summed = sum(np.pad(np.asarray(run.profile), (0, length - len(run.profile))) for run in runs)
    busiest = [run.latency(_P50) for run in runs]
    twin = Twin(
        stations=(whole, *single),
        base=runs[0].quantiles,
        stretch=1.0,
        profile=tuple(float(share) for share in np.asarray(summed) / np.sum(summed)),
        fixed=fixed,
        scaling=scaling,
        scalability=fit_scalability([max(run.good * wait, 1e-9) for run, wait in zip(runs, busiest, strict=True)],
                                    [run.good for run in runs]),
        loads=tuple(run.load for run in runs),
    )  # fmt: skip
    return _stretched(twin, runs)


def _station(name: str, runs: Sequence[Observed], *, servers: int) -> Station:
    """The utilisation law as a regression: neither demand nor idling can be below zero."""
    columns = np.array([[run.operations, run.seconds] for run in runs])
    weights = 1 / columns[:, :1].clip(1.0)  # each run by its relative error
    used = np.array([run.used.get(name, 0.0) for run in runs])
    demand, idle = non_negative(columns * weights, used * weights[:, 0])
    return Station(name=name, servers=servers, demand=float(demand), idle=float(idle))


def _line(at: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    columns = np.column_stack([np.ones(len(at)), np.asarray(at, float)])
    level, slope = non_negative(columns, np.asarray(values, float))
    return float(level), float(slope)


def _stretched(twin: Twin, runs: Sequence[Observed]) -> Twin:
    """Find the stretch that tells p50 and p95 of the runs best, by relative error; the lightest is the base itself."""

    def error(stretch: float) -> float:
        tried = msgspec.structs.replace(twin, stretch=stretch)
        return float(
            sum(
                np.log(max(told, 1e-9) / max(run.latency(share), 1e-9)) ** 2
                for run in runs[1:]
                for share, told in zip((_P50, _P95), _latencies(tried, run.load), strict=True)
            )
        )

    return msgspec.structs.replace(twin, stretch=lowest(error, 0.0, _LARGEST_STRETCH, within=_NARROW))


def forecast(twin: Twin, load: float) -> Forecast:
    """Say what a load does to the stack."""
    profile = _wanted(twin, load)
    p50, p95 = _latencies(twin, load)
    seconds = len(profile)
    over = max(
        (float(backlog(one.servers, one.demand, np.append(profile, 0.0))[-1]) for one in twin.stations), default=0.0
    )
    operations = float(profile.sum())
    return Forecast(
        load=load,
        offered=operations / seconds,
        throughput=operations / (seconds + over),
        p50=p50,
        p95=p95,
        use={one.name: (operations * one.demand / seconds + one.idle) / one.servers for one in twin.stations},
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


def _wanted(twin: Twin, load: float) -> Values:
    """Operations wanted in each second, without the chance that is in a single second: the formulas have that."""
    wanted = np.asarray(twin.profile) * (twin.fixed + twin.scaling * load)
    width = int(np.clip(np.ceil(_SMOOTHED_OVER / max(wanted.mean(), 1e-9)), 1, max(1, len(wanted) // 10)))
    rising = np.concatenate([[0.0], np.cumsum(wanted)])
    places = np.arange(len(wanted))
    left, right = np.maximum(places - width // 2, 0), np.minimum(places + (width + 1) // 2, len(wanted))
    smooth = (rising[right] - rising[left]) / (right - left)
    return np.asarray(smooth * wanted.sum() / smooth.sum())


def _latencies(twin: Twin, load: float) -> tuple[float, float]:
    """Draw operations by the second in which they come, and add to their base what they wait, station by station."""
    dice = np.random.default_rng(_SEED)
    profile, lightest = _wanted(twin, load), _wanted(twin, twin.loads[0])
    seconds = dice.choice(len(profile), size=_DRAWS, p=profile / profile.sum())
    told = np.interp(dice.random(_DRAWS), SHARES, twin.base)
    # What is too much for the narrowest place does not reach the others all at once.
    told += np.max([backlog(one.servers, one.demand, profile) for one in twin.stations], axis=0)[seconds]
    for one in twin.stations:
        free = one.servers * FULL
        share, mean = waiting(one.servers, one.demand, np.minimum(profile, free / max(one.demand, 1e-12)))
        there_share, there_mean = waiting(one.servers, one.demand, lightest)
        spread = dice.exponential(size=_DRAWS) * (dice.random(_DRAWS) < share[seconds]) * mean[seconds]
        told += twin.stretch * spread - twin.stretch * (there_share * there_mean)[seconds]  # the base has that already
    p50, p95 = np.quantile(np.maximum(told, 0.0), (_P50, _P95))
    return float(p50), float(p95)
