"""Numbers and lists as people write them: 1.234.567,89 in Vietnamese and 1,234,567.89 in English."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from simulation.text import Text

#: From here on no decimals, and one.
_LARGE, _MIDDLE = 1000, 20
_SWAP = str.maketrans(",.", ".,")


def number(value: float, *, places: int = 0) -> Text:
    """Write a number with separators and a fixed number of decimal places."""
    english = f"{value:,.{places}f}"
    return Text(english.translate(_SWAP), english)


def significant(value: float, *, sign: bool = False) -> Text:
    """Write a number with three significant digits or so, with its sign if wanted; a dash for nan."""
    if math.isnan(value):
        return Text("–", "–")
    if value == 0:
        return Text("0", "0")
    size = abs(value)
    large = size >= _LARGE or (size >= _MIDDLE and float(value).is_integer())
    places = 0 if large else 1 if size >= _MIDDLE else 2 if size >= 1 else 4
    written = number(value, places=places)
    if not written.en.strip("-0.,"):
        return Text("0", "0")  # as good as nothing
    return Text(f"+{written.vi}", f"+{written.en}") if sign and value > 0 else written


def figure(value: float) -> Text:
    """Write a number with as many decimal places as its size deserves: three significant digits below 100."""
    if float(value).is_integer():
        return number(value)
    size = abs(value)
    return number(value, places=3 if size < 1 else 2 if size < 10 else 1 if size < 100 else 0)  # noqa: PLR2004


def dong(value: int) -> Text:
    """Write an amount of money."""
    return Text(f"{number(value).vi} đồng", f"{number(value).en} đồng")


def moment(when: datetime) -> str:
    """Date and time as Vietnamese write them, in both languages: 22/08/2018 14:05:09."""
    return when.strftime("%d/%m/%Y %H:%M:%S")


def clock(official_second: float) -> str:
    """Time of day of an official second since midnight: 14:05."""
    minutes = round(official_second / 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def some(items: Sequence[str], *, most: int = 10, between: str = ", ") -> Text:
    """List the first items and say how many more there are."""
    shown, more = between.join(items[:most]), len(items) - most
    if more <= 0:
        return Text(shown, shown)
    return Text(f"{shown} và {number(more).vi} mục nữa", f"{shown} and {number(more).en} more")


def join(texts: Iterable[Text], *, between: str = " ") -> Text:
    """Put sentences one after another in both languages."""
    parts = list(texts)
    return Text(between.join(part.vi for part in parts), between.join(part.en for part in parts))
