"""The twin writes a whole journal in virtual time, the same for the same seed, and answers “what if”."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from plan_people import made_up

from simulation import journal, planner, province_files, scenario_files, twin
from simulation.operations import OPERATIONS
from simulation.plan import Plan
from simulation.service_times import ASSUMED, ServiceTimes, Spread, Visit


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The toy's day."""
    scenario = scenario_files.load("toy")
    province = province_files.load(scenario.province)
    return planner.plan(scenario, province, made_up(province), seed=1)


def simulated(plan: Plan, folder: Path, *, seed: int = 1, times: ServiceTimes = ASSUMED) -> journal.Journal:
    """Simulate into a new folder and read the journal back."""
    folder.mkdir()
    twin.simulate(plan, folder, seed=seed, service_times=times)
    return journal.read(folder)


def slower(times: ServiceTimes, station: str, factor: float) -> ServiceTimes:
    """Return the same systems with one of them slower."""

    def change(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
        return tuple(
            Visit(visit.station, visit.milliseconds * (factor if visit.station == station else 1.0)) for visit in visits
        )

    return msgspec.structs.replace(
        times,
        visits={name: change(visits) for name, visits in times.visits.items()},
        spreads={
            name: tuple(Spread(spread.message, change(spread.visits)) for spread in spreads)
            for name, spreads in times.spreads.items()
        },
    )


def mean_latency(seen: journal.Journal, operation: str) -> float:
    """Mean latency of one operation's acknowledged attempts."""
    latencies = [entry.latency for entry in seen.observations if entry.operation == operation and entry.outcome == "ok"]
    return sum(latencies) / len(latencies)


def test_the_same_seed_gives_the_same_journal(plan: Plan, tmp_path: Path) -> None:
    """A twin can be run again byte for byte, even over an old journal; another seed gives another day."""
    for name in ("first", "other"):
        (tmp_path / name).mkdir()
    twin.simulate(plan, tmp_path / "first", seed=1)
    first = (tmp_path / "first" / "twin.ndjson").read_bytes()
    twin.simulate(plan, tmp_path / "first", seed=1)
    twin.simulate(plan, tmp_path / "other", seed=2)

    assert (tmp_path / "first" / "twin.ndjson").read_bytes() == first
    assert (tmp_path / "other" / "twin.ndjson").read_bytes() != first


def test_every_planned_step_is_acknowledged_once(plan: Plan, tmp_path: Path) -> None:
    """Nobody is lost and nobody is served twice."""
    seen = simulated(plan, tmp_path / "run")

    done = sorted((entry.journey, entry.step) for entry in seen.observations if entry.outcome == "ok")
    assert done == sorted((journey.id, step.number) for journey in plan.journeys for step in journey.steps)
    assert seen.torn == 0
    assert [event.event for event in seen.events] == ["begin", "end"]


def test_time_never_runs_back(plan: Plan, tmp_path: Path) -> None:
    """Steps of a journey do not overlap, and latency counts from the later of plan and the step before."""
    seen = simulated(plan, tmp_path / "run")

    free: dict[str, float] = {}
    for entry in sorted(seen.observations, key=lambda entry: (entry.journey, entry.step, entry.attempt)):
        assert entry.planned <= entry.intended <= entry.start < entry.end
        if entry.attempt == 1:
            assert entry.intended == pytest.approx(max(entry.planned, free.get(entry.journey, 0.0)), abs=2e-6)
        free[entry.journey] = entry.end


def test_writes_are_told_from_reads(plan: Plan, tmp_path: Path) -> None:
    """Every acknowledged write has a key of its own, and reads have none."""
    seen = simulated(plan, tmp_path / "run")

    keys = [entry.key for entry in journal.acknowledged_writes(seen)]
    assert len(set(keys)) == len(keys) > 0
    assert all(bool(entry.key) == OPERATIONS[entry.operation].write for entry in seen.observations)


def test_a_slow_lgsp_is_felt_at_the_portals_sign_in(plan: Plan, tmp_path: Path) -> None:
    """Signing in asks the population database over the LGSP; the page does not."""
    usual = simulated(plan, tmp_path / "usual")
    slow = simulated(plan, tmp_path / "slow", times=slower(ASSUMED, "lgsp", 4.0))

    assert mean_latency(slow, "portal.sign_in") > 1.5 * mean_latency(usual, "portal.sign_in")
    assert mean_latency(slow, "portal.home") == pytest.approx(mean_latency(usual, "portal.home"), rel=0.3)


def test_news_that_travels_slowly_makes_people_try_again(plan: Plan, tmp_path: Path) -> None:
    """Where an outbox waits long, a subject has not reached the next system yet; the client tries again and gets it."""
    times = msgspec.structs.replace(ASSUMED, outbox_milliseconds=2000.0)

    seen = simulated(plan, tmp_path / "run", times=times)

    again = [entry for entry in seen.observations if entry.outcome == "not_yet"]
    assert {entry.operation for entry in again} & {"onestop.accept", "office.register", "portal.track"}
    assert not any(entry.final for entry in again)
    assert {entry.why for entry in again} == {"not-found"}


def test_a_client_gives_up_in_the_end(plan: Plan, tmp_path: Path) -> None:
    """News that never comes in time ends the journey, and the journal says so; everybody else goes on."""
    times = msgspec.structs.replace(ASSUMED, outbox_milliseconds=1e6, patience_seconds=1.0)

    seen = simulated(plan, tmp_path / "run", times=times)

    given_up = {entry.journey for entry in seen.observations if entry.outcome == "not_yet" and entry.final}
    assert given_up
    assert {event.subject for event in seen.events if event.event == "abandoned"} == given_up
    last = {entry.journey: entry.final for entry in seen.observations}
    assert all(last.values())


def test_the_twin_knows_every_operation_and_only_its_own_stations() -> None:
    """Service times cover the whole table of operations and name no station without servers."""
    visits = [*ASSUMED.visits.values(), *(spread.visits for spreads in ASSUMED.spreads.values() for spread in spreads)]
    messages = {spread.message for spreads in ASSUMED.spreads.values() for spread in spreads}

    assert set(ASSUMED.visits) == set(OPERATIONS)
    assert {visit.station for row in visits for visit in row} == set(ASSUMED.servers)
    assert set(ASSUMED.needs.values()) <= messages
    assert set(ASSUMED.spreads) | set(ASSUMED.needs) <= set(OPERATIONS)
