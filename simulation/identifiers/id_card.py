"""Số chứng minh nhân dân (CMND): the 9-digit card that the 12-digit one replaced.

Two digits for the issuing province (provinces that were once one share them), seven more; no check digit. Of the 2018
era only: the cards ended on 1 January 2025.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.identifiers.errors import digits_problem, raise_if
from simulation.identifiers.provinces import provinces
from simulation.text import Text

LENGTH = 9
#: How many numbers a two-digit prefix has.
PER_PREFIX = 10_000_000
#: Age in years from which a card was given (NĐ 05/1999/NĐ-CP, article 3).
FROM_AGE = 14

_WHAT = Text("Số chứng minh nhân dân", "identity card number")


def problems(text: str) -> list[Text]:
    """All that is wrong with the text."""
    found = digits_problem(text, LENGTH, _WHAT)
    if found or issuers(text[:2]):
        return found
    return [
        Text(
            f"Hai số đầu “{text[:2]}” không phải của tỉnh nào (ví dụ 32 là Bến Tre); kiểm tra lại số.",
            f"The first two digits “{text[:2]}” are no province's (32 is Bến Tre, say); check them.",
        )
    ]


def validate(text: str) -> None:
    """Raise IdentifierError unless the text is a card number."""
    raise_if(text, problems(text))


def parse(text: str) -> tuple[str, ...]:
    """Return the codes of the provinces that may have issued the card. Raises IdentifierError."""
    validate(text)
    return issuers(text[:2])


def issuers(prefix: str) -> tuple[str, ...]:
    """Codes of the provinces whose cards begin with these two digits."""
    return tuple(known.code for known in provinces().values() if known.id_card == prefix)


def numbers(prefix: str, serials: NDArray[np.int64]) -> NDArray[np.int64]:
    """Make card numbers, as integers, from serials of seven digits."""
    made: NDArray[np.int64] = int(prefix) * PER_PREFIX + serials
    return made
