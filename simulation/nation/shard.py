"""A shard: one replication of one province's year, as a value small enough to be sent around; no arrays.

A shard is named `ha_noi_2018#3`: province, and number of the replication.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from simulation import province_files, scenario_files, synthesis
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.province import Era
from simulation.text import Text
from simulation.year import INDICATORS, simulate

#: Between a province and the number of a replication.
_SIGN = "#"


class Sums(msgspec.Struct, frozen=True):
    """An indicator in each replication, as the two sums over agencies whose ratio it is."""

    over: tuple[float, ...]
    under: tuple[float, ...]


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """One replication of a province's year: each indicator as the two sums over agencies whose ratio it is."""

    province: str
    number: int
    name: str
    people: int
    agencies: int
    seed: int
    events: int
    sums: dict[str, tuple[float, float]]


class ProvinceYear(msgspec.Struct, frozen=True, kw_only=True):
    """A year of one province."""

    province: str
    name: str
    people: int
    agencies: int
    seed: int
    replications: int
    events: int  #: over all replications
    indicators: dict[str, Sums]


def shards(provinces: Sequence[str], replications: int) -> tuple[str, ...]:
    """Name the shards of provinces, in their order."""
    return tuple(f"{province}{_SIGN}{number}" for province in provinces for number in range(replications))


def play(shard: str, *, seed: int) -> Shard:
    """Play a shard. Raises BadInputError where the province's files have mistakes."""
    name, _, number = shard.partition(_SIGN)
    scenario = scenario_files.load(name)
    province = province_files.load(scenario.province)
    scenario_files.check_against(scenario, province)
    year = simulate(province, scenario, seed=seed, replications=1, first=int(number))
    counts = year.replications[0].whole()
    return Shard(
        province=province.id,
        number=int(number),
        name=province.name,
        people=province.population,
        agencies=len(province.agencies),
        seed=seed,
        events=year.events,
        sums={
            indicator: (float(rule.over(counts).sum()), float(rule.under(counts).sum()))
            for indicator, rule in INDICATORS.items()
        },
    )


def joined(parts: Iterable[Shard]) -> list[ProvinceYear]:
    """Put replications together, province by province, in the order of their numbers."""
    by_province: dict[str, list[Shard]] = {}
    for part in sorted(parts, key=lambda part: (part.province, part.number)):
        by_province.setdefault(part.province, []).append(part)
    return [
        ProvinceYear(
            province=province,
            name=own[0].name,
            people=own[0].people,
            agencies=own[0].agencies,
            seed=own[0].seed,
            replications=len(own),
            events=sum(part.events for part in own),
            indicators={
                name: Sums(tuple(part.sums[name][0] for part in own), tuple(part.sums[name][1] for part in own))
                for name in own[0].sums
            },
        )
        for province, own in by_province.items()
    ]


def by_size(era: Era, *, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of an era's provinces, or of some of them, largest first, so that no worker is left with one at the end.

    Raises BadInputError for names that the era does not have, all at once.
    """
    known = [name for name in synthesis.names() if name.endswith(f"_{era}")]
    mistakes = []
    for name in only:
        if name not in known:
            found = Text(f"giai đoạn {era} không có tỉnh “{name}”.", f"era {era} has no province “{name}”.")
            mistakes.append(Mistake(file="nation", key="--only", found=found, way_out=did_you_mean(name, known)))
    if mistakes:
        raise BadInputError(mistakes)
    people = {name: province_files.load(name).population for name in only or known}
    return tuple(sorted(people, key=lambda name: (-people[name], name)))
