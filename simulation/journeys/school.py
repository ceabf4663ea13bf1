"""Kind `school`: a school's enrolment desk (SYS-VNEDU) asks the population database about a pupil's parent."""

from __future__ import annotations

from collections import defaultdict

from simulation.arrivals import exactly
from simulation.journeys.people import Cast
from simulation.journeys.world import World, timed
from simulation.province import Site
from simulation.streams import Streams

KIND = "school"

#: Ages (from, under) of the pupils whom each kind of school takes in.
_AGES = {"mam_non": (3, 6), "tieu_hoc": (6, 11), "thcs": (11, 15), "thpt": (15, 18)}


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let children be enrolled at a school of their commune, or of the province where the commune has none."""
    rng = streams[f"{KIND}.people"]
    wanted = int(rng.poisson(factor * world.figure("school_calls_per_day")))
    nearby: dict[tuple[str, str], list[Site]] = defaultdict(list)
    for school in world.province.schools:
        nearby[school.kind, school.commune].append(school)
        nearby[school.kind, ""].append(school)
    calls: list[tuple[str, str, str]] = []
    kinds = [kind for kind in _AGES if nearby[kind, ""]]
    per_kind = rng.multinomial(wanted, [1.0 / len(kinds)] * len(kinds)).tolist() if kinds else []
    for kind, count in zip(kinds, per_kind, strict=True):
        children = cast.crowd.aged(*_AGES[kind])
        if len(children) == 0:
            continue
        rows = children[rng.integers(0, len(children), size=count)]
        places = rng.random(count).tolist()
        families = zip(cast.crowd.fetch(rows), cast.crowd.adults_of_households(rows), places, strict=True)
        for child, parent, place in families:
            if parent is not None:
                schools = nearby.get((kind, child.commune)) or nearby[kind, ""]
                calls.append((schools[int(place * len(schools))].code, child.full_name, parent.personal_number))
    order = rng.permutation(len(calls)).tolist()
    moments = exactly(world.scenario.profiles["schools"], count=len(calls), rng=streams[f"{KIND}.arrivals"])
    for number, (at, place) in enumerate(zip(timed(moments, streams, KIND)[0], order, strict=True), start=1):
        school_code, pupil, parent_number = calls[place]
        world.log(f"{KIND}-{number:06d}", KIND).add(
            at, "school_office", "sector.enrol", school=school_code, pupil=pupil, parent=parent_number
        )
