"""One province's year as a value small enough to be sent around: sums over its agencies, no arrays."""

from __future__ import annotations

import msgspec

from simulation import province_files, scenario_files, synthesis
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.province import Era
from simulation.text import Text
from simulation.year import INDICATORS, simulate


class Sums(msgspec.Struct, frozen=True):
    """An indicator in each replication, as the two sums over agencies whose ratio it is."""

    over: tuple[float, ...]
    under: tuple[float, ...]


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


def play(name: str, *, seed: int, replications: int) -> ProvinceYear:
    """Play a province's year. Raises BadInputError where its files have mistakes."""
    scenario = scenario_files.load(name)
    province = province_files.load(scenario.province)
    scenario_files.check_against(scenario, province)
    year = simulate(province, scenario, seed=seed, replications=replications)
    return ProvinceYear(
        province=province.id,
        name=province.name,
        people=province.population,
        agencies=len(province.agencies),
        seed=seed,
        replications=replications,
        events=year.events,
        indicators={
            indicator: Sums(
                tuple(float(rule.over(counts).sum()) for counts in year.replications),
                tuple(float(rule.under(counts).sum()) for counts in year.replications),
            )
            for indicator, rule in INDICATORS.items()
        },
    )


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
