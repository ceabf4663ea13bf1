"""The station core against queueing theory and against SimPy.

Simulation headings (STRESS-DES): inputs and seeds stand in each test; warm-up is the first tenth of the customers;
replications are 20, each with its own seed; the tolerance is 4 standard errors of the mean over replications (one in
16,000 by chance), and the seeds are fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
import simpy
from numpy.typing import NDArray

from simulation.clockwork import Clockwork, Process
from simulation.desk import Desk
from simulation.office_hours import OfficeHours
from simulation.province import StaffMember
from simulation.station import Station

Numbers = NDArray[np.float64]

REPLICATIONS = 20
CUSTOMERS = 20_000
WARM_UP = CUSTOMERS // 10


def erlang_c(servers: int, load: float) -> float:
    """Probability of having to wait in M/M/c, load a = lambda/mu: C = (a^c/c!)(c/(c-a)) / (sum_{k<c} a^k/k! + same)."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)


def visits(servers: int, arrivals: Numbers, demands: Numbers) -> tuple[Numbers, Numbers]:
    """Send customers through one station; return when service began and ended."""
    station = Station("one", servers=servers)
    seen = [station.enter(*pair) for pair in zip(arrivals.tolist(), demands.tolist(), strict=True)]
    began, ended = np.array(seen).T
    return began, ended


def replicate(measure: Callable[[np.random.Generator], float]) -> tuple[float, float]:
    """Return the mean of a measure over replications, and four standard errors."""
    values = np.array([measure(np.random.default_rng([7, seed])) for seed in range(REPLICATIONS)])
    return float(values.mean()), float(4 * values.std(ddof=1) / math.sqrt(REPLICATIONS))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (3, 2.4), (5, 3.5), (12, 9.0)])
def test_waiting_follows_erlang_c(servers: int, load: float) -> None:
    """In M/M/c, P(wait) = C(c, a) and the mean wait is C / (c mu - lambda), with mu = 1 and lambda = a."""

    def waits(rng: np.random.Generator) -> Numbers:
        arrivals = np.cumsum(rng.exponential(1.0 / load, CUSTOMERS))
        began, _ = visits(servers, arrivals, rng.exponential(1.0, CUSTOMERS))
        return (began - arrivals)[WARM_UP:]

    probability, margin = replicate(lambda rng: float((waits(rng) > 1e-12).mean()))
    mean, mean_margin = replicate(lambda rng: float(waits(rng).mean()))

    assert probability == pytest.approx(erlang_c(servers, load), abs=margin)
    assert mean == pytest.approx(erlang_c(servers, load) / (servers - load), abs=mean_margin)
    assert margin < 0.05


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.5])
def test_one_server_follows_pollaczek_khinchine(variation: float) -> None:
    """In M/G/1 the mean wait is rho (1 + cv²) / (2 mu (1 - rho)): scatter of service alone makes people wait."""
    rho = 0.6

    def mean_wait(rng: np.random.Generator) -> float:
        arrivals = np.cumsum(rng.exponential(1.0 / rho, CUSTOMERS))
        sigma = math.sqrt(math.log1p(variation**2))
        demands = rng.lognormal(-(sigma**2) / 2, sigma, CUSTOMERS)
        began, _ = visits(1, arrivals, demands)
        return float((began - arrivals)[WARM_UP:].mean())

    mean, margin = replicate(mean_wait)

    assert mean == pytest.approx(rho * (1 + variation**2) / (2 * (1 - rho)), abs=margin)


def test_littles_law_holds() -> None:
    """L = lambda W: people in the station, counted over time, are arrivals a second times the mean stay; within 1 %."""
    rng = np.random.default_rng(8)
    arrivals = np.cumsum(rng.exponential(1.0 / 3.5, 200_000))
    _, ended = visits(5, arrivals, rng.exponential(1.0, 200_000))

    # L from the head count alone: +1 at every arrival, -1 at every end, weighted by how long each count lasted.
    moments = np.concatenate((arrivals, ended))
    order = np.argsort(moments, kind="stable")
    heads = np.cumsum(np.concatenate((np.ones(200_000), -np.ones(200_000)))[order])
    people = float((heads[:-1] * np.diff(moments[order])).sum() / (moments.max() - arrivals[0]))
    # lambda and W from the model's own parameters and theory: W = 1/mu + C / (c mu - lambda).
    assert people == pytest.approx(3.5 * (1.0 + erlang_c(5, 3.5) / (5 - 3.5)), rel=0.02)
    assert people == pytest.approx(200_000 / (arrivals[-1] - arrivals[0]) * float((ended - arrivals).mean()), rel=0.01)


