"""Số điện thoại di động: ten digits since 15 September 2018, when the numbers of eleven digits lost one.

Old prefixes (0120 …) and what each became are the Ministry's table of 29 May 2018, as the press printed it. Numbers of
both kinds worked side by side until 14 November 2018. The last seven digits stayed.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.identifiers.errors import raise_if
from simulation.text import Text

#: Day from which the new prefixes work, and the last day of the old ones.
SWITCH = date(2018, 9, 15)
OLD_UNTIL = date(2018, 11, 14)
#: Prefixes of four digits and what they became.
RENUMBERED = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",  # MobiFone
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",  # VinaPhone
    "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038",  # Viettel
    "0169": "039",
    "0186": "056", "0188": "058",  # Vietnamobile
    "0199": "059",  # Gmobile
}  # fmt: skip
#: Prefixes of three digits, the same before and after. (087 and 055 came to new operators after 2018; from memory.)
UNCHANGED = ("086", "088", "089", "090", "091", "092", "093", "094", "096", "097", "098", "099")
LATER = ("052", "055", "087")
#: How many numbers a prefix has.
PER_PREFIX = 10_000_000

_SPACES = re.compile(r"[ .\-]")


class Mobile(msgspec.Struct, frozen=True, kw_only=True):
    """A mobile number in its parts."""

    prefix: str
    rest: str  #: seven digits
    era: Literal["old", "new"]  #: old: eleven digits, until 14 November 2018

    def __str__(self) -> str:
        """Spell the number without spaces."""
        return self.prefix + self.rest

    def today(self) -> str:
        """Return the number as it is dialled since September 2018."""
        return RENUMBERED.get(self.prefix, self.prefix) + self.rest


def prefixes(day: date) -> tuple[str, ...]:
    """Prefixes that a new customer could get that day."""
    return (*UNCHANGED, *RENUMBERED) if day < SWITCH else (*UNCHANGED, *RENUMBERED.values(), *LATER)


def problems(text: str, *, day: date | None = None) -> list[Text]:
    """All that is wrong with the text; with a day, also whether such a number worked on it."""
    plain = _plain(text)
    number = _read(plain)
    if number is None:
        return [
            Text(
                f"“{text}” không phải số di động: cần 10 chữ số với đầu số 03, 05, 07, 08 hoặc 09"
                " (trước 15/9/2018 còn có số 11 chữ số đầu 012, 016, 018, 019).",
                f"“{text}” is no mobile number: 10 digits beginning 03, 05, 07, 08 or 09"
                " (before 15 September 2018 also 11 digits beginning 012, 016, 018 or 019).",
            )
        ]
    if day is None:
        return []
    if number.era == "old" and day > OLD_UNTIL:
        return [
            Text(
                f"Số 11 chữ số {plain} đã ngừng dùng từ 15/11/2018; số mới là {number.today()}.",
                f"Numbers of 11 digits ended on 14 November 2018; {plain} is now {number.today()}.",
            )
        ]
    if number.era == "new" and day < SWITCH and number.prefix not in UNCHANGED:
        return [
            Text(
                f"Đầu số {number.prefix} chỉ có từ 15/9/2018; ngày {day:%d/%m/%Y} chưa dùng được.",
                f"The prefix {number.prefix} began on 15 September 2018; on {day.isoformat()} it did not work yet.",
            )
        ]
    return []


def validate(text: str, *, day: date | None = None) -> None:
    """Raise IdentifierError unless the text is a mobile number (that worked on that day)."""
    raise_if(text, problems(text, day=day))


def parse(text: str) -> Mobile:
    """Read a mobile number, with or without spaces, dots and +84. Raises IdentifierError."""
    validate(text)
    number = _read(_plain(text))
    assert number is not None  # noqa: S101 -- validate has just refused that
    return number


def prefixes_of(day: date, people: int) -> NDArray[np.int64]:
    """Prefixes as integers, without the leading 0: a row for each ten million of so many people.

    Up to ten million may have any prefix; where there are more, each ten million has its own share of the prefixes. So
    a number is unique with a prefix of its row, and seven digits that no other of the row has.
    """
    known = np.array([int(prefix) for prefix in prefixes(day)], dtype=np.int64)
    rows = -(-max(people, 1) // PER_PREFIX)
    return known[: len(known) // rows * rows].reshape(rows, -1)


def _plain(text: str) -> str:
    plain = _SPACES.sub("", text)
    return "0" + plain[3:] if plain.startswith("+84") else plain


def _read(plain: str) -> Mobile | None:
    if not (plain.isascii() and plain.isdigit()):
        return None
    prefix, rest = plain[:-7], plain[-7:]
    if prefix in RENUMBERED:
        return Mobile(prefix=prefix, rest=rest, era="old")
    if prefix in UNCHANGED or prefix in RENUMBERED.values() or prefix in LATER:
        return Mobile(prefix=prefix, rest=rest, era="new")
    return None
