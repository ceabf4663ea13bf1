"""The engine against Ciw, event for event: a second simulator, with a design of its own, given the same luck."""

from __future__ import annotations

import math
from datetime import date

import ciw
import numpy as np
from engine_story import Line, lines, same_story
from numpy.typing import NDArray

from simulation.calendar import WorkingCalendar, calendar_of
from simulation.engine import (
    Arrivals,
    Label,
    Network,
    Opening,
    Place,
    Program,
    Team,
    given,
    kernel,
    opening,
    run,
)
from simulation.streams import Streams

Numbers = NDArray[np.float64]


class Given(ciw.dists.Distribution):
    """The length that stands in a table for this customer; Ciw numbers customers from 1 in the order of coming."""

    def __init__(self, lengths: Numbers) -> None:
        """Take one length for each customer."""
        self.lengths = lengths

    def sample(self, t: float | None = None, ind: ciw.Individual = None) -> float:
        """Look the length up."""
        del t
        return float(self.lengths[ind.id_number - 1])


def arriving(moments: Numbers) -> ciw.dists.Distribution:
    """Customers at exactly these moments, and nobody after them."""
    return ciw.dists.Sequential([*np.diff(moments, prepend=0.0).tolist(), math.inf])


def told(model: object, nodes: dict[int, str], until: float) -> list[Line]:
    """Play a Ciw model and tell what happened in the engine's words. Pieces of interrupted work are one service."""
    simulation = ciw.Simulation(model)
    simulation.simulate_until_max_time(until)
    story: list[Line] = []
    for record in sorted(simulation.get_all_records(), key=lambda one: (one.id_number, one.node, one.arrival_date)):
        job, name = record.id_number - 1, nodes[record.node]
        if record.record_type == "renege":
            story += [(record.arrival_date, "entered", job, name), (record.exit_date, "gave up", job, name)]
            continue
        resumed = story and story[-1][1:] == ("interrupted", job, name)
        if resumed:
            story.pop()
        else:
            story += [
                (record.arrival_date, "entered", job, name),
                (record.service_start_date, "began", job, name),
            ]
        over = record.record_type == "service"
        story.append((record.exit_date, "finished" if over else "interrupted", job, name))
    return story


def place_of(servers: dict[str, int], opened: dict[str, Opening] | None = None) -> Network:
    """One place with a team for each role."""
    hours = opened or {}
    teams = {role: [Team(name=role, servers=many, opening=hours.get(role))] for role, many in servers.items()}
    return Network(places=(Place(name="here", teams=teams),), office=next(iter(hours.values()), None))


def test_priorities_routing_and_rework_agree_event_for_event() -> None:
    """Reception, an examination that sends one in four back, one of two signers; three priorities everywhere."""
    count, rng, streams = 2000, np.random.default_rng(31), Streams(31)
    moments = np.cumsum(rng.exponential(1.0, count))
    urgency = rng.integers(0, 3, count)
    lengths = rng.exponential([1.5, 2.0, 1.2], (count, 3))
    program = Program(roles=("reception", "examiner", "signer_a", "signer_b"))
    starts = []
    for priority in range(3):
        starts.append(program.here())
        back, out, other, leave = Label(), Label(), Label(), Label()
        program.put(back)
        program.serve("reception", given(0), priority=priority)
        program.serve("examiner", given(1), priority=priority)
        program.chance(0.75, out, stream="complete")
        program.again()
        program.jump(back)
        program.put(out)
        program.chance(0.4, other, stream="signer")
        program.serve("signer_a", given(2), priority=priority)
        program.jump(leave)
        program.put(other)
        program.serve("signer_b", given(2), priority=priority)
        program.put(leave)
        program.end()
    servers = {"reception": 3, "examiner": 4, "signer_a": 1, "signer_b": 1}
    ours = run(
        program,
        place_of(servers),
        Arrivals(moments, np.array(starts)[urgency], np.zeros(count, dtype=np.int64)),
        streams=streams,
        given=lengths,
        trace=100_000,
    )

    keys = {name: np.uint64(streams.derive(f"engine.{name}")) for name in ("complete", "signer")}

    def route(person: ciw.Individual, _simulation: object) -> list[int]:
        job = person.id_number - 1
        rounds = next(number for number in range(100) if kernel.uniform(keys["complete"], job, number) < 0.75)
        signer = 4 if kernel.uniform(keys["signer"], job, rounds) < 0.4 else 3
        return [2, *[1, 2] * rounds, signer]

    classes = [f"urgency {number}" for number in range(3)]
    model = ciw.create_network(
        arrival_distributions={
            name: [arriving(moments[urgency == number]), None, None, None] for number, name in enumerate(classes)
        },
        service_distributions={name: [Given(lengths[:, column]) for column in (0, 1, 2, 2)] for name in classes},
        number_of_servers=list(servers.values()),
        priority_classes={name: number for number, name in enumerate(classes)},
        routing={name: ciw.routing.ProcessBased(route) for name in classes},
    )
    theirs = told(model, dict(enumerate(servers, start=1)), moments[-1] + 10_000)

    assert ours.live == 0
    same_story(lines(ours), theirs)


