"""One sentence in both languages, Vietnamese first, so that no catalogue of messages can drift from the code."""

from __future__ import annotations

import unicodedata
from typing import Literal, NamedTuple

Language = Literal["vi", "en"]


class Text(NamedTuple):
    """A sentence for people: Vietnamese and English side by side."""

    vi: str
    en: str

    def into(self, language: Language) -> str:
        """Return the sentence in the wanted language."""
        return self.en if language == "en" else self.vi


def without_diacritics(text: str) -> str:
    """Return Vietnamese as it is typed on a keyboard without diacritics: “Đăng ký khai sinh” is “Dang ky khai sinh”."""
    plain = text.replace("đ", "d").replace("Đ", "D")
    decomposed = unicodedata.normalize("NFD", plain)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
