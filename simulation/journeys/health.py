"""Kind `health`: a patient registers at a health facility (SYS-HIS), which asks the insurance database."""

from __future__ import annotations

from collections import defaultdict

from simulation.arrivals import poisson
from simulation.journeys.people import Cast
from simulation.journeys.world import World, timed
from simulation.province import Site
from simulation.streams import Streams

KIND = "health"

_NEARBY_SHARE = 0.6  #: patients who go to the station of their own commune, where there is one (assumed)


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let today's patients register, near home or at any larger facility of the province."""
    mean = factor * world.figure("health_visits_per_day")
    moments = poisson(world.scenario.profiles["health"], mean=mean, rng=streams[f"{KIND}.arrivals"])
    facilities = world.province.health
    if not facilities:
        return
    rng = streams[f"{KIND}.people"]
    patients = cast.crowd.fetch(cast.crowd.anybody(rng, len(moments)))
    near: dict[str, list[Site]] = defaultdict(list)
    for facility in facilities:
        near[facility.commune].append(facility)
    larger = [facility for facility in facilities if facility.kind != "tram_y_te"] or list(facilities)
    chances = rng.random((len(moments), 2)).tolist()
    visits = zip(timed(moments, streams, KIND)[0], patients, chances, strict=True)
    for number, (at, patient, (stays, which)) in enumerate(visits, start=1):
        choice = near.get(patient.commune, larger) if stays < _NEARBY_SHARE else larger
        facility = choice[int(which * len(choice))]
        world.log(f"{KIND}-{number:06d}", KIND).add(
            at, "health_facility", "sector.visit", facility=facility.code, patient=patient.personal_number
        )
