"""What the audit does where journal or database do not take a row: who hears of it, what is tried again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.kit.problems import Problem
from services.lgsp import audit, journal
from services.lgsp.audit import Audit, AuditError
from services.lgsp.chain import Begun, Ended, Witness
from services.lgsp.journal import Journal

_AT = datetime(2018, 8, 22, 2, tzinfo=UTC)


class Database:
    """Takes rows like the audit's statements do, and fails as it is told: `poison` by the row, `away` for all."""

    def __init__(self) -> None:
        """Empty and well."""
        self.rows: dict[str, str] = {}  #: call -> outcome
        self.digests: dict[str, bytes] = {}  #: call -> digest of its beginning
        self.poison: set[str] = set()
        self.away = False
        self.goes_away_at_poison, self.gone = False, asyncio.Event()
        self.breaks_off = False  #: once, after it has committed
        self.taken_back = False  #: by the pool, as it does with connections of a database that died
        self.goes_on = asyncio.Event()  #: rows wait for that
        self.goes_on.set()

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
            await self.goes_on.wait()
            written = self._written(values[3], values[12], values[14], careful="ON CONFLICT" in sql)
            if self.breaks_off:
                self.breaks_off = False
                raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
            return [written]
        if "ANY" in sql:
            return [{"call": call, "digest": self.digests[call]} for call in values[0] if call in self.rows]
        return [{"call": call} for call in self.rows] if "LIMIT" in sql else []

    async def fetchrow(self, _sql: str, *_values: Any) -> None:
        """The chain's end: there is none."""
        self._there()

    def _written(self, calls: list[str], digests: list[bytes], outcomes: list[str], *, careful: bool) -> dict[str, Any]:
        if self.poison & set(calls):
            if self.goes_away_at_poison:
                self.away = True
                self.gone.set()
            raise ValueError("a row that cannot be written")
        fresh = [call for call in calls if call not in self.rows]
        if fresh != calls and not careful:
            raise asyncpg.UniqueViolationError("a call id is known")
        self.rows |= {call: outcome for call, outcome in zip(calls, outcomes, strict=True) if call in fresh}
        self.digests |= {call: digest for call, digest in zip(calls, digests, strict=True) if call in fresh}
        return {"digest": bytes(32), "fresh": fresh}

    def _there(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")


def _call(number: int, purpose: str = "") -> Begun:
    call = f"00000000-0000-4000-8000-{number:012}"
    return Begun(call, "portal", "national", "population.verify", purpose, "", "", _AT)


def _answered(begun: Begun) -> Ended:
    return Ended(begun.call, "answered", 200, 5)


@asynccontextmanager
async def _running(folder: Path, database: Database) -> AsyncIterator[Audit]:
    made = Audit(database, Witness(folder), Journal(folder))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def _make(books: Audit, *calls: Begun) -> None:
    for call in calls:
        await books.begin(call, once=False)
    await asyncio.gather(*(books.end(call, _answered(call)) for call in calls))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_TRY_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(audit, "_GATHER_SECONDS", 0.0)


def _scene(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await scene()

    asyncio.run(bounded())


def test_whoever_reads_the_books_finds_every_call_that_was_answered(tmp_path: Path) -> None:
    """The database has a row a moment after its call was answered; readers wait for that."""

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            for number in range(3):
                database.goes_on.clear()
                await _make(books, _call(number))
                reading = asyncio.create_task(books.settled())
                await asyncio.wait([reading], timeout=0.05)
                assert (reading.done(), len(database.rows)) == (False, number)
                database.goes_on.set()
                await reading
                assert database.rows[_call(number).call] == "answered"

    _scene(scene)


def test_while_the_database_is_away_what_may_be_called_twice_goes_on_and_is_written_later(tmp_path: Path) -> None:
    """The rest waits, since nobody can tell whether it was called before; readers are not kept waiting."""

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            await books.begin(_call(0), once=True)
            database.away = True
            await books.end(_call(0), _answered(_call(0)))
            await _make(books, _call(1))
            with pytest.raises(AuditError):
                await books.begin(_call(2), once=True)
            await books.settled()
            assert database.rows == {}
            database.away = False
            await books.settled()
            await books.begin(_call(2), once=True)
            await books.end(_call(2), _answered(_call(2)))
            await books.settled()
        assert database.rows == {_call(number).call: "answered" for number in range(3)}

    _scene(scene)


def test_a_database_that_is_away_for_long_stops_calls_before_memory_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past a bound calls are not taken; once the database is back they are."""
    monkeypatch.setattr(audit, "_MOST_OWED", 3)

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            database.away = True
            await _make(books, *(_call(number) for number in range(3)))
            with pytest.raises(AuditError):
                await books.begin(_call(3), once=False)
            with pytest.raises(AuditError):
                await books.refuse(_call(3), Ended(_call(3).call, "refused", 403, 1))
            database.away = False
            await books.settled()
            await _make(books, _call(3))
        assert len(database.rows) == 4

    _scene(scene)


def test_a_row_that_can_never_be_written_holds_up_no_other(tmp_path: Path) -> None:
    """It is told in the log; calls before and after it are written."""

    async def scene() -> None:
        database = Database()
        database.poison = {_call(1).call}
        async with _running(tmp_path, database) as books:
            await _make(books, *(_call(number) for number in range(3)))
            await books.settled()
            await _make(books, _call(3))
        assert database.rows == {_call(number).call: "answered" for number in (0, 2, 3)}

    _scene(scene)


def test_a_database_that_goes_away_while_rows_are_sorted_out_is_waited_for(tmp_path: Path) -> None:
    """A row that cannot be written is looked for one by one just then: the others are written when it is back."""

    async def scene() -> None:
        database = Database()
        database.poison, database.goes_away_at_poison = {_call(1).call}, True
        async with _running(tmp_path, database) as books:
            await _make(books, *(_call(number) for number in range(3)))
            await database.gone.wait()
            database.away = database.goes_away_at_poison = False
            await books.settled()
            await _make(books, _call(3))
            await books.settled()
            assert database.rows == {_call(number).call: "answered" for number in (0, 2, 3)}

    _scene(scene)


def test_a_journal_that_cannot_be_emptied_holds_up_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On some file systems a full disk takes not even that."""

    def refuses(_fd: int, _length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "_IDLE_BYTES", 0)
    monkeypatch.setattr(os, "ftruncate", refuses)

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            for number in range(2):
                await _make(books, _call(number))
                await books.settled()
            assert database.rows == {_call(number).call: "answered" for number in range(2)}

    _scene(scene)


def test_a_commit_that_came_through_unheard_is_not_written_twice(tmp_path: Path) -> None:
    """The connection broke after the database had committed."""

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            database.breaks_off = True
            await _make(books, _call(0))
            await books.settled()
            await books.settled()
            await _make(books, _call(1))
        assert database.rows == {_call(0).call: "answered", _call(1).call: "answered"}

    _scene(scene)


def test_a_call_does_not_vanish_behind_its_namesake(tmp_path: Path) -> None:
    """Another process, or a call of long ago, has the id: the row is written under one of its own."""

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            database.rows[_call(0).call] = "refused"
            database.digests[_call(0).call] = _call(0, purpose="another call").digest()
            await _make(books, _call(0))
            await books.settled()
        assert sorted(database.rows.values()) == ["answered", "refused"]
        assert database.rows[_call(0).call] == "refused"

    _scene(scene)


@pytest.mark.parametrize("once", [True, False])
def test_a_call_id_works_once(tmp_path: Path, *, once: bool) -> None:
    """While the call is under way, after it was answered, and in the next life."""
    database = Database()

    async def first() -> None:
        async with _running(tmp_path, database) as books:
            await books.begin(_call(0), once=once)
            with pytest.raises(Problem, match="call-id-reused"):
                await books.begin(_call(0), once=once)
            await books.end(_call(0), _answered(_call(0)))
            with pytest.raises(Problem, match="call-id-reused"):
                await books.begin(_call(0), once=once)
            await books.refuse(_call(1), Ended(_call(1).call, "refused", 403, 1))

    async def second() -> None:
        async with _running(tmp_path, database) as books:
            for number in (0, 1):
                with pytest.raises(Problem, match="call-id-reused"):
                    await books.begin(_call(number), once=once)

    _scene(first)
    _scene(second)


def test_what_may_not_be_called_twice_is_looked_up_however_old_it_is(tmp_path: Path) -> None:
    """Its id is in the database only: another process wrote it."""

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            database.rows[_call(0).call] = "answered"
            database.digests[_call(0).call] = _call(0).digest()
            with pytest.raises(Problem, match="call-id-reused"):
                await books.begin(_call(0), once=True)

    _scene(scene)


def test_ids_are_remembered_for_a_bounded_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest always; what is twice as old is forgotten."""
    monkeypatch.setattr(audit, "_MOST_RECENT", 10)

    async def scene() -> None:
        async with _running(tmp_path, Database()) as books:
            await _make(books, *(_call(number) for number in range(30)))
            await books.settled()
            for number in range(20, 30):
                with pytest.raises(Problem, match="call-id-reused"):
                    await books.begin(_call(number), once=False)
            await books.begin(_call(0), once=False)

    _scene(scene)


def test_a_disk_that_does_not_take_the_end_loses_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller hears so, and the books say that the call was interrupted; a refusal may come again."""

    def broken(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    async def scene() -> None:
        database, refused = Database(), Ended(_call(1).call, "refused", 403, 1)
        async with _running(tmp_path, database) as books:
            await books.begin(_call(0), once=False)
            with monkeypatch.context() as patch:
                patch.setattr(os, "fdatasync", broken)
                with pytest.raises(AuditError):
                    await books.end(_call(0), _answered(_call(0)))
                with pytest.raises(AuditError):
                    await books.refuse(_call(1), refused)
            await books.refuse(_call(1), refused)
            await books.settled()
        assert database.rows == {_call(0).call: "interrupted", _call(1).call: "refused"}

    _scene(scene)


def test_what_is_still_owed_at_the_end_is_found_by_the_next_life(tmp_path: Path) -> None:
    """The database came back only after the LGSP had been stopped."""
    database = Database()

    async def first() -> None:
        async with _running(tmp_path, database) as books:
            await books.begin(_call(0), once=False)
            await books.begin(_call(1), once=False)
            database.away = True
            await books.end(_call(0), _answered(_call(0)))

    async def second() -> None:
        async with _running(tmp_path, database):
            pass

    _scene(first)
    database.away = False
    _scene(second)
    assert database.rows == {_call(0).call: "answered", _call(1).call: "interrupted"}


def test_what_an_earlier_life_left_and_cannot_be_written_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """It is told in the log; the rest is written."""
    database = Database()

    async def first() -> None:
        async with _running(tmp_path, database) as books:
            database.away = True
            await _make(books, _call(0), _call(1))

    async def second() -> None:
        async with _running(tmp_path, database) as books:
            await _make(books, _call(2))

    _scene(first)
    database.away, database.poison = False, {_call(0).call}
    _scene(second)
    assert database.rows == {_call(1).call: "answered", _call(2).call: "answered"}


def test_what_cannot_be_written_at_the_end_keeps_nobody_from_stopping(tmp_path: Path) -> None:
    """The rest is written, and everything else of the service ends as it should."""
    database = Database()

    async def scene() -> None:
        async with _running(tmp_path, database) as books:
            database.away = True
            await _make(books, _call(0), _call(1))
            database.away, database.poison = False, {_call(0).call}

    _scene(scene)
    assert database.rows == {_call(1).call: "answered"}


def test_a_database_that_died_between_two_calls_costs_neither(tmp_path: Path) -> None:
    """The kept connections have gone with it, and others are taken."""

    async def scene() -> None:
        database = Database()
        async with _running(tmp_path, database) as books:
            for number in range(2):
                await _make(books, _call(number))
                await books.settled()
                database.taken_back = True
        assert database.rows == {_call(0).call: "answered", _call(1).call: "answered"}

    _scene(scene)
