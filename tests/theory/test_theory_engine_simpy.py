"""The engine against SimPy, event for event: same arrivals, same service times, same luck."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np
import simpy
from engine_simpy import Office, Steps
from engine_story import Line, lines, same_story

from simulation.calendar import WorkingCalendar, add_working_time, calendar_of
from simulation.engine import (
    Arrivals,
    Label,
    Network,
    Opening,
    Place,
    Program,
    Team,
    exponential,
    given,
    kernel,
    opening,
    run,
)
from simulation.streams import Streams


def test_priorities_routing_and_rework_agree_event_for_event() -> None:
    """Reception, then an examination with three priorities that sends one in four back, then one of two signers."""
    count, rng, streams = 3000, np.random.default_rng(21), Streams(21)
    arrivals = np.cumsum(rng.exponential(1.0, count))
    urgency = rng.integers(0, 3, count)
    given_lengths = rng.exponential([1.5, 2.0, 1.2], (count, 3))
    program = Program(roles=("reception", "examiner", "signer_a", "signer_b"))
    starts = []
    for priority in range(3):
        starts.append(program.here())
        back, other, leave = Label(), Label(), Label()
        program.put(back)
        program.serve("reception", given(0))
        program.serve("examiner", given(1), priority=priority)
        out = Label()
        program.chance(0.75, out, stream="complete")
        program.again()
        program.jump(back)
        program.put(out)
        program.chance(0.4, other, stream="signer")
        program.serve("signer_a", given(2))
        program.jump(leave)
        program.put(other)
        program.serve("signer_b", given(2))
        program.put(leave)
        program.end()
    servers = {"reception": 3, "examiner": 4, "signer_a": 1, "signer_b": 1}
    network = Network(
        places=(Place(name="here", teams={role: [Team(name=role, servers=many)] for role, many in servers.items()}),)
    )

    ours = run(
        program,
        network,
        Arrivals(arrivals, np.array(starts)[urgency], np.zeros(count, dtype=np.int64)),
        streams=streams,
        given=given_lengths,
        trace=100_000,
    )

    theirs: list[Line] = []
    environment = simpy.Environment()
    offices = {name: Office(environment, name, servers=many, seen=theirs) for name, many in servers.items()}
    keys = {name: np.uint64(streams.derive(f"engine.{name}")) for name in ("complete", "signer")}

    def customer(job: int) -> Steps:
        yield environment.timeout(arrivals[job])
        for round_ in range(100):
            yield from offices["reception"].visit(job, given_lengths[job, 0])
            yield from offices["examiner"].visit(job, given_lengths[job, 1], priority=int(urgency[job]))
            if kernel.uniform(keys["complete"], job, round_) < 0.75:
                break
        name = "signer_b" if kernel.uniform(keys["signer"], job, round_) < 0.4 else "signer_a"
        yield from offices[name].visit(job, given_lengths[job, 2])

    for job in range(count):
        environment.process(customer(job))
    environment.run()

    assert ours.live == 0
    assert len(theirs) > 20_000
    same_story(lines(ours), theirs)


def hours(calendar: WorkingCalendar, first: date) -> tuple[Callable[[float], float], Callable[[float, float], float]]:
    """The calendar's own arithmetic (by date and time), in seconds since midnight of `first`."""
    midnight = datetime.combine(first, datetime.min.time())

    def done_at(now: float, work: float) -> float:
        done: datetime = add_working_time(calendar, midnight + timedelta(seconds=now), timedelta(seconds=work))
        return float((done - midnight).total_seconds())

    def next_open(now: float) -> float:
        opens = done_at(now, 0.0)
        # The very end of a shift counts as worked; nobody can begin there.
        return opens if done_at(now, 1e-3) - now < 1.0 else done_at(now, 1e-3) - 1e-3

    return next_open, done_at


