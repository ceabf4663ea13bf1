"""Running: a program over a network, arrivals in, counts and times out."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.engine import kernel
from simulation.engine.network import Network, Team
from simulation.engine.opening import Opening
from simulation.engine.program import Compiled, Program
from simulation.streams import Streams

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Jobs that may be open at once before the loop makes more room.
_ROOM = 1 << 10
#: Events beyond one for each job: one team may begin with everybody at once.
_SPARE = 1 << 12


class Arrivals(NamedTuple):
    """Who comes: moments in order of time (seconds), the instruction to begin at, and the place."""

    moments: Numbers
    starts: Integers
    places: Integers
    numbers: Integers | None = None  #: what draws go by, below 2^57; the order of coming where it is not given


class Sample(NamedTuple):
    """What a trace keeps: so many lines, of jobs whose number is a multiple of `every`."""

    lines: int
    every: int


class Trace(msgspec.Struct, frozen=True):
    """What happened, in order: one entry for each thing that happened to a job at a team."""

    time: Numbers
    kind: Integers  #: kernel.ENTERED, BEGAN, FINISHED, GAVE_UP, LEFT
    job: Integers  #: number of the arrival; something large for those that were spawned
    team: Integers
    step: Integers  #: the instruction that sent it there; -1 for whoever gave up or left


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to. Statistics count from the warm-up's end."""

    events: int
    last: float  #: the end that was asked for, or the moment of the last event
    born: int  #: jobs that arrived or were spawned
    ended: int
    live: int  #: still there at the end
    gave_up: int  #: times that somebody lost patience
    most_at_once: int
    stats: dict[str, Numbers]  #: name -> (place, (count, sum, sum of squares))
    teams: tuple[str, ...]
    waiting: Numbers  #: by team: time-average number of those who wait
    inside: Numbers  #: by team: time-average number of those who wait or are served
    worked: Numbers  #: by team: seconds of work begun
    left_waiting: Integers  #: by team: how many wait at the end
    served: Integers  #: by team
    open_at: Integers  #: of each job that is still there: the instruction at which it is
    open_place: Integers  #: and its place
    trace: Trace

    def total(self, stat: str) -> float:
        """How often something was counted, over all places; 0 for what the program does not speak of."""
        return float(self.stats[stat][:, kernel.S_COUNT].sum()) if stat in self.stats else 0.0

    def mean(self, stat: str) -> float:
        """Mean of what was measured, over all places; nan where nothing was."""
        if stat not in self.stats or not self.total(stat):
            return math.nan
        return float(self.stats[stat][:, kernel.S_SUM].sum()) / self.total(stat)


