"""How each province shows in identifiers. Personal numbers and plates keep the province of their day after mergers."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import msgspec

#: Codes (General Statistics Office, before July 2025) with the digits that identifiers use; sources in its first lines.
TABLE = Path(__file__).resolve().parents[2] / "fixtures" / "people" / "province_numbers.csv"

#: The provinces of 2018 that became one on 1 July 2025 under a code of one of them (NQ 202/2025/QH15); the other codes
#: of the 2026 era name one unchanged province.
MERGED_2025 = {
    "08": ("02", "08"),
    "15": ("10", "15"),
    "19": ("06", "19"),
    "24": ("24", "27"),
    "25": ("17", "25", "26"),
    "31": ("30", "31"),
    "33": ("33", "34"),
    "37": ("35", "36", "37"),
    "44": ("44", "45"),
    "48": ("48", "49"),
    "51": ("51", "62"),
    "52": ("52", "64"),
    "56": ("56", "58"),
    "66": ("54", "66"),
    "68": ("60", "67", "68"),
    "75": ("70", "75"),
    "79": ("74", "77", "79"),
    "80": ("72", "80"),
    "82": ("82", "87"),
    "86": ("83", "84", "86"),
    "91": ("89", "91"),
    "92": ("92", "93", "94"),
    "96": ("95", "96"),
}


class ProvinceNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """One province of the 2018 era, as identifiers write it."""

    code: str  #: General Statistics Office code, e.g. "83"
    name: str
    personal_number: str  #: three digits, e.g. "083"
    id_card: str  #: first two digits of the 9-digit card, e.g. "32"; shared by provinces that were once one
    plates: tuple[str, ...]  #: first two digits of number plates, e.g. ("71",)
    tax_code: str  #: first two digits of tax codes, e.g. "13"


@cache
def provinces() -> dict[str, ProvinceNumbers]:
    """All 63 provinces by code."""
    lines = (line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {
        row["code"]: msgspec.convert({**row, "plates": row["plates"].split()}, ProvinceNumbers)
        for row in csv.DictReader(lines)
    }


def parts_of(code: str, *, era: str) -> tuple[ProvinceNumbers, ...]:
    """The provinces of 2018 that make up a province of the era.

    A province that the table does not know (a made-up one) counts as Bến Tre, so that its people's numbers are valid.
    """
    known = provinces()
    codes = MERGED_2025.get(code, (code,)) if era == "2026" else (code,)
    return tuple(known[part] for part in codes if part in known) or (known["83"],)
