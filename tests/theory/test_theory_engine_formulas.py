"""The engine against queueing theory.

Simulation headings (STRESS-DES): inputs stand in each test; seeds are 100, 101, ... one for each replication; warm-up
is the first tenth of the time; replications are 20; the tolerance is 4 standard errors of the mean over replications
(one in 16,000 by chance), and the seeds are fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from simulation.engine import (
    Arrivals,
    Label,
    Network,
    Outcome,
    Place,
    Program,
    Team,
    exponential,
    lognormal,
    run,
)
from simulation.streams import Streams

REPLICATIONS = 20
CUSTOMERS = 30_000


def erlang_c(servers: int, load: float) -> float:
    """Probability of having to wait in M/M/c, load a = lambda/mu: C = (a^c/c!)(c/(c-a)) / (sum_{k<c} a^k/k! + same)."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)


def replicate(play: Callable[[Streams], Outcome], measure: Callable[[Outcome], float]) -> tuple[float, float]:
    """Return the mean of a measure over replications, and four standard errors."""
    values = np.array([measure(play(Streams(100 + number))) for number in range(REPLICATIONS)])
    return float(values.mean()), float(4 * values.std(ddof=1) / math.sqrt(REPLICATIONS))


def one_station(servers: int) -> Network:
    """A place with one team that never closes."""
    return Network(places=(Place(name="here", teams={"desk": [Team(name="desk", servers=servers)]}),))


def poisson(streams: Streams, rate: float, starts: list[int], shares: list[float]) -> Arrivals:
    """A Poisson stream of customers, each beginning at one of several instructions."""
    moments = np.cumsum(streams["arrivals"].exponential(1.0 / rate, CUSTOMERS))
    return Arrivals(moments, streams["kinds"].choice(starts, CUSTOMERS, p=shares), np.zeros(CUSTOMERS, dtype=np.int64))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (3, 2.4), (5, 4.0), (12, 9.0)])
def test_waiting_follows_erlang_c_and_little(servers: int, load: float) -> None:
    """In M/M/c the mean wait is W = C(c, a) / (c - a) with mu = 1; a times W wait on average, a more are served."""
    program = Program(roles=("desk",))
    program.serve("desk", exponential(1.0), stream="service", wait="wait")
    program.end()

    def play(streams: Streams) -> Outcome:
        arrivals = poisson(streams, load, [0], [1.0])
        end = float(arrivals.moments[-1])
        return run(program, one_station(servers), arrivals, streams=streams, warm_up=end / 10, until=end)

    wait = erlang_c(servers, load) / (servers - load)
    for measure, expected in (
        (lambda seen: seen.mean("wait"), wait),
        (lambda seen: float(seen.waiting[0]), load * wait),
        (lambda seen: float(seen.inside[0]), load * wait + load),
    ):
        mean, margin = replicate(play, measure)
        assert mean == pytest.approx(expected, abs=margin)
        assert margin < 0.25 * expected


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.5])
def test_one_server_follows_pollaczek_khinchine(variation: float) -> None:
    """In M/G/1 the mean wait is rho (1 + cv²) / (2 mu (1 - rho)): scatter of service alone makes people wait."""
    rho = 0.6
    program = Program(roles=("desk",))
    program.serve("desk", lognormal(1.0, variation), stream="service", wait="wait")
    program.end()

    def play(streams: Streams) -> Outcome:
        arrivals = poisson(streams, rho, [0], [1.0])
        return run(program, one_station(1), arrivals, streams=streams, warm_up=float(arrivals.moments[-1]) / 10)

    mean, margin = replicate(play, lambda seen: seen.mean("wait"))

    assert mean == pytest.approx(rho * (1 + variation**2) / (2 * (1 - rho)), abs=margin)


def test_priorities_follow_cobham() -> None:
    """In M/M/1 without interruption class k waits W0 / ((1 - s(k-1)) (1 - s(k))), W0 = rho/mu, s the load up to k."""
    shares, rho = [0.3, 0.45, 0.25], 0.8
    program = Program(roles=("desk",))
    starts = []
    for priority in range(3):
        starts.append(program.here())
        program.serve("desk", exponential(1.0), stream="service", priority=priority, wait=f"wait {priority}")
        program.end()

    def play(streams: Streams) -> Outcome:
        arrivals = poisson(streams, rho, starts, shares)
        return run(program, one_station(1), arrivals, streams=streams, warm_up=float(arrivals.moments[-1]) / 10)

    loads = np.concatenate(([0.0], np.cumsum(shares))) * rho
    for priority in range(3):
        mean, margin = replicate(play, lambda seen, number=priority: seen.mean(f"wait {number}"))  # type: ignore[misc]
        assert mean == pytest.approx(rho / ((1 - loads[priority]) * (1 - loads[priority + 1])), abs=margin)


def test_limited_patience_loses_as_many_as_barrer_says() -> None:
    """In M/M/1 whoever waits at most T leaves unserved with P = (1-rho) rho e^(-x) / (1 - rho² e^(-x)), x = T(1-rho).

    (Barrer 1957, mu = 1; waiting in line is limited, service is not.)
    """
    rho, patience = 0.9, 2.0
    program = Program(roles=("desk",))
    gone = Label()
    program.serve("desk", exponential(1.0), stream="service", patience=patience, out_of_patience=gone)
    program.end()
    program.put(gone)
    program.count("gone")
    program.end()

    def play(streams: Streams) -> Outcome:
        return run(program, one_station(1), poisson(streams, rho, [0], [1.0]), streams=streams)

    mean, margin = replicate(play, lambda seen: seen.gave_up / CUSTOMERS)

    tail = rho * math.exp(-patience * (1 - rho))
    assert mean == pytest.approx((1 - rho) * tail / (1 - rho * tail), abs=margin)
