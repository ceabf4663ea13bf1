"""Kind `civil-service`: an official is appointed, and the management of civil servants (SYS-CCVC) asks who it is."""

from __future__ import annotations

from simulation.arrivals import exactly
from simulation.journeys.people import Cast
from simulation.journeys.world import World, timed
from simulation.streams import Streams

KIND = "civil-service"
_OF_AGE = (22, 60)  #: from, under; assumed: after studies, before retirement


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let today's new officials be entered by the agencies that take them on."""
    rng = streams[f"{KIND}.people"]
    a_day = len(world.province.staff) * world.habit("appointments_per_official_year")
    count = int(rng.poisson(factor * a_day / world.figure("working_days_per_year")))
    grown = cast.crowd.aged(*_OF_AGE)
    if not count or len(grown) == 0:
        return
    people = cast.crowd.fetch(grown[rng.integers(0, len(grown), size=count)])
    places = rng.integers(0, len(world.province.agencies), size=count).tolist()
    moments = exactly(world.scenario.profiles["documents"], count=count, rng=streams[f"{KIND}.arrivals"])
    for number, (at, person, place) in enumerate(
        zip(timed(moments, streams, KIND)[0], people, places, strict=True), start=1
    ):
        agency = world.province.agencies[place].code
        world.log(f"{KIND}-{number:06d}", KIND).add(
            at, "personnel_office", "sector.appoint", agency=agency, official=person.personal_number
        )
