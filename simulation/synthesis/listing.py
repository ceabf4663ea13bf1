"""The provinces of both eras by name: 63 as they were in 2018, 34 as they have been since 1 July 2025."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import msgspec

from simulation.province import Era
from simulation.text import without_diacritics

UNITS = Path(__file__).resolve().parents[2] / "fixtures" / "admin-units"
#: Which list of units holds for an era.
FILE_OF: dict[Era, str] = {"2018": "units-2021.csv", "2026": "units-2026.csv"}
#: Provinces of 2026 whose name no province of 2018 had, and the one they come from.
_RENAMED = {"Huế": "Thừa Thiên Huế"}


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A province of an era, as the lists of units have it."""

    id: str  #: e.g. "vinh_phuc_2018"
    name: str  #: e.g. "Vĩnh Phúc"
    kind: str  #: "tỉnh" or "thành phố"
    code: str  #: General Statistics Office code of the era
    agency_code: str  #: e.g. "H62"; a merged province has that of the old one whose name it bears (assumed)
    era: Era

    @property
    def title(self) -> str:
        """The province in a sentence: "tỉnh Vĩnh Phúc"."""
        return f"{self.kind} {self.name}"


def names() -> list[str]:
    """Ids of all provinces, by era, in the order of their codes."""
    return list(_by_id())


def find(name: str) -> Listed | None:
    """Return the province of an id; "Vĩnh Phúc 2018" will do for "vinh_phuc_2018". None where there is none."""
    return _by_id().get(id_of(name))


def id_of(name: str) -> str:
    """Return a name as ids are written: small letters without diacritics, and `_`."""
    return "_".join(re.findall(r"[a-z0-9]+", without_diacritics(name).casefold()))


@cache
def _by_id() -> dict[str, Listed]:
    roots = {clean(row["name"]): row["agency_code"] for row in read("province-codes-2018.csv")}
    listed = [
        _listed(row, era, roots) for era, file in FILE_OF.items() for row in read(file) if row["level"] == "province"
    ]
    return {one.id: one for one in sorted(listed, key=lambda one: (one.era, one.code))}


def _listed(row: dict[str, str], era: Era, roots: dict[str, str]) -> Listed:
    kind = next(kind for kind in ("Thành phố", "Tỉnh") if row["full_name"].startswith(kind))
    name = clean(row["full_name"].removeprefix(kind))
    return Listed(
        id=f"{id_of(name)}_{era}",
        name=name,
        kind=kind.casefold(),
        code=row["code"],
        agency_code=roots[_RENAMED.get(name, name)],
        era=era,
    )


def clean(name: str) -> str:
    """Return a unit's name without stray blanks, its first letter large, its tone marks where most write them."""
    tidy = " ".join(name.split())
    tidy = re.sub(r"oá\b", "óa", re.sub(r"oà\b", "òa", tidy))  # "Thanh Hoá", "Khánh Hoà": both spellings are in use
    return tidy[:1].upper() + tidy[1:]


@cache
def read(file: str) -> tuple[dict[str, str], ...]:
    """Read one of the lists of units; lines that begin with # explain it."""
    text = (UNITS / file).read_text(encoding="utf-8-sig")
    return tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
