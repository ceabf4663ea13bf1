"""The tables of `fixtures/people`, read once and checked for shape. Nothing else knows their layout."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.identifiers.provinces import MERGED_2025
from simulation.population.regions import keys, region_of
from simulation.province import Province
from simulation.synthesis.listing import read as read_units

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "people"
#: Five-year groups of a pyramid: 0-4 … 80-84, then 85 and over.
AGE_GROUPS = 18
#: Oldest age that tables by single years of age reach.
MAX_AGE = 120

T = TypeVar("T", bound="_Filed")


class _Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A table of one era that holds for some regions."""

    era: str
    regions: tuple[str, ...]
    source: str


class Pyramid(_Filed, frozen=True, kw_only=True):
    """Per cent of all people by five-year age group and sex."""

    men: tuple[float, ...]
    women: tuple[float, ...]

    def shares(self) -> NDArray[np.float64]:
        """Shares of all people, one row per age group, men and women; they add up to 1."""
        table = np.array([self.men, self.women]).T
        shares: NDArray[np.float64] = table / table.sum()
        return shares


class MeanSize(_Filed, frozen=True, kw_only=True):
    """People in a household."""

    value: float


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A share by age and area; an age's value holds until the next age."""

    era: str
    source: str
    ages: tuple[int, ...]
    rural: tuple[float, ...]
    urban: tuple[float, ...]

    def by_age(self) -> NDArray[np.float64]:
        """Shares for rural and urban (rows) and every single year of age (columns)."""
        return np.stack([steps(self.ages, self.rural), steps(self.ages, self.urban)])


class Kinds(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of household and how frequent they are before the fit."""

    source: str
    shares: Mapping[str, float]
    one_person: float


class Marriage(msgspec.Struct, frozen=True, kw_only=True):
    """Ages at marriage, in years."""

    source: str
    mean_age_women: Mapping[str, float]
    mean_gap_years: float
    gap_spread_years: float


class Families(msgspec.Struct, frozen=True, kw_only=True):
    """Completed families of mothers born up to a year: shares with 0, 1, 2 … children."""

    until: int
    shares: tuple[float, ...]


class Births(msgspec.Struct, frozen=True, kw_only=True):
    """How many children families have, and how many of them are boys."""

    source: str
    families: tuple[Families, ...]
    boys_share: float
    boys_share_since_2006: float


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """Share of unmarried children who still live with their parents, by age."""

    source: str
    ages: tuple[int, ...]
    sons: tuple[float, ...]
    daughters: tuple[float, ...]

    def by_age(self) -> NDArray[np.float32]:
        """Shares for sons and daughters (rows) by single years of age (columns)."""
        return np.stack([steps(self.ages, self.sons), steps(self.ages, self.daughters)]).astype(np.float32)


class Customs(msgspec.Struct, frozen=True, kw_only=True):
    """Who stays with the parents, and who heads a household."""

    source: str
    son_stays: float
    woman_heads_couple: float
    woman_is_lone_parent: float
    mother_unmarried: float


class HouseholdTables(msgspec.Struct, frozen=True, kw_only=True):
    """All of households.toml."""

    mean_size: tuple[MeanSize, ...]
    kinds: Kinds
    marriage: Marriage
    births: Births
    leaving: Leaving
    customs: Customs


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """The names given to boys or girls born up to a year."""

    until: int
    source: str
    none: float
    double: float
    single: str
    first: str
    second: str
    given: str


class NameTables(msgspec.Struct, frozen=True, kw_only=True):
    """All of names.toml."""

    surnames: Mapping[str, Mapping[str, str]]
    male: tuple[Generation, ...]
    female: tuple[Generation, ...]


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Words with their weights, and where those come from."""

    source: str
    shares: str


class Insured(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of insured by occupation."""

    source: str
    very_old_from: int
    very_old_share: float
    still_without: Mapping[str, float]
    groups: Mapping[str, Mapping[str, float]]  #: occupation → group → per cent


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """All of habits.toml."""

    phone: tuple[Curve, ...]
    smartphone: tuple[Curve, ...]
    computer: tuple[Curve, ...]
    willing: tuple[Curve, ...]
    commune_spread: float
    born_elsewhere: Mapping[str, float]
    ethnicity: Mapping[str, Shares]
    insured: Insured


class Occupations(msgspec.Struct, frozen=True, kw_only=True):
    """Occupations by age, area and sex."""

    names: tuple[str, ...]
    from_ages: tuple[int, ...]
    weights: Mapping[tuple[int, str, str], tuple[float, ...]]  #: (from age, area, sex) → weight per occupation


class Relative(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who lives with a persona."""

    kin: str  #: spouse or child
    gap: float = 0.0  #: years older than the persona, for a spouse
    age: float = 0.0  #: years, for a child


class PersonaHints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"with_": "with"}):
    """What is fixed about a persona besides name, sex, birthday and commune; None where it is drawn."""

    phone: bool | None = None
    smartphone: bool | None = None
    online: float | None = None
    occupation: str | None = None
    insured: str | None = None  #: group of insured; empty for no card
    clients: int = 0  #: companies that this accountant files for
    directs: bool = False  #: leads a company from another province
    child_of: str = ""  #: persona id of a parent
    with_: tuple[Relative, ...] | None = None


