"""Mã hồ sơ: `<agency code>-YYMMDD-XXXX`, TT 01/2018/TT-VPCP, article 19.

The counter starts again every day and has four digits in the circular; codes given out by the National Portal in
2024-2026 show six as well, so both are read. Agency codes come in both forms (simulation/agency_code.py).
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from simulation import agency_code
from simulation.identifiers.errors import raise_if
from simulation.text import Text

_SHAPE = re.compile(r"(?P<agency>.+)-(?P<day>[0-9]{6})-(?P<counter>[0-9]{4}|[0-9]{6})", re.ASCII)


class DossierCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a dossier code says."""

    agency: str  #: code of the receiving agency, as spelt
    day: date
    counter: int  #: from 1, within the agency and the day
    width: int = 4  #: digits of the counter

    def __str__(self) -> str:
        """Spell the code."""
        return f"{self.agency}-{self.day:%y%m%d}-{self.counter:0{self.width}d}"


def problems(text: str, *, today: date | None = None) -> list[Text]:
    """All that is wrong with the text; with today's date, also whether its day is still to come."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return [
            Text(
                f"Mã hồ sơ viết như “000.00.12.H07-180822-0001”; đang là “{text}”.",
                f"A dossier code looks like “000.00.12.H07-180822-0001”; found “{text}”.",
            )
        ]
    found = []
    try:
        agency_code.parse(shape["agency"])
    except agency_code.BadAgencyCodeError as error:
        found.append(error.found)
    day = _day(shape["day"])
    if day is None:
        found.append(
            Text(
                f"“{shape['day']}” không phải ngày (năm, tháng, ngày, mỗi phần 2 số, ví dụ 180822).",
                f"“{shape['day']}” is no day (year, month and day of 2 digits each, such as 180822).",
            )
        )
    elif today is not None and day > today:
        found.append(
            Text(
                f"Ngày trong mã ({day:%d/%m/%Y}) chưa tới; kiểm tra lại mã.",
                f"The day in the code ({day.isoformat()}) is still to come; check the code.",
            )
        )
    if int(shape["counter"]) == 0:
        found.append(Text("Số thứ tự hồ sơ bắt đầu từ 0001.", "The counter of dossiers starts at 0001."))
    return found


def validate(text: str, *, today: date | None = None) -> None:
    """Raise IdentifierError unless the text is a dossier code."""
    raise_if(text, problems(text, today=today))


def parse(text: str) -> DossierCode:
    """Read a dossier code. Raises IdentifierError."""
    validate(text)
    shape = _SHAPE.fullmatch(text)
    day = _day(shape["day"]) if shape else None
    assert shape is not None and day is not None  # noqa: S101, PT018 -- validate has just refused that
    return DossierCode(agency=shape["agency"], day=day, counter=int(shape["counter"]), width=len(shape["counter"]))


def _day(figures: str) -> date | None:
    try:
        return date(2000 + int(figures[:2]), int(figures[2:4]), int(figures[4:]))
    except ValueError:
        return None
