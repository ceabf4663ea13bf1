"""Rows that the audit cannot write at once: who hears of it, what is tried again; one bad row stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.lgsp import audit
from services.lgsp.audit import Audit, AuditError
from services.lgsp.chain import Begun, Ended, Witness
from services.lgsp.underway import UnderWay

_AT = datetime(2018, 8, 22, 2, tzinfo=UTC)


class Database:
    """Takes rows like the audit's statements do, and fails as it is told: `poison` by the row, `away` for all."""

    def __init__(self) -> None:
        """Empty and well."""
        self.rows: dict[str, str] = {}  #: call -> outcome
        self.poison: set[str] = set()
        self.away = False
        self.taken_back = False  #: by the pool, as it does with connections of a database that died

    async def acquire(self) -> Database:
        """Be the pool and its connection in one."""
        self.taken_back = False
        return self

    async def release(self, _connection: Database) -> None:
        """Nothing is kept."""

    def is_closed(self) -> bool:
        """Never; whoever asks a connection that was taken back hears so."""
        if self.taken_back:
            raise asyncpg.InterfaceError("the connection has been released back to the pool")
        return False

    async def fetch(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Which calls are known, or one group of rows; nothing is open from an earlier life."""
        self._there()
        if "INSERT" in sql:
            return [self._written(values[3], values[14], careful="ON CONFLICT" in sql)]
        return [{"call": call} for call in values[0] if call in self.rows] if "ANY" in sql else []

    async def fetchrow(self, _sql: str, *_values: Any) -> None:
        """The chain's end: there is none."""
        self._there()

    def _written(self, calls: list[str], outcomes: list[str], *, careful: bool) -> dict[str, Any]:
        if self.poison & set(calls):
            raise ValueError("a row that cannot be written")
        fresh = [call for call in calls if call not in self.rows]
        if fresh != calls and not careful:
            raise asyncpg.UniqueViolationError("a call id is known")
        self.rows |= {call: outcome for call, outcome in zip(calls, outcomes, strict=True) if call in fresh}
        return {"digest": bytes(32), "fresh": fresh}

    def _there(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")


def _call(number: int) -> Begun:
    return Begun(f"00000000-0000-4000-8000-{number:012}", "portal", "national", "population.verify", "", "", "", _AT)


def _answered(begun: Begun) -> Ended:
    return Ended(begun.call, "answered", 200, 5)


@asynccontextmanager
async def _running(folder: Path, database: Database) -> AsyncIterator[Audit]:
    made = Audit(database, Witness(folder), UnderWay(folder))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def _until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not wanted():  # noqa: ASYNC110 -- what is waited for is the audit's own doing
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_TRY_AGAIN_SECONDS", 0.0)


def test_a_row_that_can_never_be_written_holds_up_no_other(tmp_path: Path) -> None:
    """Its caller hears that the answer is lost; calls before and after it are written and answered."""

    async def scene() -> dict[str, str]:
        database = Database()
        database.poison = {_call(1).call}
        async with _running(tmp_path, database) as books:
            for number in (0, 1):
                await books.begin(_call(number))
            with pytest.raises(AuditError):
                await asyncio.gather(*(books.end(_call(number), _answered(_call(number))) for number in (0, 1)))
            await _until(lambda: _call(0).call in database.rows)
            await books.begin(_call(2))
            await books.end(_call(2), _answered(_call(2)))
        return database.rows

    assert asyncio.run(scene()) == {_call(0).call: "interrupted", _call(2).call: "answered"}


def test_while_the_database_is_away_nothing_is_passed_on_and_what_was_is_written_later(tmp_path: Path) -> None:
    """The call that was with its provider is interrupted for the books, whoever asks first afterwards."""

    async def scene() -> dict[str, str]:
        database = Database()
        async with _running(tmp_path, database) as books:
            await books.begin(_call(0))
            database.away = True
            with pytest.raises(AuditError):
                await books.end(_call(0), _answered(_call(0)))
            with pytest.raises(AuditError):
                await books.begin(_call(1))
            database.away = False
            await books.begin(_call(1))
            await books.end(_call(1), _answered(_call(1)))
            await _until(lambda: _call(0).call in database.rows)
        return database.rows

    assert asyncio.run(scene()) == {_call(0).call: "interrupted", _call(1).call: "answered"}


def test_a_refusal_that_could_not_be_written_may_come_again(tmp_path: Path) -> None:
    """Nothing was passed on, so its id is free."""

    async def scene() -> dict[str, str]:
        database, refused = Database(), Ended(_call(0).call, "refused", 403, 1)
        async with _running(tmp_path, database) as books:
            database.away = True
            with pytest.raises(AuditError):
                await books.refuse(_call(0), refused)
            database.away = False
            await books.refuse(_call(0), refused)
        return database.rows

    assert asyncio.run(scene()) == {_call(0).call: "refused"}


def test_what_is_still_owed_at_the_end_is_found_by_the_next_life(tmp_path: Path) -> None:
    """The database came back only after the LGSP had been stopped."""
    database = Database()

    async def first() -> None:
        async with _running(tmp_path, database) as books:
            await books.begin(_call(0))
            database.away = True
            with pytest.raises(AuditError):
                await books.end(_call(0), _answered(_call(0)))

    async def second() -> None:
        async with _running(tmp_path, database):
            pass

    asyncio.run(first())
    database.away = False
    asyncio.run(second())
    assert database.rows == {_call(0).call: "interrupted"}


def test_a_database_that_died_between_two_calls_costs_neither(tmp_path: Path) -> None:
    """The kept connections have gone with it, and others are taken."""

    async def scene() -> dict[str, str]:
        database = Database()
        async with _running(tmp_path, database) as books:
            for number in range(2):
                await books.begin(_call(number))
                await books.end(_call(number), _answered(_call(number)))
                database.taken_back = True
        return database.rows

    assert asyncio.run(scene()) == {_call(0).call: "answered", _call(1).call: "answered"}
