"""Districts and communes of a province with their people: the census shared out by what the communes of today count.

Registered populations of 2026 are weights only (fixtures/admin-units/README.md says why). A commune of 2018 has its
part of the new commune that it went into.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from statistics import median

import msgspec

from simulation.province import is_urban
from simulation.synthesis.listing import FILE_OF, Listed, clean, read

#: A ward or township counts for so many villages of the same new commune, and a part of one for so much of a whole.
_TOWN_WEIGHT, _PART_WEIGHT = 1.5, 0.5
#: Some registered numbers are plainly wrong (63 in Yên Phong): below so much of the median of the province's communes
#: of its kind, a commune gets that median. Special zones (đặc khu) are islands, which may be that small.
_PLAINLY_WRONG, _IMPOSSIBLE_BELOW = 0.1, 1000
_ISLANDS = "Đặc khu"
#: Nobody is registered there; it has no People's Committee that people go to.
_UNPEOPLED = ("Đặc khu Hoàng Sa",)
#: Fewest people in a commune: the personas and their families fit in (assumed).
_FEWEST = 60


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A district or commune."""

    code: str
    name: str
    parent: str = ""  #: code of a commune's district; empty in the 2026 era
    people: int = 0

    @property
    def urban(self) -> bool:
        """Whether it is a ward or township."""
        return is_urban(self.name)


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """A province's units and where their people come from."""

    districts: tuple[Unit, ...]
    communes: tuple[Unit, ...]
    total_source: str
    people_source: str

    @property
    def people(self) -> int:
        """All inhabitants."""
        return sum(commune.people for commune in self.communes)

    @property
    def urban_people(self) -> int:
        """Inhabitants of wards and townships."""
        return sum(commune.people for commune in self.communes if commune.urban)


def units_of(province: Listed) -> Units:
    """Return the units of a province. Districts without communes (some islands) are left out."""
    return _of_2018(province) if province.era == "2018" else _of_2026(province)


def _of_2018(province: Listed) -> Units:
    rows = read(FILE_OF["2018"])
    districts = {row["code"]: row for row in rows if row["level"] == "district" and row["parent_code"] == province.code}
    communes = [row for row in rows if row["level"] == "commune" and row["parent_code"] in districts]
    known = _weights_2018()
    weights = _filled({row["code"]: known.get(row["code"], 0.0) for row in communes}, _parents(communes))
    total = next(int(row["population"]) for row in read("province-populations.csv") if row["code"] == province.code)
    people = _shared(weights, total)
    peopled = {row["parent_code"] for row in communes}
    return Units(
        districts=tuple(
            Unit(code=code, name=clean(row["full_name"])) for code, row in districts.items() if code in peopled
        ),
        communes=_communes(communes, people, districts=True),
        total_source="census of 1 April 2019 (fixtures/admin-units/province-populations.csv), taken for 2018",
        people_source="assumed: share of the new commune of 2025 that it went into",
    )


def _of_2026(province: Listed) -> Units:
    rows = read(FILE_OF["2026"])
    communes = [row for row in _new_communes() if row["parent_code"] == province.code]
    total = next(int(row["population"]) for row in rows if row["level"] == "province" and row["code"] == province.code)
    return Units(
        districts=(),
        communes=_communes(communes, _shared(_weights_of_new(province.code), total), districts=False),
        total_source="units-2026.csv: registered population",
        people_source="assumed: registered population of units-2026.csv, scaled to the province's",
    )


def _communes(rows: list[dict[str, str]], people: dict[str, int], *, districts: bool) -> tuple[Unit, ...]:
    return tuple(
        Unit(
            code=row["code"],
            name=clean(row["full_name"]),
            parent=row["parent_code"] if districts else "",
            people=people[row["code"]],
        )
        for row in rows
    )


def _new_communes() -> list[dict[str, str]]:
    return [
        row for row in read(FILE_OF["2026"]) if row["level"] == "commune" and clean(row["full_name"]) not in _UNPEOPLED
    ]


def _weights_of_new(province: str) -> dict[str, float]:
    """Registered people of a province's communes of today, with the median where the number is missing or wrong."""
    rows = [row for row in _new_communes() if row["parent_code"] == province]
    usual = {urban: _usual(rows, urban=urban) for urban in {is_urban(clean(row["full_name"])) for row in rows}}
    weights = {}
    for row in rows:
        name, number = clean(row["full_name"]), float(row["population"] or 0)
        fits = number >= _PLAINLY_WRONG * usual[is_urban(name)] or (number and name.startswith(_ISLANDS))
        weights[row["code"]] = number if fits else usual[is_urban(name)]
    return weights


def _usual(rows: list[dict[str, str]], *, urban: bool) -> float:
    """Median of the towns' or villages' registered people; numbers that no commune can have do not count."""
    numbers = [float(row["population"] or 0) for row in rows if is_urban(clean(row["full_name"])) == urban]
    return median([number for number in numbers if number >= _IMPOSSIBLE_BELOW])


@cache
def _weights_2018() -> dict[str, float]:
    """People of today by the commune of 2018 that they live in."""
    new = {code: weight for province in _provinces_of_today() for code, weight in _weights_of_new(province).items()}
    into: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in read("merges-2025-07-01.csv"):
        if row["level"] == "commune":
            weight = _TOWN_WEIGHT if is_urban(row["old_name"]) else 1.0
            into[row["new_code"]].append((row["old_code"], weight * (_PART_WEIGHT if row["kind"] == "partial" else 1)))
    weights: dict[str, float] = defaultdict(float)
    for code, parts in into.items():
        whole = sum(weight for _, weight in parts)
        for old, weight in parts:
            weights[old] += new.get(code, 0.0) * weight / whole
    return dict(weights)


def _provinces_of_today() -> list[str]:
    return [row["code"] for row in read(FILE_OF["2026"]) if row["level"] == "province"]


def _parents(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["code"]: row["parent_code"] for row in rows}


def _filled(weights: dict[str, float], parents: dict[str, str]) -> dict[str, float]:
    """Give units without a weight (they had gone before 2025) the median of their district, or of all."""
    beside: dict[str, list[float]] = defaultdict(list)
    for code, weight in weights.items():
        if weight:
            beside[parents[code]].append(weight)
    everywhere = median([weight for weight in weights.values() if weight])
    return {
        code: weight or (median(beside[parents[code]]) if beside[parents[code]] else everywhere)
        for code, weight in weights.items()
    }


def _shared(weights: dict[str, float], total: int) -> dict[str, int]:
    """Share people out by weight, whole ones, so that the sum is exact; the largest remainders get what is left."""
    rest = total - _FEWEST * len(weights)
    whole = sum(weights.values())
    exact = {code: rest * weight / whole for code, weight in weights.items()}
    given = {code: int(share) for code, share in exact.items()}
    order = sorted(weights, key=lambda code: (given[code] - exact[code], code))
    for code in order[: rest - sum(given.values())]:
        given[code] += 1
    return {code: _FEWEST + share for code, share in given.items()}
