"""Kind `declaration`: once a month every school, health facility and agency declares its people to the insurance.

Each on one of the month's first working days, always the same one for the same site (SYS-VNEDU, SYS-HIS, SYS-CCVC).
"""

from __future__ import annotations

from datetime import date, timedelta

from simulation.arrivals import exactly
from simulation.calendar import calendar_of
from simulation.journeys.people import Cast
from simulation.journeys.world import World, timed
from simulation.streams import Streams

KIND = "declaration"
#: Working days at the beginning of a month on which declarations are made (assumed: limits fall early in the month).
DAYS = 5


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:  # noqa: ARG001 -- no person acts
    """Let those sites declare last month whose turn is today; `factor` 0 leaves them out."""
    today = date.fromisoformat(world.scenario.timeline.day)
    turn = turn_of(today, era=world.scenario.era)
    if turn is None or not factor:
        return
    province = world.province
    sites = [
        *(("vnedu", one.code) for one in province.schools),
        *(("his", one.code) for one in province.health),
        *(("ccvc", one.code) for one in province.agencies),
    ]
    todays = sites[turn::DAYS]
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1).isoformat()
    moments = exactly(world.scenario.profiles["documents"], count=len(todays), rng=streams[f"{KIND}.arrivals"])
    order = streams[f"{KIND}.order"].permutation(len(todays)).tolist()
    for number, (at, place) in enumerate(zip(timed(moments, streams, KIND)[0], order, strict=True), start=1):
        system, site = todays[place]
        world.log(f"{KIND}-{number:06d}", KIND).add(
            at, "personnel_office", "sector.declare", system=system, site=site, month=month
        )


def turn_of(day: date, *, era: str) -> int | None:
    """Which of the month's declaration days this is, from 0; None when it is none of them."""
    calendar = calendar_of(era)
    if not calendar.shifts_of(day):
        return None
    before = sum(bool(calendar.shifts_of(day.replace(day=number))) for number in range(1, day.day))
    return before if before < DAYS else None
