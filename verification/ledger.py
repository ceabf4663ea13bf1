"""The systems' own books as they were collected after the traffic (docs/run-folder.md, `ledger/`).

Nothing is tolerated in silence: a book that is missing, damaged or shorter than the collector wrote down has a reason
why it cannot be used, and whoever needs it answers UNKNOWN with that reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from simulation.text import Text
from verification import records
from verification.wording import join

R = TypeVar("R", bound=records.Record)


class LedgerError(LookupError):
    """A book was asked for that cannot be used; ask `why_not` first."""


class _Missing(msgspec.Struct):
    export: str
    why: str = ""


class Ledger:
    """Books by name, read when first asked for."""

    def __init__(self, folder: Path) -> None:
        """Open the folder `ledger` of a run; a folder that is not there has no books."""
        self._folder = folder
        self._books: dict[str, list[Any]] = {}
        self._why: dict[str, Text] = {}
        self._expected: dict[str, int] = {}
        self.backlog: dict[str, int] | None = None  #: undelivered items by service, negative where a service did
        #: not answer; None where nobody asked
        self.began: datetime | None = None  #: from when on the books were taken; None where nobody noted it
        self.doubt: Text | None = None  #: why `collected.json` cannot be used
        self._read_collected()

    def why_not(self, names: Iterable[str]) -> Text | None:
        """Why at least one of these books cannot be used; None when all can."""
        by_reason: dict[Text, list[str]] = {}
        for name in names:
            if self._load(name) is None:
                by_reason.setdefault(self._why[name], []).append(name)
        if not by_reason:
            return None
        return join(
            Text(f"Sổ {shown} {why.vi}.", f"Book {shown} {why.en}.")
            for why, shown in ((why, ", ".join(books)) for why, books in by_reason.items())
        )

    @property
    def settled(self) -> bool:
        """Nothing was on its way between systems when the books were taken, as far as anybody knows."""
        return not any((self.backlog or {}).values())

    def rows(self, kind: type[R]) -> list[R]:
        """All records of the book that this class describes. Raises LedgerError if the book cannot be used."""
        return self._rows(kind.EXPORT)

    def calls(self, service: str) -> list[records.Call]:
        """One service's book of calls. Raises LedgerError if the book cannot be used."""
        return self._rows(f"{service}.calls")

    def dead_letters(self, service: str) -> list[records.DeadLetter]:
        """One service's dead letters. Raises LedgerError if the book cannot be used."""
        return self._rows(f"{service}.dead_letters")

    def _rows(self, name: str) -> list[Any]:
        book = self._load(name)
        if book is None:
            message = f"book {name} {self._why[name].en}"
            raise LedgerError(message)
        return book

    def _load(self, name: str) -> list[Any] | None:
        if name not in self._books and name not in self._why:
            self._read(name)
        return self._books.get(name)

    def _read(self, name: str) -> None:
        try:
            raw = (self._folder / f"{name}.ndjson").read_bytes()
        except OSError as error:
            self._refuse(name, Text(f"không đọc được: {error.strerror}", f"cannot be read: {error.strerror}"))
            return
        decoder = msgspec.json.Decoder(_kind(name))
        try:
            book = decoder.decode_lines(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            line, error_text = _first_bad_line(raw, decoder)
            self._refuse(name, Text(f"hỏng ở dòng {line}: {error_text}", f"damaged at line {line}: {error_text}"))
            return
        expected = self._expected.get(name, len(book))
        if expected != len(book):
            self._refuse(
                name,
                Text(
                    f"có {len(book)} bản ghi, lúc thu thập là {expected}",
                    f"has {len(book)} records, had {expected} when it was collected",
                ),
            )
            return
        self._books[name] = book

    def _read_collected(self) -> None:
        try:
            collected = msgspec.json.decode((self._folder / "collected.json").read_bytes(), type=dict[str, Any])
            self._expected = {
                name: int(entry["records"])
                for name, entry in collected.items()
                if isinstance(entry, dict) and "records" in entry
            }
            missing = msgspec.convert(collected.get("missing", []), list[_Missing])
            if "began" in collected:
                self.began = datetime.fromisoformat(collected["began"])
            if "backlog" in collected:
                self.backlog = {name: _items(entry) for name, entry in sorted(collected["backlog"].items())}
        except OSError as error:
            self.doubt = Text(
                f"Không đọc được ledger/collected.json: {error.strerror}.",
                f"Cannot read ledger/collected.json: {error.strerror}.",
            )
            return
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError) as error:
            self.doubt = Text(f"ledger/collected.json hỏng: {error}.", f"ledger/collected.json is damaged: {error}.")
            return
        for entry in missing:
            self._refuse(entry.export, Text(f"không thu được: {entry.why}", f"was not collected: {entry.why}"))

    def _refuse(self, name: str, why: Text) -> None:
        self._books.pop(name, None)
        self._why[name] = why


def _kind(name: str) -> type[records.Record]:
    _, _, table = name.partition(".")
    if table == "calls":
        return records.Call
    if table == "dead_letters":
        return records.DeadLetter
    return _KINDS[name]


def _all_kinds(base: type[records.Record]) -> dict[str, type[records.Record]]:
    found = {base.EXPORT: base} if base.EXPORT else {}
    for child in base.__subclasses__():
        found |= _all_kinds(child)
    return found


_KINDS = _all_kinds(records.Record)


def _items(entry: Any) -> int:
    """Sum up a backlog, told as one number or as {"outbox": n, "in_flight": n, "requests": n}."""
    return sum(int(part) for part in entry.values()) if isinstance(entry, dict) else int(entry)


def _first_bad_line(raw: bytes, decoder: msgspec.json.Decoder[Any]) -> tuple[int, str]:
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return number, str(error)
    return 0, "?"
