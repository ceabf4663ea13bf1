"""The province's catalogue in memory: by code, field, agency, event in life and level, and by what people type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from services.kit.languages import Text
from services.kit.problems import not_found
from services.kit.reference import Agency, LifeEvent, Procedure
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


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a search is narrowed to; what is left out does not matter."""

    level: int | None = None
    field: str = ""
    receiver: str = ""  #: as `receiver` says
    event: str = ""  #: id of an event in life


ANY = Wanted()


class Catalogue:
    """All procedures, found again in many ways. Order: field, then name."""

    def __init__(self, procedures: Iterable[Procedure], events: Iterable[LifeEvent] = ()) -> None:
        """Index the procedures, and the events in life that they belong to."""
        ordered = sorted(procedures, key=lambda one: (fold(one.field), fold(one.name), one.code))
        self.by_code = {procedure.code: procedure for procedure in ordered}
        self.events = {event.id: event for event in events}
        self._of_event = {event.id: frozenset(event.procedures) for event in self.events.values()}
        self.version = 0  #: rises with every change
        self._index()

    def _index(self) -> None:
        ordered = self.by_code.values()
        self._entries = [
            _Entry(one, tidy(one.name), f" {fold(f'{one.name} {one.field} {one.code}')}") for one in ordered
        ]
        levels: dict[str, Counter[int]] = {}
        for procedure in ordered:
            levels.setdefault(procedure.field, Counter())[procedure.level] += 1
        self.receivers = {receiver(one) for one in ordered}
        self.fields = tuple(Field(name, counts.total(), counts) for name, counts in levels.items())

    def set_level(self, code: str, level: int) -> None:
        """Give a procedure another level; one that is no longer catalogued stays out."""
        known = self.by_code.get(code)
        if known and known.level != level:
            self.by_code[code] = msgspec.structs.replace(known, level=level)
            self.version += 1
            self._index()

    def find(self, code: str) -> Procedure:
        """Return the procedure with this code; raises 404."""
        procedure = self.by_code.get(code)
        if procedure is None:
            raise not_found(Text(f"thủ tục {code}", f"procedure {code}"))
        return procedure

    def events_of(self, code: str) -> list[LifeEvent]:
        """Return the events in life that bring this procedure with them."""
        return [event for event in self.events.values() if code in self._of_event[event.id]]

    def search(self, query: str = "", wanted: Wanted = ANY) -> list[Procedure]:
        """Return procedures in which every word of the query begins a word, and that are as wanted; best first.

        Diacritics do not matter for what is found; a name that has the query just as it was typed comes first, then
        one that has it word by word in order, then the rest.
        """
        marked, bare = tidy(query), fold(query)
        words = [f" {word}" for word in bare.split()]
        found = [
            (marked not in entry.marked, f" {bare}" not in entry.words, entry.procedure)
            for entry in self._entries
            if self._is(entry.procedure, wanted) and all(word in entry.words for word in words)
        ]
        found.sort(key=lambda scored: scored[:2])  # stable: equals stay in the catalogue's order
        return [procedure for _, _, procedure in found]

    def _is(self, procedure: Procedure, wanted: Wanted) -> bool:
        return (
            wanted.level in {None, procedure.level}
            and wanted.field in {"", procedure.field}
            and wanted.receiver in {"", receiver(procedure)}
            and (not wanted.event or procedure.code in self._of_event.get(wanted.event, ()))
        )


def receiver(procedure: Procedure) -> str:
    """Who takes dossiers in: a department's code, or the tier where each agency of it does."""
    return procedure.department or procedure.tier


def receives(agency: Agency, procedure: Procedure) -> bool:
    """Whether dossiers under this procedure are handed in at this agency."""
    return agency.tier == procedure.tier and procedure.department in {"", agency.code}
