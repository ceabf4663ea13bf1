"""Vietnamese text without its diacritics, so that people find things the way they type on any keyboard."""

from __future__ import annotations

import re
import unicodedata

#: Đ is a letter of its own, not a D with a mark that decomposition takes off.
_STROKE = str.maketrans("đĐ", "dD")


#: Words, and codes such as 1.004873 as one word; punctuation only separates.
_WORD = re.compile(r"\w+(?:\.\w+)*")


def fold(text: str) -> str:
    """Return "Đăng ký (lại) khai sinh" as "dang ky lai khai sinh": words without marks, capitals or punctuation."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFD", text.translate(_STROKE)) if not unicodedata.combining(letter)
    )
    return " ".join(_WORD.findall(bare.casefold()))


def tidy(text: str) -> str:
    """Return the words in composed form (NFC), without capitals or punctuation; their marks stay."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))
