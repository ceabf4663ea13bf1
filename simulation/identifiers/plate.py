"""Biển số xe: province, series, order number (TT 15/2014/TT-BCA; five digits since 2010).

A car of Bến Tre: `71A-123.45`; a motorbike there: `71-B1 234.56`. Series letters as in the circular, from memory and
unverified: a setting.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from simulation.identifiers.errors import raise_if
from simulation.identifiers.provinces import provinces
from simulation.text import Text

#: Letters of the series of private cars, and of motorbikes.
CAR_SERIES = "ACDGHKLNPSTUVXYZ"
BIKE_SERIES = "BCDEFGHKLMNPSTUVXYZ"

_CAR = re.compile(r"(?P<province>[0-9]{2})(?P<series>[A-Z]{1,2})-(?P<number>[0-9]{3}\.[0-9]{2})", re.ASCII)
_BIKE = re.compile(r"(?P<province>[0-9]{2})-(?P<series>[A-Z][A-Z0-9]) (?P<number>[0-9]{3}\.[0-9]{2})", re.ASCII)


class Plate(msgspec.Struct, frozen=True, kw_only=True):
    """What a number plate says."""

    kind: Literal["car", "motorbike"]
    province: str  #: the two digits on the plate
    series: str
    number: int  #: 1 … 99,999

    def __str__(self) -> str:
        """Spell the plate in one line."""
        figures = f"{self.number // 100:03d}.{self.number % 100:02d}"
        if self.kind == "car":
            return f"{self.province}{self.series}-{figures}"
        return f"{self.province}-{self.series} {figures}"


def problems(text: str) -> list[Text]:
    """All that is wrong with the text."""
    shape = _CAR.fullmatch(text) or _BIKE.fullmatch(text)
    if shape is None:
        return [
            Text(
                f"Biển số ô tô viết như “71A-123.45”, xe máy như “71-B1 234.56”; đang là “{text}”.",
                f"A car's plate looks like “71A-123.45”, a motorbike's like “71-B1 234.56”; found “{text}”.",
            )
        ]
    found = []
    if not any(shape["province"] in known.plates for known in provinces().values()):
        found.append(
            Text(
                f"Hai số đầu “{shape['province']}” không phải ký hiệu của tỉnh nào (ví dụ 71 là Bến Tre).",
                f"The first two digits “{shape['province']}” are no province's (71 is Bến Tre, say).",
            )
        )
    if shape["number"] == "000.00":
        found.append(Text("Số thứ tự trên biển bắt đầu từ 000.01.", "The order number on a plate starts at 000.01."))
    return found


def validate(text: str) -> None:
    """Raise IdentifierError unless the text is a number plate."""
    raise_if(text, problems(text))


def parse(text: str) -> Plate:
    """Read a number plate. Raises IdentifierError."""
    validate(text)
    shape = _CAR.fullmatch(text) or _BIKE.fullmatch(text)
    assert shape is not None  # noqa: S101 -- validate has just refused that
    return Plate(
        kind="car" if _CAR.fullmatch(text) else "motorbike",
        province=shape["province"],
        series=shape["series"],
        number=int(shape["number"].replace(".", "")),
    )