class CompanyShares(msgspec.Struct, frozen=True, kw_only=True):
    """How frequent what is among companies."""

    source: str
    out_of_province: float
    with_agent: float
    outside_with_local_agent: float
    clients_per_agent: int
    branches: float
    directors_women: float


class CompanyNames(msgspec.Struct, frozen=True, kw_only=True):
    """Words that companies are called by."""

    source: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    numbers: tuple[str, ...]  #: the first is none


class Trades(msgspec.Struct, frozen=True, kw_only=True):
    """What companies do, as their names say it."""

    source: str
    names: tuple[str, ...]


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """Where companies from outside the province sit: codes of the 2018 era with weights, and the weight of the rest."""

    source: str
    weights: Mapping[str, float]
    elsewhere: float


class CompanyTables(msgspec.Struct, frozen=True, kw_only=True):
    """All of companies.toml."""

    shares: CompanyShares
    kinds: Shares
    trades: Trades
    names: CompanyNames
    outside: Outside


def steps(ages: tuple[int, ...], values: tuple[float, ...]) -> NDArray[np.float64]:
    """Spread values that begin at given ages over every single year of age."""
    return np.asarray(values)[np.searchsorted(np.asarray(ages), np.arange(MAX_AGE + 1), side="right") - 1]


def weights(text: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Read "Nguyễn 38.4; Trần 12.1" into words and weights."""
    pairs = [entry.strip().rsplit(" ", 1) for entry in text.split(";") if entry.strip()]
    return tuple(word for word, _ in pairs), np.array([float(weight) for _, weight in pairs])


def closest(rows: tuple[T, ...], province: Province) -> T:
    """Return the table of the province's era that names it, its region, or the nation, in this order."""
    return next(row for key in keys(province) for row in rows if row.era == province.era and key in row.regions)


def of_era(curves: tuple[Curve, ...], province: Province) -> Curve:
    """Return the curve of the province's era."""
    return next(curve for curve in curves if curve.era == province.era)


@cache
def ethnicities(province: str, *, era: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Ethnicities of a province with their shares: its own, or mixed of the provinces that it was made of in 2025."""
    people = {row["code"]: float(row["population"]) for row in read_units("province-populations.csv")}
    parts = MERGED_2025.get(province, (province,)) if era == "2026" else (province,)
    mixed: dict[str, float] = {}
    for part in parts:
        known = habits().ethnicity
        words, shares = weights(next(known[key] for key in (part, region_of(part), "nation") if key in known).shares)
        for word, share in zip(words, shares / shares.sum(), strict=True):
            mixed[word] = mixed.get(word, 0.0) + share * people.get(part, 1.0)
    whole = np.array(list(mixed.values()))
    return tuple(mixed), whole / whole.sum()


@cache
def pyramids() -> tuple[Pyramid, ...]:
    """All pyramids."""
    return msgspec.convert(_read("pyramid")["pyramid"], tuple[Pyramid, ...])


@cache
def households() -> HouseholdTables:
    """What households are made of."""
    return msgspec.convert(_read("households"), HouseholdTables)


@cache
def names() -> NameTables:
    """Surnames, middle names, given names."""
    return msgspec.convert(_read("names"), NameTables)


@cache
def habits() -> Habits:
    """Phones, smartphones, insurance, ethnicity."""
    raw = _read("habits")
    insured = raw["insured"]
    return msgspec.convert(
        {
            **raw,
            "commune_spread": raw["communes"]["spread"],
            "born_elsewhere": raw["birthplace"]["elsewhere"],
            "insured": {**insured, "groups": {name: insured[name] for name in occupations().names}},
        },
        Habits,
    )


@cache
def occupations() -> Occupations:
    """Occupations by age, area and sex."""
    text = (FOLDER / "occupations.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    return Occupations(
        names=tuple(header[3:]),
        from_ages=tuple(sorted({int(row[0]) for row in rows})),
        weights={(int(row[0]), row[1], row[2]): tuple(float(cell) for cell in row[3:]) for row in rows},
    )


@cache
def personas() -> Mapping[str, PersonaHints]:
    """What goes with the fixed people, by persona id."""
    return msgspec.convert(_read("personas"), dict[str, PersonaHints])


@cache
def companies() -> CompanyTables:
    """Companies: shares, names, places."""
    return msgspec.convert(_read("companies"), CompanyTables)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
