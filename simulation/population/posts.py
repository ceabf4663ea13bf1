"""Civil servants with their posts: which residents hold the desks of the province's agencies.

The province's staff is its own list of names (`simulation/province_files/desks.py`). Each post is given to somebody who
lives nearby, is of working age and of the name's sex, and whose family has the name's surname; that person then bears
the name. So families still fit, and the official whom the systems know is a resident. Where nobody fits (a hamlet), the
post is held by somebody from elsewhere, whose personal number is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.province import Agency, Province, StaffMember

#: Ages at which people serve, women and men (Bộ luật Lao động 2012: until 55 and 60), after some years of study.
_FROM_AGE, _WOMEN_UNTIL, _MEN_UNTIL = 23, 55, 60
#: Leaders are no younger (assumed).
_LEADERS_FROM_AGE = 32
#: Officials of the province live in so many of its largest communes, or in those of the provincial town.
_SEAT_COMMUNES = 12
#: Middle names that a woman's name has in the list of names for staff.
_WOMENS_MIDDLE = "Thị"

SCHEMA = {
    "account": pl.String,
    "personal_number": pl.String,
    "full_name": pl.String,
    "agency": pl.String,
    "role": pl.String,
    "post": pl.String,
    "signs_digitally": pl.Boolean,
}
#: What leaders of a People's Committee are called, at every tier.
_CHAIRS = ("Chủ tịch", "Phó Chủ tịch")
#: What the first leader of a department is called, by how the department's name begins; "Giám đốc" otherwise.
_OF_DEPARTMENTS = (
    ("Văn phòng", "Chánh Văn phòng"),
    ("Thanh tra", "Chánh Thanh tra"),
    ("Ban ", "Trưởng"),
    ("Cục ", "Cục trưởng"),
    ("Chi cục ", "Chi cục trưởng"),
    ("Thuế", "Trưởng"),
    ("Hải quan", "Trưởng"),
)
_OTHERS = {"specialist": "Chuyên viên", "reception_clerk": "Cán bộ một cửa", "document_clerk": "Văn thư"}


def by_commune(province: Province) -> Mapping[int, tuple[int, ...]]:
    """Place of a commune → numbers of the staff who live there, as far as anybody fits."""
    places = {commune.code: place for place, commune in enumerate(province.communes)}
    of_district: dict[str, list[int]] = {}
    for place, commune in enumerate(province.communes):
        of_district.setdefault(commune.district, []).append(place)
    seat = sorted(range(len(places)), key=lambda place: (-province.communes[place].population, place))[:_SEAT_COMMUNES]
    homes = {agency.code: _homes(agency, places, of_district, seat) for agency in province.agencies}
    found: dict[int, list[int]] = {}
    turn: dict[str, int] = {}
    for number, member in enumerate(province.staff):
        near = homes[member.agency]
        place = near[turn.get(member.agency, 0) % len(near)]
        turn[member.agency] = turn.get(member.agency, 0) + 1
        found.setdefault(place, []).append(number)
    return {place: tuple(numbers) for place, numbers in found.items()}


def _homes(agency: Agency, places: Mapping[str, int], of_district: dict[str, list[int]], seat: list[int]) -> list[int]:
    if agency.tier == "commune" and agency.unit in places:
        return [places[agency.unit]]
    if agency.tier == "district" and agency.unit in of_district:
        return of_district[agency.unit]
    return seat


def choose(
    staff: Sequence[StaffMember],
    wanted: Sequence[int],
    *,
    surnames: Sequence[str],
    surname: NDArray[np.uint16],
    female: NDArray[np.bool_],
    ages: NDArray[np.uint8],
    persona: NDArray[np.uint8],
    serves: NDArray[np.bool_],
) -> dict[int, int]:
    """Row → number of the staff member whom that resident is; `serves` are civil servants, taken before others.

    Of those who fit the first in the order of rows is taken, so chance has no part in it.
    """
    numbers = {word: place for place, word in enumerate(surnames)}
    free = persona == 0
    taken: dict[int, int] = {}
    # Leaders choose first: they have to be older.
    for number in sorted(wanted, key=lambda one: (staff[one].role != "leader", one)):
        member = staff[number]
        first, *rest = member.name.split(" ")
        if first not in numbers:
            continue
        least = _LEADERS_FROM_AGE if member.role == "leader" else _FROM_AGE
        woman = _WOMENS_MIDDLE in rest
        until = _WOMEN_UNTIL if woman else _MEN_UNTIL
        row = int(_first(free, serves, surname, female, ages, numbers[first], woman, least, until))
        if row >= 0:
            taken[row] = number
            free[row] = False
    return taken


@numba.njit(cache=True, nogil=True)
def _first(
    free: NDArray[np.bool_],
    serves: NDArray[np.bool_],
    surname: NDArray[np.uint16],
    female: NDArray[np.bool_],
    ages: NDArray[np.uint8],
    name: int,
    woman: bool,  # noqa: FBT001 -- compiled functions take no names
    least: int,
    until: int,
) -> int:
    """The first civil servant who fits, else the first of all who fit; -1 for nobody."""
    other = -1
    for row in range(free.shape[0]):
        # The surname first: it says no most often.
        if surname[row] == name and female[row] == woman and free[row] and least <= ages[row] < until:
            if serves[row]:
                return row
            if other < 0:
                other = row
    return other


def table(province: Province, held: Mapping[int, str]) -> pl.DataFrame:
    """Every post of the province, in the order of its staff, with the resident who holds it.

    `held` are the personal numbers of those with a post, by the place of the post in the staff.
    """
    agencies = {agency.code: agency for agency in province.agencies}
    leaders: dict[str, int] = {}
    rows = []
    for number, member in enumerate(province.staff):
        place = leaders.get(member.agency, 0)
        if member.role == "leader":
            leaders[member.agency] = place + 1
        rows.append(
            (
                member.account,
                held.get(number, ""),
                member.name,
                member.agency,
                member.role,
                title(agencies[member.agency], member.role, place),
                member.signs_digitally,
            )
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def title(agency: Agency, role: str, place: int) -> str:
    """Return what an official is called: "Phó Giám đốc Sở Tư pháp". `place` counts an agency's leaders from 0."""
    if role != "leader":
        return _OTHERS[role]
    if agency.tier != "department":
        return f"{_CHAIRS[min(place, 1)]} {agency.name}"
    head = _head_of_department(agency.name)
    called = head if place == 0 else f"Phó {head}"
    # "Chánh Thanh tra tỉnh", not "Chánh Thanh tra Thanh tra tỉnh".
    same = next((word for word in ("Văn phòng", "Thanh tra") if head.endswith(word)), "")
    return f"{called} {agency.name.removeprefix(same).strip()}"


@cache
def _head_of_department(name: str) -> str:
    return next((head for begins, head in _OF_DEPARTMENTS if name.startswith(begins)), "Giám đốc")
