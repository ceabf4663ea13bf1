"""Laws of the engine that hold for every network: nobody lost, nobody twice, time forward, work only in hours."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from simulation.engine import (
    Arrivals,
    Label,
    Network,
    Opening,
    Outcome,
    Place,
    Program,
    Team,
    exponential,
    fixed,
    kernel,
    run,
    uniform,
)
from simulation.streams import Streams

DAY = 24.0
ROLES = ("desk", "examiner", "leader")


class Case(NamedTuple):
    """A small office: who works how, who comes when."""

    servers: tuple[int, int, int]
    hours: tuple[tuple[float, float], ...]  #: of each role: opens, closes
    arrivals: tuple[float, ...]
    priorities: tuple[int, int, int]
    work: float
    patience: float
    rework: float
    spawn: bool
    seed: int


hour_pairs = st.tuples(st.integers(0, 12), st.integers(13, 24)).map(lambda pair: (float(pair[0]), float(pair[1])))
cases = st.builds(
    Case,
    servers=st.tuples(*[st.integers(1, 3)] * 3),
    hours=st.tuples(hour_pairs, hour_pairs, hour_pairs),
    arrivals=st.lists(st.floats(0.0, 100.0), min_size=1, max_size=60).map(lambda some: tuple(sorted(some))),
    priorities=st.tuples(*[st.integers(0, 3)] * 3),
    work=st.floats(0.01, 3.0),
    patience=st.sampled_from([0.0, 0.5, 30.0]),
    rework=st.sampled_from([0.0, 0.3]),
    spawn=st.booleans(),
    seed=st.integers(0, 1000),
)


def openings(case: Case, *, days: int = 400) -> list[Opening]:
    """Hours of each role on every day."""
    return [
        Opening([DAY * day + since for day in range(days)], [DAY * day + until for day in range(days)])
        for since, until in case.hours
    ]


def play(case: Case) -> tuple[Outcome, list[Opening]]:
    """Run the office until everybody has left."""
    kept = openings(case)
    program = Program(roles=ROLES, tables=("stand in",))
    tired, back, ready, child = Label(), Label(), Label(), Label()
    patience = {"patience": case.patience, "out_of_patience": tired} if case.patience else {}
    program.put(back)
    program.serve("desk", exponential(case.work), stream="desk", priority=case.priorities[0], **patience)  # type: ignore[arg-type]
    program.serve("examiner", fixed(case.work), priority=case.priorities[1])
    program.chance(1.0 - case.rework, ready, stream="rework")
    program.again()
    program.jump(back)
    program.put(ready)
    program.choose("leader", stand_in="stand in", stream="leader", stand_in_stream="stand in")
    program.serve(None, uniform(0.0, case.work), stream="leader work", priority=case.priorities[2])
    if case.spawn:
        program.spawn(child, more=1.0, stream="children")
    program.end()
    program.put(child)
    program.delay(exponential(5.0), stream="wait", office=True)
    program.serve("desk", fixed(0.1), priority=3)
    program.end()
    program.put(tired)
    program.end()
    teams = {
        role: [Team(name=role, servers=many, opening=hours)]
        for role, many, hours in zip(ROLES, case.servers, kept, strict=True)
    }
    teams["leader"] = [Team(name=f"leader {which}", servers=1, opening=kept[2]) for which in range(case.servers[2])]
    network = Network(places=(Place(name="here", teams=teams),), office=kept[0], tables={"stand in": np.array([0.5])})
    zeros = np.zeros(len(case.arrivals), dtype=np.int64)
    arrivals = Arrivals(np.array(case.arrivals), zeros, zeros)
    return run(program, network, arrivals, streams=Streams(case.seed), trace=20_000), kept


@settings(max_examples=120, deadline=None, derandomize=True)
@drawn(case=cases)
def test_nobody_is_lost_and_nobody_is_served_twice(case: Case) -> None:
    """Whoever comes leaves; every entry into a line ends in exactly one beginning or one loss of patience."""
    outcome, _ = play(case)
    trace = outcome.trace
    told = Counter(zip(trace.job.tolist(), trace.kind.tolist(), strict=True))
    jobs = {job for job, _ in told}

    assert outcome.live == 0
    assert outcome.born == outcome.ended == len(jobs)
    for job in jobs:
        assert told[job, kernel.LEFT] == 1
        assert told[job, kernel.BEGAN] == told[job, kernel.FINISHED]
        assert told[job, kernel.ENTERED] == told[job, kernel.BEGAN] + told[job, kernel.GAVE_UP]


@settings(max_examples=120, deadline=None, derandomize=True)
@drawn(case=cases)
def test_time_never_runs_back_and_work_is_done_in_working_hours_only(case: Case) -> None:
    """Everybody begins while the team works, by no more servers than it has, and the work is working time."""
    outcome, (desk, examiner, leader) = play(case)
    trace = outcome.trace
    hours = {"desk": desk, "examiner": examiner}
    servers = dict(zip(ROLES, case.servers, strict=True))
    busy: dict[int, int] = defaultdict(int)
    begun: dict[int, float] = {}

    assert (np.diff(trace.time) >= 0).all()
    for time, kind, job, team in zip(
        trace.time.tolist(), trace.kind.tolist(), trace.job.tolist(), trace.team.tolist(), strict=True
    ):
        name = outcome.teams[team] if team >= 0 else ""
        kept = hours.get(name, leader)
        if kind == kernel.BEGAN:
            assert kept.is_open(time)
            busy[team] += 1
            assert busy[team] <= servers.get(name, 1)
            begun[job] = time
        elif kind == kernel.FINISHED:
            busy[team] -= 1
            worked = float(kept.worked(time) - kept.worked(begun[job]))
            if name == "examiner":
                assert worked == pytest.approx(case.work, abs=1e-6)


@settings(max_examples=40, deadline=None, derandomize=True)
@drawn(case=cases)
def test_the_same_seed_gives_the_same_run_to_the_bit(case: Case) -> None:
    """Nothing but input and seed decides what happens."""
    one, other = play(case)[0].trace, play(case)[0].trace

    assert all((getattr(one, name) == getattr(other, name)).all() for name in ("time", "kind", "job", "team"))
