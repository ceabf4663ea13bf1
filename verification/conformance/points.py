"""The norm's points, from fixtures/conformance/points.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from simulation.text import Language, Text

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "conformance"
Weight = Literal[1, 2, 3]


class Words(msgspec.Struct, frozen=True):
    """A sentence in both languages."""

    vi: str
    en: str

    def into(self, language: Language) -> str:
        """Return the sentence in the wanted language."""
        return Text(self.vi, self.en).into(language)


class Point(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that must match. What breaks it is a mismatch of the same name."""

    id: str
    area: str
    weight: Weight  #: 3 grave, 2 costly, 1 slight
    title: Words
    cost: Words  #: what it would cost to live with it
    minutes: int  #: an official's work for each dossier that is hit; assumed
    source: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    areas: dict[str, Words]
    point: list[Point]


@cache
def _read() -> _File:
    return msgspec.convert(tomllib.loads((FOLDER / "points.toml").read_text("utf-8")), _File)


@cache
def points() -> Mapping[str, Point]:
    """All points by name, in the order of the file."""
    return {point.id: point for point in _read().point}


def areas() -> Mapping[str, Words]:
    """Names of the areas."""
    return _read().areas
