# ruff: noqa: ANN001, ANN201, ANN202 -- numba finds the types out; annotations would not be looked at
"""The compiled loop: events in order of time, jobs that walk through a program, teams that serve them.

Everything here is arrays of numbers; `program`, `network` and `run` are how people speak to it. It is one file on
purpose: numba looks at this file alone to tell whether what it compiled earlier still holds.

A draw is a pure function of (stream's key, job, how often the job came round): splitmix64 with its counter set from
these. Two runs that differ in one habit therefore give every job the same luck wherever both meet it, which is what
common random numbers ask for, and no draw depends on the order of events.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np


def _record(*fields: tuple[str, Any]) -> np.dtype[np.void]:
    """Make a record of 128 bytes: its place in an array is a shift, not a product."""
    names, kinds = zip(*fields, strict=True)
    packed = np.dtype(list(fields), align=True)
    offsets = [(packed.fields or {})[name][1] for name in names]
    return np.dtype({"names": names, "formats": kinds, "offsets": offsets, "itemsize": 128})


# --- Instructions
INSTRUCTION = _record(
    *((name, np.int64) for name in ("op", "a", "b", "c", "stream", "dist", "work_stat", "wait_stat")),
    *((name, np.float64) for name in ("x", "y", "z")),
)
END, SERVE, DELAY, CHANCE, JUMP, MARK, SHIFT, DUE, JUDGE, MEASURE, COUNT, CHOOSE, MOVE, HOME, SPAWN, AGAIN = range(16)

#: How long something takes: X is the mean, Y the second parameter.
FIXED, EXPONENTIAL, LOGNORMAL, UNIFORM, GIVEN = range(5)
#: Whose chance a CHANCE instruction takes: its own (X), the place's, the chosen team's.
OWN, OF_PLACE, OF_TEAM = range(3)
WALL, OFFICE = range(2)  #: clocks
CHOSEN = -1  #: instead of a role: the team that CHOOSE chose

# --- Jobs. `team` is the one that CHOOSE chose, `at` the one at which the job waits or is served; `next` and `prev` are
# its neighbours in line; a `ticket`, the order of the alarm, tells one wait from the next; `rep` counts how often the
# job came round.
MARKS = 4
JOB = _record(
    *((name, np.int64) for name in ("id", "pc", "next", "prev", "ticket")),
    *((name, np.int32) for name in ("place", "home", "team", "rep", "priority", "children", "state", "at")),
    *((name, np.float64) for name in ("entered", "entered_work", "due")),
    ("marks", (np.float64, (MARKS,))),
)
FREE, _MOVING, _WAITING, _SERVED = range(4)

# --- Teams. Areas are the integrals over time of how many wait, and of how many wait or are served.
TEAM = _record(
    *((name, np.int64) for name in ("servers", "busy", "calendar", "cursor", "waking", "length", "served")),
    *((name, np.float64) for name in ("area_waiting", "area_inside", "work", "chance", "since")),
)
PRIORITIES = 4
ALWAYS_OPEN = -1

# --- Events, kept as a heap from index 1 on, each with four below it. `time` is the bits of a float: those of numbers
# that are not negative have the same order, and are compared in one step. `what` is the order of coming, then the slot
# of the job or team, then the kind: of two events at the same time, the lesser came first (after 2^33, perhaps not).
EVENT = np.dtype([("time", np.int64), ("what", np.int64)], align=True)
NEVER = int(np.float64(math.inf).view(np.int64))  #: the time of what lies behind the last event
_FINISH, _READY, _WAKE, _RENEGE = range(4)
_SLOT_BITS = 28
_SLOT_MASK = (1 << _SLOT_BITS) - 1
_ORDER_AT = 2 + _SLOT_BITS
_HOLE = 1

# --- Statistics: what is kept of each by place
S_COUNT, S_SUM, S_SQUARES = range(3)
NO_STAT = -1

# --- Totals: where the loop stands when it hands back, and goes on from when it is called again with more room
R_EVENTS, R_LIVE, R_BORN, R_ENDED, R_RENEGED, R_TRACED, R_PEAK, R_COMING, R_ORDER, R_FREE, R_OFFICE, R_MORE = range(12)
TOTALS = 12
#: Kinds of line in a trace.
ENTERED, BEGAN, FINISHED, GAVE_UP, LEFT = range(5)

_MAX_CHILDREN = 48
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S11, _S6 = (np.uint64(bits) for bits in (27, 30, 31, 11, 6))
_SECOND = np.uint64(0xD1B54A32D192ED03)
_u = np.uint64  # an unsigned index: nothing to check for counting from the end
_UNIT = 2.0**-53
_LN_2 = math.log(2.0)
_MIDDLES = 1 + (np.arange(128) + 0.5) / 128
_INVERSES, _LOGS = 1 / _MIDDLES, np.log(_MIDDLES)
_S45, _S52, _S127, _MANTISSA, _EXPONENT_0 = (_u(x) for x in (45, 52, 127, (1 << 52) - 1, 1023 << 52))
_TWO_PI = 2.0 * math.pi


@numba.njit(cache=True, forceinline=True)
def _mix(z):  # type: ignore[no-untyped-def]
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)


@numba.njit(cache=True, forceinline=True)
def _bits(key, job, rep):  # type: ignore[no-untyped-def]
    counter = (np.uint64(job) << _S6) + np.uint64(rep)
    return _mix(key + counter * _GOLDEN)


@numba.njit(cache=True, forceinline=True)
def _minus_log(value):  # type: ignore[no-untyped-def]
    """The natural logarithm of a number in (0, 1], without its sign and without the call that math.log is.

    Right to 3e-16, or to 5e-16 of itself above 1.
    """
    bits = np.float64(value).view(np.uint64)
    part = (bits >> _S45) & _S127
    # The mantissa over the middle of its part, less 1: at most 1/256.
    rest = np.uint64((bits & _MANTISSA) | _EXPONENT_0).view(np.float64) * _INVERSES[part] - 1.0
    square = rest * rest
    series = rest - square * (0.5 - rest * (1 / 3) + square * (0.25 - rest * 0.2 + square * (1 / 6)))
    return abs((np.float64(np.int64(bits >> _S52)) - 1023.0) * _LN_2 + _LOGS[part] + series)


@numba.njit(cache=True)
def uniform(key, job, rep):  # type: ignore[no-untyped-def]
    """A number in (0, 1) that belongs to this stream, job and round."""
    return (np.float64(_bits(key, job, rep) >> _S11) + 0.5) * _UNIT


@numba.njit(cache=True, forceinline=True)
def draw(kind, mean, second, key, job, rep):  # type: ignore[no-untyped-def]
    """A length of time; for LOGNORMAL `second` is the coefficient of variation, for UNIFORM the upper end."""
    if kind == FIXED:
        return mean
    bits = _bits(key, job, rep)
    chance = (np.float64(bits >> _S11) + 0.5) * _UNIT
    if kind == EXPONENTIAL:
        return mean * _minus_log(chance)
    if kind == UNIFORM:
        return mean + (second - mean) * chance
    other = (np.float64(_mix(bits + _SECOND) >> _S11) + 0.5) * _UNIT
    normal = math.sqrt(2.0 * _minus_log(chance)) * math.cos(_TWO_PI * other)
    variance = math.log1p(second * second)
    return mean * math.exp(math.sqrt(variance) * normal - 0.5 * variance)


@numba.njit(cache=True, forceinline=True)
def _push(heap, moment, what):  # type: ignore[no-untyped-def]
    """Add an event. `heap[0]` holds how many there are (what) and whether the root, `heap[1]`, is a hole (time)."""
    time = np.float64(moment).view(np.int64)
    if heap[0].time == _HOLE:  # the event just taken left a hole at the root: what comes next may sink from there
        heap[0].time = 0
        _sink(heap, heap[0].what, time, what)
        return
    at = heap[0].what + 1
    heap[0].what = at
    _rise(heap, at, time, what)


@numba.njit(cache=True, forceinline=True)
def _earlier(heap, one, other):  # type: ignore[no-untyped-def]
    """Whether an event comes before another; reckoned rather than branched upon, as it cannot be foretold."""
    first, second = heap[_u(one)].time, heap[_u(other)].time
    return (first < second) | ((first == second) & (heap[_u(one)].what < heap[_u(other)].what))


@numba.njit(cache=True, forceinline=True)
def _rise(heap, at, time, what):  # type: ignore[no-untyped-def]
    """Put an event at `at` or as far above as it belongs."""
    while at > 1:
        above = (at + 2) >> 2
        up = heap[_u(above)].time
        if up < time or (up == time and heap[_u(above)].what < what):
            break
        heap[_u(at)].time = up
        heap[_u(at)].what = heap[_u(above)].what
        at = above
    heap[_u(at)].time = time
    heap[_u(at)].what = what


@numba.njit(cache=True, forceinline=True)
def _sink(heap, count, time, what):  # type: ignore[no-untyped-def]
    """Put an event into the hole at the root of `count` events, or as far below as it belongs.

    What lies behind the last event is never, so nothing asks whether all four below one are there.
    """
    at = np.int64(1)
    child = np.int64(2)
    while child <= count:
        left = child + np.int64(_earlier(heap, child + 1, child))
        right = child + 2 + np.int64(_earlier(heap, child + 3, child + 2))
        child = right if _earlier(heap, right, left) else left
        down = heap[_u(child)].time
        if time < down or (time == down and what < heap[_u(child)].what):
            break
        heap[_u(at)].time = down
        heap[_u(at)].what = heap[_u(child)].what
        at = child
        child = 4 * at - 2
    heap[_u(at)].time = time
    heap[_u(at)].what = what


@numba.njit(cache=True, forceinline=True)
def _close(heap):  # type: ignore[no-untyped-def]
    """Fill the hole at the root with the last event."""
    heap[0].time = 0
    last = heap[0].what
    heap[0].what = last - 1
    time, what = heap[_u(last)].time, heap[_u(last)].what
    heap[_u(last)].time = NEVER
    if last > 1:
        _sink(heap, last - 1, time, what)


@numba.njit(cache=True, forceinline=True)
def _worked(opens, closes, before, cursor, last, time):  # type: ignore[no-untyped-def]
    """Working time that has passed by `time`; `cursor` is the first interval that closes after it."""
    if cursor >= last:
        return before[last - 1] + closes[last - 1] - opens[last - 1]
    return before[cursor] + max(time - opens[cursor], 0.0)


@numba.njit(cache=True, forceinline=True)
def _moment(opens, closes, before, cursor, last, worked):  # type: ignore[no-untyped-def]
    """First moment at which `worked` of working time has passed; infinity after the calendar's end."""
    low, high = cursor, last
    while low < high:  # the first interval by whose end that much has been worked
        middle = (low + high) >> 1
        if before[middle] + closes[middle] - opens[middle] < worked:
            low = middle + 1
        else:
            high = middle
    if low >= last:
        return math.inf
    return opens[low] + max(worked - before[low], 0.0)


