"""Which tables of `fixtures/people` hold for a province: its own, its region's, or the nation's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from simulation.province import Province

T = TypeVar("T")

#: First code (General Statistics Office) of each region, from north to south.
_REGIONS = ((0, "north"), (38, "central"), (70, "southeast"), (80, "mekong"))
#: Which list of surnames a region has.
SURNAMES = {"north": "north", "central": "nation", "southeast": "south", "mekong": "south"}


def region_of(code: str) -> str:
    """north, central, southeast or mekong, by a province's code; a made-up code counts as mekong."""
    if not code.isdecimal():
        return "mekong"
    return [name for first, name in _REGIONS if int(code) >= first][-1]


def region(province: Province) -> str:
    """Return the region of a province."""
    return region_of(province.code)


def keys(province: Province) -> tuple[str, ...]:
    """What a table may be filed under, the closest first."""
    return (province.code, region(province), "nation")


def closest(table: Mapping[str, T], province: Province) -> T:
    """Return the entry that is closest to the province."""
    return next(table[key] for key in keys(province) if key in table)