def test_a_network_agrees_with_simpy_event_for_event() -> None:
    """Portal (2 servers) -> LGSP (1) -> one of two systems: the same numbers end every visit as in SimPy."""
    rng = np.random.default_rng(9)
    count = 3000
    arrivals = np.cumsum(rng.exponential(1.0, count)).tolist()
    demands = rng.exponential([1.6, 0.7, 1.2], (count, 3)).tolist()
    last = rng.choice(["onestop", "national"], count).tolist()
    servers = {"portal": 2, "lgsp": 1, "onestop": 1, "national": 1}

    ours: dict[int, float] = {}
    clock, stations = Clockwork(), {name: Station(name, servers=number) for name, number in servers.items()}

    def our_customer(number: int) -> Process:
        for name, demand in zip(("portal", "lgsp", last[number]), demands[number], strict=True):
            _, ended = stations[name].enter(clock.now, demand)
            yield ended
        ours[number] = clock.now

    for number, at in enumerate(arrivals):
        clock.start(our_customer(number), at=at)
    clock.run()

    theirs: dict[int, float] = {}
    environment = simpy.Environment()
    resources = {name: simpy.Resource(environment, capacity=number) for name, number in servers.items()}

    def their_customer(number: int) -> Generator[Any, Any, None]:
        yield environment.timeout(arrivals[number])
        for name, demand in zip(("portal", "lgsp", last[number]), demands[number], strict=True):
            with resources[name].request() as turn:
                yield turn
                yield environment.timeout(demand)
        theirs[number] = environment.now

    for number in range(count):
        environment.process(their_customer(number))
    environment.run()

    assert ours.keys() == theirs.keys() == set(range(count))
    assert [ours[number] for number in range(count)] == pytest.approx([theirs[number] for number in range(count)])


def test_desks_with_office_hours_agree_with_simpy_on_working_time() -> None:
    """A desk that closes at noon is a desk that never closes on the clock of working time: same ends in SimPy."""
    morning, afternoon = (7 * 3600.0, 11.5 * 3600.0), (13.5 * 3600.0, 17 * 3600.0)
    hours = OfficeHours((morning, afternoon))
    rng = np.random.default_rng(10)
    arrivals = np.sort(rng.uniform(0.0, 7 * 3600.0, 120)).tolist()  # on the clock of working time
    demands = rng.exponential(420.0, 120).tolist()
    staff = [StaffMember(account=f"s{number}", name="", agency="A", role="specialist") for number in range(2)]

    def on_the_wall(worked: float) -> float:
        half_day = morning[1] - morning[0]
        return morning[0] + worked if worked <= half_day else afternoon[0] + worked - half_day

    desk = Desk([(member, hours) for member in staff])
    ours = [desk.serve(on_the_wall(at), demand).ended for at, demand in zip(arrivals, demands, strict=True)]

    theirs: dict[int, float] = {}
    environment = simpy.Environment()
    resource = simpy.Resource(environment, capacity=2)

    def customer(number: int) -> Generator[Any, Any, None]:
        yield environment.timeout(arrivals[number])
        with resource.request() as turn:
            yield turn
            yield environment.timeout(demands[number])
            theirs[number] = environment.now

    for number in range(120):
        environment.process(customer(number))
    environment.run()

    in_time = [number for number in range(120) if theirs[number] < hours.seconds]
    assert len(in_time) > 80
    assert [ours[number] for number in in_time] == pytest.approx([on_the_wall(theirs[number]) for number in in_time])
    assert all(math.isinf(ours[number]) for number in range(120) if number not in in_time)
