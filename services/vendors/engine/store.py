"""A product's own database: one SQLite file, written ahead and synchronised, so that what was answered for is kept.

An act is written whole or not at all. Whoever waits for an act writes it; those who wait at the same time share a
commit. What is to be done once an act is kept (telling of it) is done after its commit, in the order of the acts.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import msgspec

_TABLES = ("dossier", "news", "counter", "reply")
Value = TypeVar("Value")


class _Act(msgspec.Struct):
    """Statements of one act, and what follows its commit."""

    statements: list[tuple[str, tuple[Any, ...]]] = []
    afterwards: list[Callable[[], None]] = []


class Store:
    """The file. All but `keep` and `close` want the office's lock, which keeps acts apart; `keep` must not hold it."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises sqlite3.Error for a file that is no database."""
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        for table in _TABLES:
            self._database.execute(f"CREATE TABLE IF NOT EXISTS {table} (key PRIMARY KEY, value BLOB NOT NULL)")
        self._writing = Lock()
        self._act = _Act()
        self._acts: deque[_Act] = deque()
        self._entered = self._kept = 0  #: acts so far

    def read(self, table: str, wanted: type[Value]) -> dict[Any, Value]:
        """Read a whole table, in the order of entry."""
        rows = self._database.execute(f"SELECT key, value FROM {table} ORDER BY rowid")  # noqa: S608 -- a name of ours
        return {key: msgspec.json.decode(value, type=wanted) for key, value in rows}

    def put(self, table: str, key: str | int, value: Any) -> None:
        """Enter a row into the act under way, over the one with the same key."""
        sql = f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"  # noqa: S608
        self._act.statements.append((sql, (key, msgspec.json.encode(value))))

    def drop(self, table: str, key: str) -> None:
        """Remove a row in the act under way."""
        self._act.statements.append((f"DELETE FROM {table} WHERE key = ?", (key,)))  # noqa: S608 -- a name of ours

    def clear(self, *tables: str) -> None:
        """Empty tables in the act under way; all of them unless named."""
        self._act.statements += [(f"DELETE FROM {table}", ()) for table in tables or _TABLES]  # noqa: S608 -- as above

    def then(self, do: Callable[[], None]) -> None:
        """Have something done when the act under way is kept."""
        self._act.afterwards.append(do)

    def end_act(self) -> None:
        """Let the act under way be written when somebody waits for it."""
        if self._act.statements:
            self._acts.append(self._act)
            self._act = _Act()
            self._entered += 1

    def keep(self) -> None:
        """Return once every act that has ended is on the disk."""
        wanted = self._entered
        with self._writing:
            if self._kept >= wanted:
                return
            acts = list(self._acts)  # each is whole; more may come behind them meanwhile
            self._database.execute("BEGIN")
            try:
                for act in acts:
                    for sql, values in act.statements:
                        self._database.execute(sql, values)
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise  # the acts stay, and are written with the next ones
            for act in acts:
                self._acts.popleft()
                self._kept += 1
                for do in act.afterwards:
                    do()

    def close(self) -> None:
        """Close the file, once nothing is being written."""
        with self._writing:
            self._database.close()
