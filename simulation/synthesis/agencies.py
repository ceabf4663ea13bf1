"""Agencies of a synthesised province with their codes and desks: departments, then districts, then communes.

Codes have the right form and are unique; the numbers within are assumed (fixtures/provinces/ben_tre_2018/README.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from simulation.agency_code import AgencyCode
from simulation.synthesis.listing import Listed, id_of
from simulation.synthesis.rules import Desks, Rules
from simulation.synthesis.units import Unit, Units

#: First number of a district's code at level 2, and of a commune's where there are no districts.
_FIRST_DISTRICT, _FIRST_COMMUNE = 31, 101
#: Most people of one role in an agency (what province files allow).
_MOST = 200


class AgencyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of agencies.csv, and the code free of either form."""

    place: AgencyCode
    name: str
    tier: str
    unit: str = ""
    installation: str
    handles: str = ""
    desks: Desks


def agencies_of(province: Listed, rules: Rules, units: Units) -> list[AgencyRow]:
    """Make the agencies."""
    root = AgencyCode((province.agency_code,))
    head = AgencyRow(
        place=root,
        name=f"Ủy ban nhân dân {province.title}",
        tier="province",
        installation=rules.departments[0].slug,
        desks=_grown(rules.head.desks, units.people / rules.desks_for),
    )
    return [head, *_departments(province, rules, units), *_committees(province, rules, units)]


def _departments(province: Listed, rules: Rules, units: Units) -> Iterator[AgencyRow]:
    scale = units.people / rules.desks_for
    for number, department in enumerate(rules.departments, start=1):
        yield AgencyRow(
            place=AgencyCode((province.agency_code, f"{number:02d}")),
            name=department.name.format(province=province.title, kind=province.kind, name=province.name),
            tier="department",
            installation=department.slug,
            handles=department.handles,
            desks=_grown(department.desks, scale),
        )


def _committees(province: Listed, rules: Rules, units: Units) -> Iterator[AgencyRow]:
    if rules.district is None:
        taken: set[str] = set()
        for number, commune in enumerate(units.communes, start=_FIRST_COMMUNE):
            slug = _slug(commune)
            installation = f"{slug}-{commune.code}" if slug in taken else slug
            taken.add(slug)
            yield _commune(commune, AgencyCode((province.agency_code, str(number))), rules, installation)
        return
    people = {district.code: 0 for district in units.districts}
    for commune in units.communes:
        people[commune.parent] += commune.people
    codes = {
        district.code: AgencyCode((province.agency_code, str(number)))
        for number, district in enumerate(units.districts, start=_FIRST_DISTRICT)
    }
    for district in units.districts:
        yield AgencyRow(
            place=codes[district.code],
            name=f"Ủy ban nhân dân {in_a_sentence(district.name)}",
            tier="district",
            unit=district.code,
            installation=_slug(district),
            desks=_grown(rules.district.desks, people[district.code] / rules.district.people),
        )
    for district in units.districts:
        below = [commune for commune in units.communes if commune.parent == district.code]
        for number, commune in enumerate(below, start=1):
            place = AgencyCode((*codes[district.code].parts, f"{number:02d}"))
            yield _commune(commune, place, rules, _slug(district))


def _commune(commune: Unit, place: AgencyCode, rules: Rules, installation: str) -> AgencyRow:
    per, least = rules.commune.per, rules.commune.least
    reception, specialists, leaders, clerks = (
        min(max(-(-commune.people // one), few), _MOST) for one, few in zip(per, least, strict=True)
    )
    return AgencyRow(
        place=place,
        name=f"Ủy ban nhân dân {in_a_sentence(commune.name)}",
        tier="commune",
        unit=commune.code,
        installation=installation,
        desks=(reception, specialists, leaders, clerks),
    )


def _grown(desks: Desks, scale: float) -> Desks:
    """Desks in proportion, never fewer than stated.

    Leaders grow with the root of the size (assumed: in the largest cities heads of divisions sign by delegation).
    """
    reception, specialists, leaders, clerks = desks
    more = max(scale, 1.0)
    return (
        min(round(reception * more), _MOST),
        min(round(specialists * more), _MOST),
        round(leaders * math.sqrt(more)),
        min(round(clerks * more), _MOST),
    )


def in_a_sentence(name: str) -> str:
    """Return a unit's name as it stands in a sentence: "xã Thới Thạnh"."""
    return f"{name[0].lower()}{name[1:]}"


def _slug(unit: Unit) -> str:
    return id_of(unit.name).replace("_", "-")
