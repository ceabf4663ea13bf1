"""The fitted twin against stations whose demands are known: fitted at three loads, held against loads unseen."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.station import Station
from simulation.twin import fitting, scalability
from simulation.twin.observed import Observed, quantiles
from simulation.twin.queueing import erlang_c

SECONDS = 600
DEMAND, SERVERS, IDLE = 0.08, 2, 0.1  # the machine's processor seconds for an operation; of two; busy doing nothing
RATE = 10.0  # operations a second at load 1: use 0.4


def run(
    load: float, seed: int, *, variation: float = 1.0, seconds: int = SECONDS, rounds: int = 6, slow: float = 1.0
) -> Observed:
    """Some rounds of Poisson arrivals at one station of two servers, with a delay that does not queue."""
    dice = np.random.default_rng([seed, round(load * 1000)])
    latencies: list[float] = []
    profile = np.zeros(seconds)
    used = 0.0
    for _ in range(rounds):
        station = Station("cpu", servers=SERVERS)
        count = dice.poisson(RATE * load * seconds)
        starts = np.sort(dice.uniform(0, seconds, count))
        demands = slow * dice.gamma(1 / variation, DEMAND * variation, count)
        delays = slow * dice.lognormal(np.log(0.05), 0.4, count)
        for start, demand, delay in zip(starts, demands, delays, strict=True):
            latencies.append(station.enter(float(start), float(demand))[1] - start + delay)
        profile += np.bincount(starts.astype(int), minlength=seconds) / rounds
        used += (station.busy + slow * IDLE * seconds) / rounds
    return Observed(
        load=load, profile=tuple(profile), used={"portal": used}, quantiles=quantiles(latencies),
        good=RATE * load, slow=slow,
    )  # fmt: skip


def fitted(variation: float = 1.0) -> fitting.Twin:
    """Fit at three loads: use 0.3, 0.5 and 0.7."""
    runs = [run(load, seed=7, variation=variation) for load in (0.75, 1.25, 1.75)]
    return fitting.fit(runs, processors=SERVERS, replicas={"portal": SERVERS})


def test_demands_are_found_by_the_utilisation_law() -> None:
    """U = idle + X·D (Denning and Buzen 1978): 80 ms an operation and a tenth of a processor idling, within 2 %."""
    (machine, portal) = fitted().stations

    assert (machine.name, portal.name) == ("machine", "portal")
    assert portal.demand == pytest.approx(DEMAND, rel=0.02)
    assert portal.idle == pytest.approx(IDLE, rel=0.1)


@pytest.mark.parametrize("variation", [1.0, 0.25, 2.0], ids=["exponential", "even", "uneven"])
@pytest.mark.parametrize("load", [1.5, 2.1])
def test_unseen_loads_are_predicted_within_15_percent(load: float, variation: float) -> None:
    """Throughput and p95 at use 0.6 (between the fitted loads) and 0.84 (beyond them), for demands of any spread."""
    twin = fitted(variation)
    told, seen = fitting.forecast(twin, load), run(load, seed=11, variation=variation)

    assert told.offered == pytest.approx(seen.rate, rel=0.02)
    assert told.throughput == pytest.approx(seen.rate, rel=0.15)
    assert told.p95 == pytest.approx(seen.latency(0.95), rel=0.15)


def test_days_on_a_slower_machine_are_told_as_such() -> None:
    """Fitted on days 0, 15 and 5 % slow: demands are those at full pace, and an unseen day 20 % slow is told as it was.

    The same load at full pace is told 15 % lower at least, so the pace is what is looked at.
    """
    days = [run(load, seed=7, slow=slow) for load, slow in ((0.75, 1.0), (1.25, 1.15), (1.75, 1.05))]
    twin = fitting.fit(days, processors=SERVERS, replicas={"portal": SERVERS})
    seen = run(1.5, seed=11, slow=1.2)
    told, quick = fitting.forecast(twin, 1.5, slow=1.2), fitting.forecast(twin, 1.5, slow=1.0)

    assert twin.stations[1].demand == pytest.approx(DEMAND, rel=0.02)
    assert twin.slow == pytest.approx(1.05)
    assert told.p95 == pytest.approx(seen.latency(0.95), rel=0.15)
    assert quick.p95 == pytest.approx(run(1.5, seed=11).latency(0.95), rel=0.15)
    assert quick.p95 < 0.85 * told.p95


def test_the_knee_is_predicted_within_15_percent() -> None:
    """The highest load whose p95 is within 0.8 s, found by trying loads, beside the twin's."""
    bound = 0.8
    tried = np.arange(1.5, 2.5, 0.02)
    kept = [load for load in tried if run(float(load), seed=13).latency(0.95) <= bound]

    found = fitting.knee(fitted(), p95=bound)

    assert found == pytest.approx(max(kept), rel=0.15)


def test_what_cannot_be_served_is_left_over() -> None:
    """At twice what the servers can do, half of it is answered a second, and the machine is the bottleneck."""
    twin = fitted()
    capacity = SERVERS / DEMAND
    told = fitting.forecast(twin, 2 * capacity / RATE)

    assert told.throughput == pytest.approx(capacity, rel=0.05)
    assert told.bottleneck == "machine"
    assert told.p95 > 100


def test_runs_at_fewer_than_three_loads_are_refused() -> None:
    """A line fits any two: the error says how many there were."""
    one = run(1.0, seed=1, seconds=30, rounds=1)

    with pytest.raises(ValueError, match="found 1"):
        fitting.fit([one, one, one], processors=2, replicas={})


@pytest.mark.parametrize(("servers", "use", "share"), [(1, 0.7, 0.7), (2, 0.5, 1 / 3), (3, 2 / 3, 0.4444444)])
def test_erlang_c_is_the_formula(servers: int, use: float, share: float) -> None:
    """One server: the use itself. Two at a half: a third waits. Three with an offered load of two: four ninths."""
    assert float(erlang_c(servers, np.array([use]))[0]) == pytest.approx(share)


def test_the_universal_scalability_law_is_found_again() -> None:
    """From its own points with 1 % noise: contention and coherence, and the concurrency beyond which it falls."""
    law = scalability.Scalability(rate=40.0, contention=0.05, coherence=0.002)
    concurrency = [1, 2, 4, 8, 16, 32, 48]
    dice = np.random.default_rng(3)

    found = scalability.fit(concurrency, [law.throughput(n) * dice.normal(1, 0.01) for n in concurrency])

    assert found.contention == pytest.approx(law.contention, rel=0.15)
    assert found.coherence == pytest.approx(law.coherence, rel=0.15)
    assert found.best == pytest.approx(law.best, rel=0.1)
