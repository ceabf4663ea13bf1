"""Mã số bảo hiểm xã hội (10 digits) and the number on the health card (mã thẻ BHYT, 15 characters until 2021).

The card's number: two letters for the group of insured (HC civil servant, DN employee, HT pensioner, TE child under
six, HS pupil, GD household …), one digit 1-5 for the level of benefit, two for the province, then the ten digits of
the social-insurance number (dispatch 3340/BHXH-ST of 2017, secondary source). Cards of the pattern in force since
1 April 2021 (QĐ 1666/QĐ-BHXH) show the ten digits alone. That the ten begin with the province's two is from memory,
unverified. No check digit.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.identifiers.errors import digits_problem, raise_if
from simulation.identifiers.provinces import provinces
from simulation.text import Text

LENGTH = 10
#: How many social-insurance numbers a province has.
PER_PROVINCE = 100_000_000
#: Groups of insured with their level of benefit (QĐ 1351/QĐ-BHXH of 2015; from memory, unverified: a setting).
GROUPS = {
    "DN": 4,  # employee of a company
    "HC": 4,  # civil servant, public employee
    "HT": 3,  # pensioner
    "TE": 1,  # child under six
    "HS": 4,  # pupil, student
    "GD": 4,  # household scheme
    "HN": 2,  # poor household
    "CN": 3,  # nearly poor household
    "BT": 2,  # social protection, the very old
}
#: Letters that other groups use on real cards; known to the validator, not given out by the maker.
OTHER_GROUPS = frozenset(
    "CH NN TK XK CA TB NO CT XB TN CS QN CY XN MS CC CK CB KC HD TQ TA TY HG LS PV TS HX XD DT DK TC TV XV HK".split()  # noqa: SIM905 -- reads better than forty quoted strings
)

_CARD = re.compile(r"(?P<group>[A-Z]{2})(?P<benefit>[1-5])(?P<province>[0-9]{2})(?P<number>[0-9]{10})", re.ASCII)
_WHAT = Text("Mã số bảo hiểm xã hội", "social-insurance number")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What the number of a health card says."""

    number: str  #: social-insurance number, ten digits
    group: str = ""  #: two letters; empty on the cards of ten digits
    benefit: Literal[0, 1, 2, 3, 4, 5] = 0  #: level of benefit; 0 on the cards of ten digits
    province: str = ""  #: code of the province that issued the card; empty on the cards of ten digits


def problems(text: str) -> list[Text]:
    """All that is wrong with the text, as a card of either pattern."""
    if text.isascii() and text.isdigit():
        found = digits_problem(text, LENGTH, _WHAT)
        return found or _province_problems(text[:2])
    shape = _CARD.fullmatch(text)
    if shape is None:
        return [
            Text(
                f"Mã thẻ BHYT gồm 2 chữ cái, 1 chữ số 1-5, 2 chữ số mã tỉnh và 10 chữ số; đang là “{text}”.",
                f"A health card is 2 letters, a digit 1-5, 2 digits of province and 10 digits; found “{text}”.",
            )
        ]
    found = _province_problems(shape["province"])
    if shape["group"] not in GROUPS and shape["group"] not in OTHER_GROUPS:
        found.append(
            Text(
                f"“{shape['group']}” không phải mã đối tượng tham gia BHYT (ví dụ GD là hộ gia đình).",
                f"“{shape['group']}” is no group of insured (GD is the household scheme, say).",
            )
        )
    return found


def validate(text: str) -> None:
    """Raise IdentifierError unless the text is the number of a health card."""
    raise_if(text, problems(text))


def parse(text: str) -> Card:
    """Read the number of a health card. Raises IdentifierError."""
    validate(text)
    if len(text) == LENGTH:
        return Card(number=text)
    return msgspec.convert(
        {"group": text[:2], "benefit": int(text[2]), "province": text[3:5], "number": text[5:]}, Card
    )


def numbers(province: str, serials: NDArray[np.int64]) -> NDArray[np.int64]:
    """Make social-insurance numbers, as integers of ten digits, from serials of eight digits."""
    made: NDArray[np.int64] = int(province) * PER_PROVINCE + serials
    return made


def _province_problems(code: str) -> list[Text]:
    if code in provinces():
        return []
    return [
        Text(
            f"Mã tỉnh “{code}” trên thẻ không có (ví dụ 83 là Bến Tre); kiểm tra lại.",
            f"There is no province “{code}” (83 is Bến Tre, say); check the number.",
        )
    ]