def shifts(kept: Opening, servers: int, until: float) -> ciw.schedules.Schedule:
    """Opening hours as Ciw has them: servers go home at the end of a shift and go on with their work at the next."""
    ends = np.column_stack((kept.opens, kept.closes)).ravel()
    return ciw.Schedule(
        numbers_of_servers=[0, servers] * len(kept.opens) + [0],
        shift_end_dates=[*ends.tolist(), until],
        preemption="resume",
    )


def test_calendars_agree_event_for_event() -> None:
    """Seven weeks around Tết 2018: examiners stop at noon, at night, on free days; a leader signs some mornings."""
    first, last = date(2018, 1, 29), date(2018, 3, 17)
    calendar = calendar_of("2018")
    mornings = WorkingCalendar(
        shifts=((7 * 3600.0, 11.5 * 3600.0),), weekdays=frozenset({1, 3, 5}), holidays=calendar.holidays
    )
    hours = {
        "examiner": opening(calendar, since=first, until=last),
        "leader": opening(mornings, since=first, until=last),
    }
    count, rng = 700, np.random.default_rng(32)
    moments = np.sort(rng.uniform(0.0, 30 * 86400.0, count))
    lengths = rng.exponential([1500.0, 300.0], (count, 2))
    program = Program(roles=("examiner", "leader"))
    program.serve("examiner", given(0))
    program.serve("leader", given(1))
    program.end()
    servers = {"examiner": 2, "leader": 1}
    zeros = np.zeros(count, dtype=np.int64)
    ours = run(
        program,
        place_of(servers, hours),
        Arrivals(moments, zeros, zeros),
        streams=Streams(32),
        given=lengths,
        trace=20_000,
    )

    until = (last - first).days * 86400.0
    model = ciw.create_network(
        arrival_distributions=[arriving(moments), None],
        service_distributions=[Given(lengths[:, 0]), Given(lengths[:, 1])],
        number_of_servers=[shifts(hours[role], many, until) for role, many in servers.items()],
        routing=[[0.0, 1.0], [0.0, 0.0]],
    )
    theirs = told(model, dict(enumerate(servers, start=1)), until)

    assert ours.live == 0
    assert len(theirs) == 6 * count
    same_story(lines(ours), theirs)


def test_patience_and_priorities_agree_event_for_event() -> None:
    """Three clerks; those with an appointment go first; whoever waits twelve minutes goes home unserved."""
    count, rng = 2500, np.random.default_rng(33)
    moments = np.cumsum(rng.exponential(2.0, count))
    booked = rng.random(count) < 0.3
    lengths = rng.exponential(6.0, (count, 1))
    program = Program(roles=("counter",))
    starts = []
    for priority in (1, 0):
        starts.append(program.here())
        tired = Label()
        program.serve("counter", given(0), priority=priority, patience=12.0, out_of_patience=tired)
        program.put(tired)
        program.end()
    ours = run(
        program,
        place_of({"counter": 3}),
        Arrivals(moments, np.array(starts)[booked.astype(int)], np.zeros(count, dtype=np.int64)),
        streams=Streams(33),
        given=lengths,
        trace=20_000,
    )

    classes = {"walk-in": ~booked, "booked": booked}
    model = ciw.create_network(
        arrival_distributions={name: [arriving(moments[which])] for name, which in classes.items()},
        service_distributions={name: [Given(lengths[:, 0])] for name in classes},
        reneging_time_distributions={name: [ciw.dists.Deterministic(12.0)] for name in classes},
        number_of_servers=[3],
        priority_classes={"walk-in": 1, "booked": 0},
        routing={name: ciw.routing.NetworkRouting([ciw.routing.Leave()]) for name in classes},
    )
    theirs = told(model, {1: "counter"}, moments[-1] + 1000)

    assert ours.gave_up > 100
    same_story(lines(ours), theirs)
