"""Demand: who comes in a year, with what, to whom, over which channel; drawn in whole arrays.

A dossier's number, procedure, agency, day and luck do not depend on any habit: two years that differ in habits are
asked for the same things on the same days.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.arrivals import Profile, exactly
from simulation.engine import Arrivals
from simulation.province import Province
from simulation.scenario import Scenario
from simulation.streams import Streams
from simulation.year import neglect
from simulation.year.conduct import Conduct
from simulation.year.online import Asked, filed_online
from simulation.year.paths import Paths

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

_DAY = 86400.0
#: Documents are numbered from here, dossiers from 0.
_DOCUMENTS = 1 << 40


class Days(NamedTuple):
    """Days since the run's midnight: those on which offices work, and how many there are in all."""

    working: Integers
    all: int
    weights: Numbers  #: of every day, relative to each other: the year's rhythm


def arrivals_of(
    province: Province, scenario: Scenario, conduct: Conduct, paths: Paths, days: Days, *, streams: Streams
) -> Arrivals:
    """Draw everything that comes from outside, in order of time."""
    parts = [
        _dossiers(province, scenario, conduct, paths, days, streams.within("dossiers")),
        _documents(province, scenario, conduct, paths, days, streams.within("documents")),
    ]
    moments, starts, places, numbers = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(moments, kind="stable")
    return Arrivals(moments[order], starts[order], places[order], numbers[order])


Columns = tuple[Numbers, Integers, Integers, Integers]


def _dossiers(
    province: Province, scenario: Scenario, conduct: Conduct, paths: Paths, days: Days, streams: Streams
) -> Columns:
    many = int(streams["count"].poisson(conduct["dossiers_per_day"] * len(days.working)))
    shares = np.array([procedure.share_of_demand for procedure in province.procedures])
    which = streams["procedures"].choice(len(shares), many, p=shares / shares.sum())
    places = _places(province, which, streams["places"].random(many))
    at_counter = _moments(scenario.profiles["counter"], days.working, days, streams.within("counter"), many)
    at_home = _moments(scenario.profiles["citizens"], np.arange(days.all), days, streams.within("online"), many)
    online = filed_online(province, conduct, Asked(at_counter, which), streams=streams.within("filing"))
    has_limit = np.array([not procedure.same_day for procedure in province.procedures])[which]
    lies = neglect.drawn(
        conduct,
        moments=at_counter,
        places=places,
        has_limit=has_limit,
        many=len(province.agencies),
        streams=streams.within("neglect"),
    )
    starts = paths.dossiers[online.astype(np.int64), lies.astype(np.int64), which]
    return np.where(online, at_home, at_counter), starts, places, np.arange(many)


def _documents(
    province: Province, scenario: Scenario, conduct: Conduct, paths: Paths, days: Days, streams: Streams
) -> Columns:
    """Agencies write in proportion to their document clerks (assumed: that is what clerks are counted by)."""
    many = int(streams["count"].poisson(conduct["documents_per_day"] * len(days.working)))
    numbers = {agency.code: number for number, agency in enumerate(province.agencies)}
    weights = np.zeros(len(numbers))
    for member in province.staff:
        weights[numbers[member.agency]] += member.role == "document_clerk"
    senders = streams["senders"].choice(len(weights), many, p=weights / weights.sum())
    urgent = streams["urgency"].random(many) < conduct["urgent_share"]
    moments = _moments(scenario.profiles["documents"], days.working, days, streams.within("moments"), many)
    return moments, np.where(urgent, paths.urgent, paths.document), senders, _DOCUMENTS + np.arange(many)


def _moments(profile: Profile, some: Integers, days: Days, streams: Streams, many: int) -> Numbers:
    """A day drawn from `some` by the year's rhythm, a time of day from the profile."""
    weights = days.weights[some]
    day = streams["days"].choice(some, many, p=weights / weights.sum()) if many else np.zeros(0, dtype=np.int64)
    times = streams["order"].permutation(exactly(profile, count=many, rng=streams["times"]))
    return np.asarray(day * _DAY + times, dtype=np.float64)


def _places(province: Province, which: Integers, chance: Numbers) -> Integers:
    """The agency that takes each dossier in; communes and districts by how many people live there."""
    numbers = {agency.code: number for number, agency in enumerate(province.agencies)}
    by_unit = {agency.unit: numbers[agency.code] for agency in province.agencies if agency.unit}
    people = np.array([commune.population for commune in province.communes], dtype=np.float64)
    home = np.searchsorted(np.cumsum(people) / people.sum(), chance, side="right").clip(0, len(people) - 1)
    head = next(numbers[agency.code] for agency in province.agencies if agency.tier == "province")
    communes = np.array([by_unit.get(commune.code, head) for commune in province.communes])
    districts = np.array([by_unit.get(commune.district, head) for commune in province.communes])
    tiers = np.array([["commune", "district", "department", "province"].index(p.tier) for p in province.procedures])
    fixed = np.array([numbers.get(procedure.department, head) for procedure in province.procedures])
    tier = tiers[which]
    return np.asarray(
        np.select([tier == 0, tier == 1, tier == 2], [communes[home], districts[home], fixed[which]], head),  # noqa: PLR2004
        dtype=np.int64,
    )
