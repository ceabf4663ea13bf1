"""What provinces come to together, and the files that say so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from simulation.nation.shard import ProvinceYear
from simulation.year import INDICATORS
from simulation.year.intervals import Interval, interval

#: A sum over provinces of "one in total" may be so far from their number.
_ONE_EACH = 1e-6
#: Units of which provinces are not added up but averaged, each by its people: a score, satisfaction, unused services.
_AVERAGED = ("share", "points", "procedures")


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator over the nation, and over its provinces."""

    nation: Interval
    lowest: float
    lowest_in: str  #: name of the province
    highest: float
    highest_in: str


class NationYear(msgspec.Struct, frozen=True, kw_only=True):
    """A year of many provinces."""

    provinces: int
    people: int
    agencies: int
    events: int
    indicators: dict[str, Spread]


def total(years: Sequence[ProvinceYear]) -> NationYear:
    """Add provinces up: shares and means over everything that happened, counts as sums. The order does not matter."""
    ordered = sorted(years, key=lambda year: year.province)
    return NationYear(
        provinces=len(ordered),
        people=sum(year.people for year in ordered),
        agencies=sum(year.agencies for year in ordered),
        events=sum(year.events for year in ordered),
        indicators={name: _spread(name, ordered) for name in INDICATORS},
    )


def write(years: Sequence[ProvinceYear], folder: Path) -> NationYear:
    """Write a file for each province and `nation.json`; the same years give the same bytes, in whatever order."""
    folder.mkdir(parents=True, exist_ok=True)
    nation = total(years)
    for year in years:
        (folder / f"{year.province}.json").write_bytes(_spelt(year))
    (folder / "nation.json").write_bytes(_spelt(nation))
    return nation


def _spelt(value: ProvinceYear | NationYear) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _spread(name: str, years: Sequence[ProvinceYear]) -> Spread:
    over = np.array([year.indicators[name].over for year in years])
    under = np.array([year.indicators[name].under for year in years])
    is_count = bool(np.all(np.abs(under - 1.0) < _ONE_EACH))
    if is_count and INDICATORS[name].unit.en in _AVERAGED:
        under = np.array([[float(year.people)] for year in years]) * under
        over, is_count = over * under, False
    below = under.sum(axis=0)
    values = over.sum(axis=0) if is_count else over.sum(axis=0) / np.where(below > 0, below, np.nan)
    # A province where nothing of the kind happened has no value of its own.
    own = over.sum(axis=1) / np.where(under.sum(axis=1) > 0, under.sum(axis=1), np.nan)
    first, last = (int(pick(own)) if not np.isnan(own).all() else 0 for pick in (np.nanargmin, np.nanargmax))
    return Spread(
        nation=interval(values),
        lowest=float(own[first]),
        lowest_in=years[first].name,
        highest=float(own[last]),
        highest_in=years[last].name,
    )
