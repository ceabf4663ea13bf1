"""What a synthesised province has beside its units: departments, ratios, volumes, personas (fixtures/synthesis)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from simulation.province import Era

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "synthesis"

#: Desks in the order reception clerks, specialists, leaders, document clerks.
Desks = tuple[int, int, int, int]


class Department(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A department that every province has."""

    name: str
    slug: str  #: its installation
    handles: str  #: kinds of department of the catalogue
    desks: Desks


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The province's own People's Committee."""

    desks: Desks


class DistrictRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A district of so many people."""

    people: int
    desks: Desks


class CommuneRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One desk for every so many people, and never less than this."""

    per: Desks
    least: Desks


class SchoolRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many schools; numbers are people."""

    primary_per: int
    lower_from: int
    upper_per: int
    source: str


class HealthRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many hospitals, centres and stations; numbers are people."""

    hospital_per: int
    station_from: int
    centre_per: int  #: 0 is one for every district
    source: str


class CompanyRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Companies for 1,000 people."""

    rural: float
    urban: float
    source: str


class Volume(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure in proportion to something that is counted."""

    per: Literal["people", "agencies", "schools", "health"]
    value: float
    source: str


class Own(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure that is the same everywhere in the era."""

    value: float
    source: str


class Home(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A commune by how large it is: 0 the largest of its area."""

    area: Literal["town", "village"]
    rank: int


class PersonaRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fixed person."""

    id: str
    name: str
    sex: str
    before: tuple[int, int, int]  #: years, months and days before the era's day
    lives: Home
    story: str


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of one era's file."""

    like: str
    catalogue: str
    day: str
    desks_for: int
    departments: tuple[Department, ...]
    head: Head
    commune: CommuneRule
    schools: SchoolRule
    health: HealthRule
    companies: CompanyRule
    volumes: dict[str, Volume]
    personas: tuple[PersonaRule, ...]
    figures: dict[str, Own] = {}
    district: DistrictRule | None = None


@cache
def rules_of(era: Era) -> Rules:
    """Read the rules of an era."""
    return msgspec.convert(tomllib.loads((FOLDER / f"{era}.toml").read_text(encoding="utf-8")), Rules)


@cache
def figures_like(name: str) -> dict[str, dict[str, str | float]]:
    """The figures of the province that others are made like."""
    path = FOLDER.parent / "provinces" / name / "province.toml"
    return msgspec.convert(
        tomllib.loads(path.read_text(encoding="utf-8"))["figures"], dict[str, dict[str, str | float]]
    )
