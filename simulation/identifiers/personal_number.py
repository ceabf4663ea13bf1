"""Số định danh cá nhân, which is also the number of the citizen's card (CCCD): 12 digits.

NĐ 137/2015/NĐ-CP, article 13, and TT 07/2016/TT-BCA, article 7: three digits for the province (or country) of birth
registration, one for century and sex (0 and 1: male and female of the 1900s, 2 and 3: of the 2000s, and so on to the
2300s), two for the year of birth, six at random. No check digit. After the mergers of 2025 the province's code stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.identifiers.errors import digits_problem, raise_if
from simulation.identifiers.provinces import provinces
from simulation.text import Text

LENGTH = 12
FIRST_CENTURY = 1900
LAST_CENTURY = 2300
#: Codes of countries, for births registered abroad. The list of annex 2 could not be had: the range is unverified.
ABROAD = range(101, 400)
#: How many numbers there are for one province, sex and year of birth.
PER_PROVINCE_SEX_YEAR = 1_000_000

_WHAT = Text("Số định danh cá nhân", "personal number")


class PersonalNumber(msgspec.Struct, frozen=True, kw_only=True):
    """What a personal number says of its owner."""

    place: str  #: three digits: province of the 2018 era, or country, where the birth was registered
    sex: Literal["male", "female"]
    birth_year: int
    serial: int  #: 0 … 999,999

    def __str__(self) -> str:
        """Spell the twelve digits."""
        century, year = divmod(self.birth_year - FIRST_CENTURY, 100)
        return f"{self.place}{2 * century + (self.sex == 'female')}{year:02d}{self.serial:06d}"


def problems(text: str, *, born: date | None = None, sex: str | None = None, today: date | None = None) -> list[Text]:
    """All that is wrong with the text, also against a birthday and sex that are known, and against today's date."""
    found = digits_problem(text, LENGTH, _WHAT)
    if found:
        return found
    return _place_problems(text[:3]) + _owner_problems(_read(text), born=born, sex=sex, today=today)


def validate(text: str, *, born: date | None = None, sex: str | None = None, today: date | None = None) -> None:
    """Raise IdentifierError unless the text is a personal number (of somebody born that day, of that sex)."""
    raise_if(text, problems(text, born=born, sex=sex, today=today))


def parse(text: str) -> PersonalNumber:
    """Read the number. Raises IdentifierError."""
    validate(text)
    return _read(text)


def heads(
    places: Sequence[str] | NDArray[np.int64], *, female: NDArray[np.bool_], birth_years: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Make the first six digits of many numbers, as integers: what remains is a serial of six digits."""
    place = np.asarray(places, dtype=np.int64)
    century, year = np.divmod(birth_years - FIRST_CENTURY, 100)
    made: NDArray[np.int64] = place * 1000 + (2 * century + female) * 100 + year
    return made


def _read(text: str) -> PersonalNumber:
    century_and_sex = int(text[3])
    return PersonalNumber(
        place=text[:3],
        sex="female" if century_and_sex % 2 else "male",
        birth_year=FIRST_CENTURY + 100 * (century_and_sex // 2) + int(text[4:6]),
        serial=int(text[6:]),
    )


def _place_problems(place: str) -> list[Text]:
    if int(place) in ABROAD or any(known.personal_number == place for known in provinces().values()):
        return []
    return [
        Text(
            f"Ba số đầu “{place}” không phải mã tỉnh nơi đăng ký khai sinh (ví dụ 083 là Bến Tre); kiểm tra lại số.",
            f"The first three digits “{place}” are no province of birth registration (083: Bến Tre); check them.",
        )
    ]


def _owner_problems(number: PersonalNumber, *, born: date | None, sex: str | None, today: date | None) -> list[Text]:
    found = []
    if today is not None and number.birth_year > today.year:
        found.append(
            Text(
                f"Năm sinh trong số là {number.birth_year}, sau năm nay ({today.year}); kiểm tra các số thứ 4 đến 6.",
                f"The year of birth in the number is {number.birth_year}, after {today.year}; check digits 4 to 6.",
            )
        )
    if born is not None and number.birth_year != born.year:
        found.append(
            Text(
                f"Năm sinh trong số là {number.birth_year}, trong hồ sơ là {born.year}; kiểm tra các số thứ 4 đến 6.",
                f"The year of birth in the number is {number.birth_year}, on file {born.year}; check digits 4 to 6.",
            )
        )
    if sex is not None and number.sex != sex:
        words = {"male": "nam", "female": "nữ"}
        found.append(
            Text(
                f"Giới tính trong số là {words[number.sex]}, trong hồ sơ là {words[sex]}; kiểm tra số thứ 4.",
                f"The sex in the number is {number.sex}, on file {sex}; check digit 4.",
            )
        )
    return found
