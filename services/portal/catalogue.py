"""The province's catalogue of procedures, in memory: by code, field and level, and by what people type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from services.kit.problems import not_found
from services.kit.reference import Agency, Procedure
from services.kit.words import fold, tidy


class Field(msgspec.Struct, frozen=True):
    """A field (lĩnh vực) and how many procedures it has, in all and by level."""

    name: str
    procedures: int
    by_level: Mapping[int, int]


class _Entry(msgspec.Struct, frozen=True):
    procedure: Procedure
    marked: str  #: name with its diacritics
    words: str  #: name, field and code without, each word after a space


class Catalogue:
    """All procedures, found again in many ways. Order: field, then name."""

    def __init__(self, procedures: Iterable[Procedure]) -> None:
        """Index the procedures."""
        ordered = sorted(procedures, key=lambda one: (fold(one.field), fold(one.name), one.code))
        self.by_code = {procedure.code: procedure for procedure in ordered}
        self._index()

    def _index(self) -> None:
        ordered = self.by_code.values()
        self._entries = [
            _Entry(one, tidy(one.name), f" {fold(f'{one.name} {one.field} {one.code}')}") for one in ordered
        ]
        levels: dict[str, Counter[int]] = {}
        for procedure in ordered:
            levels.setdefault(procedure.field, Counter())[procedure.level] += 1
        self.fields = tuple(Field(name, counts.total(), counts) for name, counts in levels.items())

    def set_level(self, code: str, level: int) -> None:
        """Give a procedure another level; one that is no longer catalogued stays out."""
        if code in self.by_code:
            self.by_code[code] = msgspec.structs.replace(self.by_code[code], level=level)
            self._index()

    def find(self, code: str) -> Procedure:
        """Return the procedure with this code; raises 404."""
        procedure = self.by_code.get(code)
        if procedure is None:
            raise not_found(f"thủ tục {code}")
        return procedure

    def search(self, query: str = "", *, level: int | None = None, field: str = "") -> list[Procedure]:
        """Return procedures in which every word of the query begins a word, best first.

        Diacritics do not matter for what is found; a name that has the query just as it was typed comes first, then
        one that has it word by word in order, then the rest.
        """
        marked, bare = tidy(query), fold(query)
        words = [f" {word}" for word in bare.split()]
        found = [
            (marked not in entry.marked, f" {bare}" not in entry.words, entry.procedure)
            for entry in self._entries
            if (level is None or entry.procedure.level == level)
            and (not field or entry.procedure.field == field)
            and all(word in entry.words for word in words)
        ]
        found.sort(key=lambda scored: scored[:2])  # stable: equals stay in the catalogue's order
        return [procedure for _, _, procedure in found]


def receives(agency: Agency, procedure: Procedure) -> bool:
    """Whether dossiers under this procedure are handed in at this agency."""
    return agency.tier == procedure.tier and procedure.department in {"", agency.code}