def test_calendars_and_priorities_agree_event_for_event() -> None:
    """Two months around Tết 2018: urgent papers first, people stop at noon, at night, on free days and holidays."""
    first, last = date(2018, 1, 15), date(2018, 3, 26)
    calendar = calendar_of("2018")
    mornings = WorkingCalendar(
        shifts=((7 * 3600.0, 11.5 * 3600.0),), weekdays=frozenset({1, 3, 5}), holidays=calendar.holidays
    )
    office, signing = opening(calendar, since=first, until=last), opening(mornings, since=first, until=last)
    count, rng = 1500, np.random.default_rng(22)
    arrivals = np.sort(rng.uniform(0.0, 40 * 86400.0, count))
    urgent = rng.integers(0, 2, count)
    lengths = rng.exponential([900.0, 180.0], (count, 2))
    program = Program(roles=("examiner", "leader"))
    starts = []
    for priority in (1, 0):
        starts.append(program.here())
        program.serve("examiner", given(0), priority=priority)
        program.serve("leader", given(1), priority=priority)
        program.end()
    teams = {
        "examiner": [Team(name="examiner", servers=2, opening=office)],
        "leader": [Team(name="leader", servers=1, opening=signing)],
    }
    network = Network(places=(Place(name="here", teams=teams),), office=office)

    ours = run(
        program,
        network,
        Arrivals(arrivals, np.array(starts)[urgent], np.zeros(count, dtype=np.int64)),
        streams=Streams(22),
        given=lengths,
        trace=20_000,
    )

    theirs: list[Line] = []
    environment = simpy.Environment()
    offices = {}
    for name, servers, kept in (("examiner", 2, calendar), ("leader", 1, mornings)):
        next_open, done_at = hours(kept, first)
        offices[name] = Office(environment, name, servers=servers, seen=theirs, next_open=next_open, done_at=done_at)

    def paper(job: int) -> Steps:
        yield environment.timeout(arrivals[job])
        priority = 1 - int(urgent[job])
        yield from offices["examiner"].visit(job, lengths[job, 0], priority=priority)
        yield from offices["leader"].visit(job, lengths[job, 1], priority=priority)

    for job in range(count):
        environment.process(paper(job))
    environment.run(until=(last - first).days * 86400.0)

    assert ours.live == 0
    assert len(theirs) == 6 * count
    same_story(lines(ours), theirs, within=0.02)  # SimPy's side counts in whole microseconds


def test_patience_agrees_event_for_event() -> None:
    """A counter with three clerks and a cashier; whoever waits twelve minutes goes to the cashier's counter instead."""
    count, rng = 2500, np.random.default_rng(23)
    arrivals = np.cumsum(rng.exponential(2.1, count))
    lengths = rng.exponential([6.0, 1.5], (count, 2))
    program = Program(roles=("counter", "cashier"))
    tired = Label()
    program.serve("counter", given(0), patience=12.0, out_of_patience=tired)
    program.put(tired)
    program.serve("cashier", given(1))
    program.end()
    servers = {"counter": 3, "cashier": 1}
    network = Network(
        places=(Place(name="here", teams={role: [Team(name=role, servers=many)] for role, many in servers.items()}),)
    )
    zeros = np.zeros(count, dtype=np.int64)

    ours = run(program, network, Arrivals(arrivals, zeros, zeros), streams=Streams(23), given=lengths, trace=20_000)

    theirs: list[Line] = []
    environment = simpy.Environment()
    offices = {name: Office(environment, name, servers=many, seen=theirs) for name, many in servers.items()}

    def visitor(job: int) -> Steps:
        yield environment.timeout(arrivals[job])
        yield from offices["counter"].visit(job, lengths[job, 0], patience=12.0)
        yield from offices["cashier"].visit(job, lengths[job, 1])

    for job in range(count):
        environment.process(visitor(job))
    environment.run()

    assert ours.gave_up > 50
    same_story(lines(ours), theirs)


def test_a_tandem_leaves_as_in_simpy_with_exponential_draws() -> None:
    """What the engine draws itself is what its stream, job and round say: SimPy drawing the same ends the same."""
    count, streams = 1000, Streams(24)
    arrivals = np.cumsum(streams["arrivals"].exponential(1.3, count))
    program = Program(roles=("a", "b"))
    for role in "ab":
        program.serve(role, exponential(1.0), stream=role)
    program.end()
    place = Place(name="here", teams={role: [Team(name=role, servers=1)] for role in "ab"})
    zeros = np.zeros(count, dtype=np.int64)

    ours = run(program, Network(places=(place,)), Arrivals(arrivals, zeros, zeros), streams=streams, trace=10_000)

    theirs: list[Line] = []
    environment = simpy.Environment()
    offices = {name: Office(environment, name, servers=1, seen=theirs) for name in "ab"}
    keys = {name: np.uint64(streams.derive(f"engine.{name}")) for name in "ab"}

    def customer(job: int) -> Steps:
        yield environment.timeout(arrivals[job])
        for name in "ab":
            yield from offices[name].visit(job, -np.log(kernel.uniform(keys[name], job, 0)))

    for job in range(count):
        environment.process(customer(job))
    environment.run()

    same_story(lines(ours), theirs)


def test_openings_count_as_the_calendar_does() -> None:
    """An opening's working time is the calendar's, to the second, in the week of Tết."""
    first = date(2018, 2, 12)
    hours_open: Opening = opening(calendar_of("2018"), since=first, until=date(2018, 2, 26))

    assert float(hours_open.worked(14 * 86400.0)) == 5 * 8 * 3600.0  # 12, 13 and 21 to 23 February