@numba.njit(cache=True)
def in_order(moments, starts, places, instructions, many):  # type: ignore[no-untyped-def]
    """Whether moments are finite, not negative and in order of time, and whether starts and places exist: one pass."""
    ordered = True
    known = True
    before = 0.0
    for row in range(moments.shape[0]):
        ordered &= moments[row] >= before  # not "no earlier": a moment that is not a number is not later than anything
        before = moments[row]
        known &= (starts[row] >= 0) & (starts[row] < instructions) & (places[row] >= 0) & (places[row] < many)
    return ordered and before < math.inf, known


@numba.njit(cache=True)
def loop(  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917, PLR0912, PLR0915, C901 -- one loop, see the module's head
    code,
    keys,
    arrival_time,
    arrival_id,
    arrival_pc,
    arrival_place,
    teams,
    queue,
    calendar_first,
    opens,
    closes,
    before,
    first_team,
    team_count,
    roles,
    group_first,
    group_member,
    places,
    place_chance,
    given,
    stats,
    warm_up,
    until,
    day_seconds,
    trace_every,
    trace_time,
    trace_what,
    jobs,
    heap,
    totals,
):
    """Run until nothing is left to happen, `until` has passed, or jobs or heap are full; returns the last moment.

    Fills teams, stats and trace. Where totals[R_MORE] is 1, call again with longer `jobs` and `heap`: arrays that the
    loop itself would replace would cost it two locked counts for every event.
    """
    todo = np.empty(_MAX_CHILDREN + 1, np.int64)
    spare = _MAX_CHILDREN + 8
    for team in range(teams.shape[0]):
        spare = max(spare, teams[_u(team)].servers + _MAX_CHILDREN + 8)
    tracing = trace_time.shape[0]
    arrivals = arrival_time.shape[0]
    traced = totals[R_TRACED]
    coming = totals[R_COMING]
    events = totals[R_EVENTS]
    live = totals[R_LIVE]
    peak = totals[R_PEAK]
    born = totals[R_BORN]
    ended = totals[R_ENDED]
    reneged = totals[R_RENEGED]
    order = totals[R_ORDER]
    free = totals[R_FREE]
    office = totals[R_OFFICE]  # cursor of calendar 0, the office clock
    office_last = calendar_first[1] if calendar_first.shape[0] > 1 else 0
    office_work = 0.0
    work_time = -math.inf  # the moment for which office_work holds
    most_jobs = jobs.shape[0] - _MAX_CHILDREN - 2
    most_events = heap.shape[0] - spare
    totals[R_MORE] = 0
    now = 0.0
    while True:
        if heap[0].time == _HOLE:  # nothing came into the hole
            _close(heap)
        if live > most_jobs or heap[0].what > most_events:
            totals[R_MORE] = 1
            break
        job = -1
        kick = -1
        entering = -1
        next_time = np.int64(heap[1].time).view(np.float64) if heap[0].what > 0 else math.inf
        if coming < arrivals and arrival_time[_u(coming)] <= next_time:
            now = arrival_time[_u(coming)]
            if now > until:
                break
            counted = now if now > warm_up else warm_up  # noqa: FURB136 -- max() would look for nan first
            job = free
            free = jobs[_u(job)].next
            jobs[_u(job)].id = arrival_id[_u(coming)]
            jobs[_u(job)].pc = arrival_pc[_u(coming)]
            jobs[_u(job)].place = arrival_place[_u(coming)]
            jobs[_u(job)].home = arrival_place[_u(coming)]
            jobs[_u(job)].team = -1
            jobs[_u(job)].rep = 0
            jobs[_u(job)].children = 0
            jobs[_u(job)].state = _MOVING
            coming += 1
            born += 1
            live += 1
            peak = max(peak, live)
        else:
            if heap[0].what == 0 or next_time > until:
                break
            now = next_time
            counted = now if now > warm_up else warm_up  # noqa: FURB136 -- max() would look for nan first
            what = heap[1].what
            heap[0].time = _HOLE
            kind = what & 3
            slot = (what >> 2) & _SLOT_MASK
            if kind == _FINISH:
                job = slot
                kick = jobs[_u(job)].at
                teams[_u(kick)].area_inside += counted
                teams[_u(kick)].busy -= 1
                teams[_u(kick)].served += 1
                jobs[_u(job)].state = _MOVING
                if traced < tracing and jobs[_u(job)].id % trace_every == 0:
                    trace_time[traced] = now
                    trace_what[traced, 0] = FINISHED
                    trace_what[traced, 1] = jobs[_u(job)].id
                    trace_what[traced, 2] = kick
                    trace_what[traced, 3] = jobs[_u(job)].pc - 1
                    traced += 1
                if teams[_u(kick)].length == 0:
                    kick = -1  # nobody waits there
            elif kind == _READY:
                job = slot
            elif kind == _WAKE:
                kick = slot
                teams[_u(kick)].waking = 0
            else:
                if jobs[_u(slot)].state != _WAITING or jobs[_u(slot)].ticket != what >> _ORDER_AT:
                    continue  # it was served in time
                job = slot
                team = jobs[_u(job)].at
                teams[_u(team)].area_inside += counted
                teams[_u(team)].area_waiting += counted
                line = team * PRIORITIES + jobs[_u(job)].priority
                above = jobs[_u(job)].prev
                below = jobs[_u(job)].next
                if above >= 0:
                    jobs[_u(above)].next = below
                else:
                    queue[_u(line), 0] = below
                if below >= 0:
                    jobs[_u(below)].prev = above
                else:
                    queue[_u(line), 1] = above
                teams[_u(team)].length -= 1
                reneged += 1
                jobs[_u(job)].state = _MOVING
                jobs[_u(job)].pc = code[_u(jobs[_u(job)].pc)].c
                if traced < tracing and jobs[_u(job)].id % trace_every == 0:
                    trace_time[traced] = now
                    trace_what[traced, 0] = GAVE_UP
                    trace_what[traced, 1] = jobs[_u(job)].id
                    trace_what[traced, 2] = team
                    trace_what[traced, 3] = -1
                    traced += 1
        events += 1
        if office_last > 0 and now != work_time:
            while office < office_last and closes[office] <= now:
                office += 1
            office_work = _worked(opens, closes, before, office, office_last, now)
            work_time = now
        measured = now >= warm_up
        todos = 0

        while True:
            # --- A team may have somebody to begin with
            if kick >= 0:
                team = kick
                kick = -1
                calendar = teams[_u(team)].calendar
                is_open = True
                cursor = 0
                last = 0
                if calendar != ALWAYS_OPEN:
                    last = calendar_first[calendar + 1]
                    cursor = teams[_u(team)].cursor
                    while cursor < last and closes[cursor] <= now:
                        cursor += 1
                    teams[_u(team)].cursor = cursor
                    is_open = cursor < last and opens[cursor] <= now
                direct = False
                if entering >= 0:
                    teams[_u(team)].area_inside -= counted
                    jobs[_u(entering)].entered = now
                    jobs[_u(entering)].entered_work = office_work
                    jobs[_u(entering)].at = team
                    if traced < tracing and jobs[_u(entering)].id % trace_every == 0:
                        trace_time[traced] = now
                        trace_what[traced, 0] = ENTERED
                        trace_what[traced, 1] = jobs[_u(entering)].id
                        trace_what[traced, 2] = team
                        trace_what[traced, 3] = jobs[_u(entering)].pc
                        traced += 1
                    if is_open and teams[_u(team)].length == 0 and teams[_u(team)].busy < teams[_u(team)].servers:
                        direct = True  # nobody waits and somebody is free
                    else:
                        pc = jobs[_u(entering)].pc
                        line = team * PRIORITIES + code[_u(pc)].b
                        tail = queue[_u(line), 1]
                        jobs[_u(entering)].next = -1
                        jobs[_u(entering)].prev = tail
                        if tail >= 0:
                            jobs[_u(tail)].next = entering
                        else:
                            queue[_u(line), 0] = entering
                        queue[_u(line), 1] = entering
                        jobs[_u(entering)].priority = code[_u(pc)].b
                        jobs[_u(entering)].state = _WAITING
                        teams[_u(team)].length += 1
                        teams[_u(team)].area_waiting -= counted
                        jobs[_u(entering)].ticket = order  # a new wait: old alarms are void
                        if code[_u(pc)].z > 0.0:
                            _push(heap, now + code[_u(pc)].z, (order << _ORDER_AT) | (entering << 2) | _RENEGE)
                            order += 1
                if is_open:
                    while direct or (teams[_u(team)].length > 0 and teams[_u(team)].busy < teams[_u(team)].servers):
                        if direct:
                            turn = entering
                            direct = False
                        else:
                            line = team * PRIORITIES
                            while queue[_u(line), 0] < 0:
                                line += 1
                            turn = queue[_u(line), 0]
                            below = jobs[_u(turn)].next
                            queue[_u(line), 0] = below
                            if below >= 0:
                                jobs[_u(below)].prev = -1
                            else:
                                queue[_u(line), 1] = -1
                            teams[_u(team)].length -= 1
                            teams[_u(team)].area_waiting += counted
                        teams[_u(team)].busy += 1
                        pc = jobs[_u(turn)].pc
                        jobs[_u(turn)].pc = pc + 1
                        jobs[_u(turn)].state = _SERVED
                        if code[_u(pc)].dist == GIVEN:
                            work = given[jobs[_u(turn)].id, np.int64(code[_u(pc)].y)]
                        else:
                            work = draw(
                                code[_u(pc)].dist,
                                code[_u(pc)].x,
                                code[_u(pc)].y,
                                keys[_u(code[_u(pc)].stream)],
                                jobs[_u(turn)].id,
                                jobs[_u(turn)].rep,
                            )
                        if measured:
                            teams[_u(team)].work += work
                            place = jobs[_u(turn)].place
                            stat = code[_u(pc)].work_stat
                            if stat >= 0:
                                stats[_u(stat), place, S_COUNT] += 1.0
                                stats[_u(stat), place, S_SUM] += work
                                stats[_u(stat), place, S_SQUARES] += work * work
                            stat = code[_u(pc)].wait_stat
                            if stat >= 0:
                                waited = now - jobs[_u(turn)].entered
                                if office_last > 0:
                                    waited = office_work - jobs[_u(turn)].entered_work
                                stats[_u(stat), place, S_COUNT] += 1.0
                                stats[_u(stat), place, S_SUM] += waited
                                stats[_u(stat), place, S_SQUARES] += waited * waited
                        finish = now + work
                        if calendar != ALWAYS_OPEN:
                            at = cursor
                            since = now
                            left = work
                            while at < last and left > closes[at] - since:
                                left -= closes[at] - since
                                at += 1
                                if at < last:
                                    since = opens[at]
                            finish = since + left if at < last else math.inf
                        if traced < tracing and jobs[_u(turn)].id % trace_every == 0:
                            trace_time[traced] = now
                            trace_what[traced, 0] = BEGAN
                            trace_what[traced, 1] = jobs[_u(turn)].id
                            trace_what[traced, 2] = team
                            trace_what[traced, 3] = pc
                            traced += 1
                        if finish < math.inf:
                            _push(heap, finish, (order << _ORDER_AT) | (turn << 2) | _FINISH)
                            order += 1
                elif teams[_u(team)].length > 0 and teams[_u(team)].waking == 0 and cursor < last:
                    teams[_u(team)].waking = 1
                    _push(heap, opens[cursor], (order << _ORDER_AT) | (team << 2) | _WAKE)
                    order += 1
                entering = -1
            if job < 0:
                if todos == 0:
                    break
                todos -= 1
                job = todo[todos]

            # --- A job goes on through its program until it has to wait
            pc = jobs[_u(job)].pc
            while True:
                op = code[_u(pc)].op
                if op == SERVE:
                    role = code[_u(pc)].a
                    team = jobs[_u(job)].team if role == CHOSEN else first_team[jobs[_u(job)].place * roles + role]
                    jobs[_u(job)].pc = pc
                    entering = job
                    kick = team
                    break
                if op == DELAY:
                    if code[_u(pc)].dist == GIVEN:
                        length = given[jobs[_u(job)].id, np.int64(code[_u(pc)].y)]
                    else:
                        length = draw(
                            code[_u(pc)].dist,
                            code[_u(pc)].x,
                            code[_u(pc)].y,
                            keys[_u(code[_u(pc)].stream)],
                            jobs[_u(job)].id,
                            jobs[_u(job)].rep,
                        )
                    ready = now + length
                    if code[_u(pc)].a == OFFICE:
                        ready = _moment(opens, closes, before, office, office_last, office_work + length)
                        ready = max(ready, now)
                    jobs[_u(job)].pc = pc + 1
                    if ready < math.inf:
                        _push(heap, ready, (order << _ORDER_AT) | (job << 2) | _READY)
                        order += 1
                    break
                if op == CHANCE:
                    whose = code[_u(pc)].b
                    if whose == OWN:
                        share = code[_u(pc)].x
                    elif whose == OF_PLACE:
                        share = place_chance[code[_u(pc)].c, jobs[_u(job)].place]
                    else:
                        team = jobs[_u(job)].team
                        share = teams[_u(team)].chance if now >= teams[_u(team)].since else 0.0
                    if uniform(keys[_u(code[_u(pc)].stream)], jobs[_u(job)].id, jobs[_u(job)].rep) < share:
                        pc = code[_u(pc)].a
                    else:
                        pc += 1
                    continue
                if op == COUNT:
                    if measured:
                        stats[code[_u(pc)].a, jobs[_u(job)].place, S_COUNT] += 1.0
                elif op == MARK:
                    jobs[_u(job)].marks[code[_u(pc)].a] = now if code[_u(pc)].b == WALL else office_work
                elif op == MEASURE:
                    if measured:
                        value = (now if code[_u(pc)].c == WALL else office_work) - jobs[_u(job)].marks[code[_u(pc)].b]
                        stat = code[_u(pc)].a
                        place = jobs[_u(job)].place
                        stats[_u(stat), place, S_COUNT] += 1.0
                        stats[_u(stat), place, S_SUM] += value
                        stats[_u(stat), place, S_SQUARES] += value * value
                elif op == JUDGE:
                    if measured:
                        # A hundredth of a second of grace: sums of working time are rounded.
                        stat = code[_u(pc)].a if office_work <= jobs[_u(job)].due + 0.01 else code[_u(pc)].b
                        stats[_u(stat), jobs[_u(job)].place, S_COUNT] += 1.0
                elif op == CHOOSE:
                    first = first_team[jobs[_u(job)].place * roles + code[_u(pc)].a]
                    many = team_count[jobs[_u(job)].place * roles + code[_u(pc)].a]
                    team = first
                    if many > 1:
                        chance = uniform(keys[_u(code[_u(pc)].stream)], jobs[_u(job)].id, jobs[_u(job)].rep)
                        team = first + min(np.int64(chance * many), many - 1)
                        best = -1
                        if office < office_last and opens[office] <= now:
                            for other in range(first, first + many):
                                cursor = teams[_u(other)].cursor
                                calendar = teams[_u(other)].calendar
                                if calendar != ALWAYS_OPEN:
                                    last = calendar_first[calendar + 1]
                                    while cursor < last and closes[cursor] <= now:
                                        cursor += 1
                                    teams[_u(other)].cursor = cursor
                                    if cursor >= last or opens[cursor] > now:
                                        continue
                                if other == team:  # present: nobody needs to stand in
                                    best = -1
                                    break
                                if best < 0 or (
                                    teams[_u(other)].length + teams[_u(other)].busy
                                    < teams[_u(best)].length + teams[_u(best)].busy
                                ):
                                    best = other
                        if (
                            best >= 0
                            and uniform(keys[_u(code[_u(pc)].c)], jobs[_u(job)].id, jobs[_u(job)].rep)
                            < place_chance[code[_u(pc)].b, jobs[_u(job)].place]
                        ):
                            team = best
                    jobs[_u(job)].team = team
                elif op == JUMP:
                    pc = code[_u(pc)].a
                    continue
                elif op == SHIFT:
                    jobs[_u(job)].due += office_work - jobs[_u(job)].marks[code[_u(pc)].b]
                elif op == DUE:
                    if code[_u(pc)].y > 0.0:  # on the same day, or by the end of the next where it came too late
                        whole_days = math.floor((office_work + code[_u(pc)].y) / day_seconds) + 1.0
                        jobs[_u(job)].due = whole_days * day_seconds
                    else:
                        jobs[_u(job)].due = office_work + code[_u(pc)].x
                elif op == MOVE:
                    here = code[_u(pc)].a * places + jobs[_u(job)].place
                    first = group_first[here]
                    many = group_first[here + 1] - first
                    if many == 0:
                        pc = code[_u(pc)].b
                        continue
                    pick = 0
                    if many > 1:
                        chance = uniform(keys[_u(code[_u(pc)].stream)], jobs[_u(job)].id, jobs[_u(job)].rep)
                        pick = min(np.int64(chance * many), many - 1)
                    jobs[_u(job)].place = group_member[first + pick]
                elif op == HOME:
                    jobs[_u(job)].place = jobs[_u(job)].home
                elif op == AGAIN:
                    jobs[_u(job)].rep += 1
                elif op == SPAWN:
                    # One, and a Poisson number more with mean X.
                    chance = uniform(keys[_u(code[_u(pc)].stream)], jobs[_u(job)].id, jobs[_u(job)].rep)
                    many = 1
                    term = math.exp(-code[_u(pc)].x)
                    reached = term
                    while chance > reached and many < _MAX_CHILDREN - todos:
                        term *= code[_u(pc)].x / many
                        reached += term
                        many += 1
                    for _ in range(many):
                        child = free
                        free = jobs[_u(child)].next
                        number = jobs[_u(job)].children
                        jobs[_u(job)].children = number + 1
                        identity = _mix((np.uint64(jobs[_u(job)].id) << _S6) + np.uint64(number) * _SECOND + _GOLDEN)
                        jobs[_u(child)].id = np.int64(identity >> _S6)
                        jobs[_u(child)].pc = code[_u(pc)].a
                        jobs[_u(child)].place = jobs[_u(job)].place
                        jobs[_u(child)].home = jobs[_u(job)].place
                        jobs[_u(child)].team = -1
                        jobs[_u(child)].rep = 0
                        jobs[_u(child)].children = 0
                        jobs[_u(child)].state = _MOVING
                        born += 1
                        live += 1
                        todo[todos] = child
                        todos += 1
                    peak = max(peak, live)
                else:  # END
                    if traced < tracing and jobs[_u(job)].id % trace_every == 0:
                        trace_time[traced] = now
                        trace_what[traced, 0] = LEFT
                        trace_what[traced, 1] = jobs[_u(job)].id
                        trace_what[traced, 2] = -1
                        trace_what[traced, 3] = -1
                        traced += 1
                    jobs[_u(job)].state = FREE
                    jobs[_u(job)].next = free
                    free = job
                    live -= 1
                    ended += 1
                    break
                pc += 1
            job = -1

    totals[R_EVENTS] = events
    totals[R_LIVE] = live
    totals[R_BORN] = born
    totals[R_ENDED] = ended
    totals[R_RENEGED] = reneged
    totals[R_TRACED] = traced
    totals[R_PEAK] = peak
    totals[R_COMING] = coming
    totals[R_ORDER] = order
    totals[R_FREE] = free
    totals[R_OFFICE] = office
    return now
