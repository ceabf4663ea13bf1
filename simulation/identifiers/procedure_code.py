"""Mã thủ tục hành chính: one digit, a dot, six digits, as the national database numbers procedures (1.004873)."""

from __future__ import annotations

import re

from simulation.identifiers.errors import raise_if
from simulation.text import Text

SHAPE = re.compile(r"[0-9]\.[0-9]{6}", re.ASCII)


def problems(text: str) -> list[Text]:
    """All that is wrong with the text. Whether the database has the code is not known here."""
    if SHAPE.fullmatch(text):
        return []
    return [
        Text(
            f"Mã thủ tục gồm một chữ số, dấu chấm và sáu chữ số, ví dụ 1.004873; đang là “{text}”.",
            f"A procedure's code is a digit, a dot and six digits, such as 1.004873; found “{text}”.",
        )
    ]


def validate(text: str) -> None:
    """Raise IdentifierError unless the text has a procedure code's form."""
    raise_if(text, problems(text))