def run(
    program: Program | Compiled,
    network: Network,
    arrivals: Arrivals,
    *,
    streams: Streams,
    roles: tuple[str, ...] | None = None,
    warm_up: float = 0.0,
    until: float = math.inf,
    given: Numbers | None = None,
    trace: int | Sample = 0,
    day_seconds: float = 8 * 3600.0,
) -> Outcome:
    """Play the program until nothing is left to do, or until `until` (seconds).

    `roles` defaults to the program's own. `given` is the table of lengths for `given(column)`, a row for each arrival.
    `trace` is how many lines of what happened are kept. Same input and seed, same outcome to the bit.
    Raises ValueError where arrivals do not fit.
    """
    sample = trace if isinstance(trace, Sample) else Sample(trace, 1)
    names: tuple[str, ...]
    if isinstance(program, Program):
        compiled, names = program.compile(), program.roles
        groups, tables = program.groups, program.tables
    else:
        compiled, names = program, roles or ()
        groups, tables = tuple(network.groups), tuple(network.tables)
    many = len(network.places)
    _check(arrivals, many, len(compiled.code), given, compiled)
    teams, first_team, team_count = _teams(network, names)
    office = network.office
    calendars, numbers = _calendars(office, teams)
    rows = np.zeros(len(teams), dtype=kernel.TEAM)
    for number, team in enumerate(teams):
        calendar = kernel.ALWAYS_OPEN if team.opening is None else numbers[id(team.opening)]
        rows[number]["servers"], rows[number]["calendar"] = team.servers, calendar
        rows[number]["cursor"] = calendars.first[max(calendar, 0)]
        rows[number]["chance"], rows[number]["since"] = team.chance, team.since
    group_first, group_member = _groups(network, groups)
    stats = np.zeros((max(len(compiled.stats), 1), many, 3), dtype=np.float64)
    trace_time, trace_what = np.zeros(sample.lines, dtype=np.float64), np.zeros((sample.lines, 4), dtype=np.int64)
    keys = np.array([streams.derive(f"engine.{name}") for name in compiled.streams] or [0], dtype=np.uint64)
    fixed = (
        compiled.code,
        keys,
        _as_compiled(arrivals.moments, np.float64),
        _in_turn(len(arrivals.moments)) if arrivals.numbers is None else _as_compiled(arrivals.numbers, np.int64),
        _as_compiled(arrivals.starts, np.int64),
        _as_compiled(arrivals.places, np.int64),
        rows,
        np.full((len(teams) * kernel.PRIORITIES, 2), -1, dtype=np.int64),
        calendars.first,
        calendars.opens,
        calendars.closes,
        calendars.before,
        first_team,
        team_count,
        max(len(names), 1),
        group_first,
        group_member,
        many,
        np.array([network.tables[name] for name in tables] or [np.zeros(many)], dtype=np.float64),
        np.zeros((0, 1)) if given is None else np.array(given, dtype=np.float64),
        stats,
        float(warm_up),
        float(until),
        float(day_seconds),
        sample.every,
        trace_time,
        trace_what,
    )
    jobs, heap = _more_jobs(np.zeros(0, dtype=kernel.JOB)), _more_events(np.zeros(1, dtype=kernel.EVENT))
    totals = np.zeros(kernel.TOTALS, dtype=np.int64)
    now = kernel.loop(*fixed, jobs, heap, totals)
    while totals[kernel.R_MORE]:
        jobs, heap = _more_jobs(jobs), _more_events(heap)
        now = max(now, kernel.loop(*fixed, jobs, heap, totals))
    _settle(rows, max(float(now) if math.isinf(until) else until, warm_up))
    last = until if math.isfinite(until) else float(now)
    measured = max(last - warm_up, 1e-9)
    left = jobs[jobs["state"] != kernel.FREE]
    traced = int(totals[kernel.R_TRACED])
    return Outcome(
        events=int(totals[kernel.R_EVENTS]),
        last=float(last),
        born=int(totals[kernel.R_BORN]),
        ended=int(totals[kernel.R_ENDED]),
        live=int(totals[kernel.R_LIVE]),
        gave_up=int(totals[kernel.R_RENEGED]),
        most_at_once=int(totals[kernel.R_PEAK]),
        stats={name: stats[number] for number, name in enumerate(compiled.stats)},
        teams=tuple(team.name for team in teams),
        waiting=rows["area_waiting"] / measured,
        inside=rows["area_inside"] / measured,
        worked=rows["work"],
        left_waiting=rows["length"],
        served=rows["served"],
        open_at=left["pc"].copy(),
        open_place=left["place"].copy(),
        trace=Trace(trace_time[:traced], *(trace_what[:traced, column] for column in range(4))),
    )


@lru_cache(maxsize=1)
def _in_turn(count: int) -> Integers:
    """Numbers in the order of coming; kept, as runs are mostly repeated with as many arrivals."""
    return np.arange(count)


def _as_compiled(values: NDArray[Any], kind: type[np.generic]) -> NDArray[Any]:
    """The array itself where it is one that the loop was compiled for; nothing is written into it."""
    return np.require(values, kind, ("C", "W"))


def _more_jobs(jobs: NDArray[np.void]) -> NDArray[np.void]:
    """Twice the room; what is new is free, and linked."""
    more = np.concatenate((jobs, np.zeros(max(len(jobs), _ROOM), dtype=kernel.JOB)))
    more["next"][len(jobs) :] = np.arange(len(jobs), len(more)) + 1
    return more


