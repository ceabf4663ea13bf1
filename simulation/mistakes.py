"""Mistakes in files that people write: collected whole, then told all at once."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from simulation.text import Language, Text


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: where, what was found, and the way out."""

    file: str  #: file name as the user knows it
    key: str  #: path inside the file, e.g. "agencies[2].commune"
    found: Text
    way_out: Text

    def into(self, language: Language) -> str:
        """One line for people."""
        return f"{self.file}: {self.key}: {self.found.into(language)} {self.way_out.into(language)}"


class BadInputError(Exception):
    """What the user gave cannot be used; every mistake found is listed."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Keep the mistakes in the order in which they were found."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistake.into("en") for mistake in self.mistakes))


def did_you_mean(found: str, known: Iterable[str]) -> Text:
    """Name the nearest known word, or list them all when none is near."""
    names = sorted(set(known))
    near = get_close_matches(found, names, n=1, cutoff=0.5)
    if near:
        return Text(f"Có phải ý bạn là “{near[0]}”?", f"Did you mean “{near[0]}”?")
    shown = ", ".join(names[:20])
    return Text(f"Các giá trị có thể dùng: {shown}.", f"Possible values: {shown}.")
