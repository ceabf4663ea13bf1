"""Mã số thuế (MST): 10 digits, the last a check digit; 13 with the branch or dependent unit ("-001" to "-999").

Check digit (as python-stdnum's `vn.mst` has it): 10 - (the sum of the first nine digits weighted 31, 29, 23, 19, 17,
13, 7, 5, 3, modulo 11); where that gives 10, the nine digits are not used. Every single wrong digit is found out.
Since 2025 a person's tax code is the personal number (from memory, unverified): twelve digits are read as that.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.identifiers import personal_number
from simulation.identifiers.errors import raise_if
from simulation.text import Text

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
#: How many serials (seven digits) a two-digit prefix has, before the tenth or so that the check digit rules out.
PER_PREFIX = 10_000_000
ROOT_LENGTH = 10

_SHAPE = re.compile(r"(?P<head>[0-9]{9})(?P<check>[0-9])(?:-?(?P<branch>[0-9]{3}))?", re.ASCII)
_NO_DIGIT = 10


class TaxCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a tax code says."""

    kind: Literal["company", "branch", "person"]
    root: str  #: ten digits of the company; a person's personal number
    branch: str = ""  #: "001" to "999", of a branch

    def __str__(self) -> str:
        """Spell the code with the hyphen before a branch."""
        return f"{self.root}-{self.branch}" if self.branch else self.root


def check_digit(head: str) -> int | None:
    """Return the check digit of nine digits, or None where they cannot begin a tax code."""
    digit = 10 - sum(weight * int(figure) for weight, figure in zip(WEIGHTS, head, strict=True)) % 11
    return None if digit == _NO_DIGIT else digit


def problems(text: str) -> list[Text]:
    """All that is wrong with the text."""
    if len(text) == personal_number.LENGTH and "-" not in text:
        return personal_number.problems(text)
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return [
            Text(
                f"Mã số thuế gồm 10 chữ số, đơn vị phụ thuộc thêm “-001” đến “-999”; đang là “{text}”.",
                f"A tax code is 10 digits, with “-001” to “-999” for a branch; found “{text}”.",
            )
        ]
    found = []
    if check_digit(shape["head"]) != int(shape["check"]):
        found.append(
            Text(
                f"Chữ số kiểm tra (số thứ 10) của “{text}” không khớp; có thể đã gõ sai một chữ số.",
                f"The check digit (the tenth) of “{text}” does not match; one digit may have been mistyped.",
            )
        )
    if shape["branch"] == "000":
        found.append(Text("Mã đơn vị phụ thuộc bắt đầu từ 001.", "The number of a branch starts at 001."))
    return found


def validate(text: str) -> None:
    """Raise IdentifierError unless the text is a tax code."""
    raise_if(text, problems(text))


def parse(text: str) -> TaxCode:
    """Read the code. Raises IdentifierError."""
    validate(text)
    if len(text) == personal_number.LENGTH and "-" not in text:
        return TaxCode(kind="person", root=text)
    root, branch = text[:ROOT_LENGTH], text[ROOT_LENGTH:].lstrip("-")
    return TaxCode(kind="branch" if branch else "company", root=root, branch=branch)


def numbers(prefix: str, serials: NDArray[np.int64]) -> NDArray[np.int64]:
    """Make tax codes, as integers of ten digits, from serials of seven digits.

    Serials whose check digit would be 10 are left out, so about one in eleven is missing.
    """
    heads = int(prefix) * PER_PREFIX + serials
    total = np.zeros_like(heads)
    rest = heads.copy()
    for weight in reversed(WEIGHTS):
        rest, figure = np.divmod(rest, 10)
        total += weight * figure
    digits = 10 - total % 11
    made: NDArray[np.int64] = (heads * 10 + digits)[digits != _NO_DIGIT]
    return made