def _more_events(heap: NDArray[np.void]) -> NDArray[np.void]:
    """Twice the room; nothing happens in what is new."""
    more = np.zeros(max(len(heap), 4 * _ROOM + _SPARE), dtype=kernel.EVENT)
    more["time"] = kernel.NEVER
    return np.concatenate((heap, more))


def _settle(rows: NDArray[np.void], end: float) -> None:
    """Whoever is still there has been there until the end: close the areas under the counts."""
    rows["area_waiting"] += end * rows["length"]
    rows["area_inside"] += end * (rows["length"] + rows["busy"])


class _Calendars(NamedTuple):
    first: Integers
    opens: Numbers
    closes: Numbers
    before: Numbers


def _check(arrivals: Arrivals, places: int, instructions: int, given: Numbers | None, compiled: Compiled) -> None:
    moments, starts, where, known_as = arrivals
    if not len(moments) == len(starts) == len(where):
        raise ValueError(f"arrivals need a start and a place each, found {len(moments)}, {len(starts)}, {len(where)}")
    if len(moments):
        ordered, known = kernel.in_order(
            _as_compiled(moments, np.float64), _as_compiled(starts, np.int64), _as_compiled(where, np.int64),
            instructions, places,
        )  # fmt: skip
        if not ordered:
            raise ValueError("arrivals must be finite, not negative, and in order of time")
        if not known:
            raise ValueError(f"arrivals begin at instructions below {instructions} and at places below {places}")
        if known_as is not None and (len(known_as) != len(moments) or known_as.min() < 0):
            raise ValueError(f"numbers of jobs are not negative, one for each of {len(moments)} arrivals")
    from_table = compiled.code["y"][compiled.code["dist"] == kernel.GIVEN]
    columns = 0 if given is None else given.shape[1]
    if len(from_table) and (from_table.max() >= columns or given is None or len(given) < len(moments)):
        raise ValueError(f"the program takes lengths from a table; it needs {len(moments)} rows and more columns")
    if len(from_table) and (compiled.code["op"] == kernel.SPAWN).any():
        raise ValueError("spawned jobs have no row in the table of given lengths; draw their lengths instead")


def _teams(network: Network, roles: tuple[str, ...]) -> tuple[list[Team], Integers, Integers]:
    teams: list[Team] = []
    first = np.full(len(network.places) * max(len(roles), 1), -1, dtype=np.int64)
    count = np.zeros_like(first)
    for number, place in enumerate(network.places):
        for column, role in enumerate(roles):
            if role not in place.teams:
                raise ValueError(f"{place.name} has no team for the role {role}; give it one")
            first[number * len(roles) + column] = len(teams)
            count[number * len(roles) + column] = len(place.teams[role])
            teams.extend(place.teams[role])
    return teams, first, count


def _calendars(office: Opening | None, teams: list[Team]) -> tuple[_Calendars, dict[int, int]]:
    """Lay the openings one after the other, the office clock first; returns them and the number of each."""
    openings = {id(opening): opening for opening in (office, *(team.opening for team in teams)) if opening is not None}
    if openings and office is None:
        raise ValueError("where teams keep hours, the network needs an office clock; give it one of their openings")
    edges = np.cumsum([0, *(len(opening.opens) for opening in openings.values())])
    parts = [
        np.concatenate([getattr(opening, name) for opening in openings.values()] or [np.zeros(0)])
        for name in ("opens", "closes", "before")
    ]
    return _Calendars(edges.astype(np.int64), *parts), {key: number for number, key in enumerate(openings)}


def _groups(network: Network, names: tuple[str, ...]) -> tuple[Integers, Integers]:
    rows = [places for name in names for places in network.groups[name]]
    first = np.cumsum([0, *(len(row) for row in rows)])
    members = np.array([place for row in rows for place in row] or [0], dtype=np.int64)
    return first.astype(np.int64), members
