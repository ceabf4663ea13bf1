"""One sentence in both languages, Vietnamese first, so that no catalogue of messages can drift from the code."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["vi", "en"]


class Text(NamedTuple):
    """A sentence for people: Vietnamese and English side by side."""

    vi: str
    en: str

    def into(self, language: Language) -> str:
        """Return the sentence in the wanted language."""
        return self.en if language == "en" else self.vi
