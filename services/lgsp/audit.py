"""The audit of calls: known before a call is passed on, durable before it is answered.

A call about to be passed on is noted in the journal (journal.py); with its answer it is flushed there, together with
those of other calls (group commit), and only then is the caller answered. A moment later its row is in the database:
what came within that moment is one statement, one commit and one block of the hash chain (chain.py).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import msgspec
import structlog

from services.kit.database import UNAVAILABLE, Held
from services.kit.problems import Problem
from services.lgsp.chain import GENESIS, Begun, Ended, Head, Witness, block_digest
from services.lgsp.journal import Journal

log = structlog.get_logger()
_MOST_ASKING = 2000  # calls whose ids are being looked up; past this the LGSP says 503 instead of growing without bound
_MOST_OWED = 50_000  # calls that the database has not taken yet, some 50 MB; past this the LGSP says 503
_MOST_AT_ONCE = 500  # calls in a block
_GATHER_SECONDS = 0.02  # in which calls come together for one statement; assumed: no reader of the audit minds
_TRY_AGAIN_SECONDS = 1.0
_MOST_RECENT = 50_000  # ids remembered in each of two generations, some 15 MB
_BEGUN_DIGESTS = len(Begun.__struct_fields__)  # place of that column

_BEGUN = """
    INSERT INTO call_begun (call, consumer, provider, operation, purpose, request_digest, trace, started_at,
                            synthetic, digest, writer, block)
    SELECT one.*, $1::uuid, $2::bigint
    FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                $11::timestamptz[], $12::boolean[], $13::bytea[]) AS one
"""
_ENDED = """
    INSERT INTO call_ended (call, outcome, status, duration_us, digest, writer, block)
    SELECT one.*, $1::uuid, $2::bigint
    FROM unnest($14::uuid[], $15::text[], $16::smallint[], $17::bigint[], $18::bytea[]) AS one
"""
#: Both halves and their block in one statement: one round trip, and the database commits when it is done. Nothing of it
#: may be known already.
_COMMIT_FRESH = f"""
    WITH begun AS ({_BEGUN}), ended AS ({_ENDED})
    INSERT INTO audit_block (writer, number, previous, rows, digest)
    VALUES ($1::uuid, $2::bigint, $3::bytea, $19::integer, $20::bytea)
"""  # noqa: S608 -- our own SQL
#: The same of what may be known: that is not written again, and not covered by the block.
_COMMIT = f"""
    WITH begun AS ({_BEGUN} ON CONFLICT DO NOTHING RETURNING call, digest),
    ended AS ({_ENDED} ON CONFLICT DO NOTHING RETURNING digest),
    block AS (
        INSERT INTO audit_block (writer, number, previous, rows, digest)
        SELECT $1::uuid, $2::bigint, $3::bytea, count(*),
               sha256($3::bytea || coalesce(string_agg(digest, ''::bytea ORDER BY digest), ''::bytea))
        FROM (SELECT digest FROM begun UNION ALL SELECT digest FROM ended) AS written
        RETURNING digest
    )
    SELECT (SELECT digest FROM block) AS digest, ARRAY(SELECT call::text FROM begun) AS fresh
"""  # noqa: S608 -- our own SQL
#: Calls whose end was not written: an LGSP of before the journal left them so, among its last. A look at the whole
#: audit would take longer, after some months, than the database gives a statement, and the LGSP would not start.
_OPEN = """
    SELECT call::text FROM call_begun AS begun
    WHERE writer = $1::uuid AND block > $2::bigint - 100000
          AND NOT EXISTS (SELECT FROM call_ended WHERE call_ended.call = begun.call)
"""
_KNOWN = "SELECT call::text, digest FROM call_begun WHERE call = ANY($1::uuid[])"
_NEWEST_CALLS = """
    SELECT call::text FROM call_begun
    WHERE writer = $1::uuid AND block > $2::bigint - 1000 ORDER BY block DESC LIMIT 50000
"""
_HEAD = """
    SELECT number, digest FROM audit_block WHERE writer = $1::uuid
    UNION ALL SELECT number, digest FROM audit_pruned WHERE writer = $1::uuid
    ORDER BY number DESC LIMIT 1
"""
_DIGEST = "SELECT digest FROM audit_block WHERE writer = $1::uuid AND number = $2"

_NEVER = (asyncpg.DataError, ValueError)  #: a row no try will write; asyncpg says ValueError of what it cannot encode


class AuditError(Exception):
    """The row could not be written, so the call may not go on."""


class _Row(msgspec.Struct, frozen=True):
    """One call on its way into the books."""

    begun: Begun
    ended: Ended
    noted: bool  #: its beginning stands in the journal
    done: asyncio.Future[None] | None  #: None: nobody waits for it


class _Recent:
    """Remembers ids for a while: at least the newest 50,000, at most twice as many."""

    def __init__(self) -> None:
        self._new, self._old = set[str](), set[str]()

    def __contains__(self, call: object) -> bool:
        return call in self._new or call in self._old

    def add(self, call: str) -> None:
        if len(self._new) >= _MOST_RECENT:
            self._new, self._old = set(), self._new
        self._new.add(call)


class Audit:
    """Writes audit rows in groups: into the journal, then into the database."""

    def __init__(self, pool: asyncpg.Pool, witness: Witness, journal: Journal) -> None:
        """Write into `pool` as the writer that `witness` names; `start` begins."""
        self._pool, self._witness, self._journal = pool, witness, journal
        self._reading, self._writing = Held(pool), Held(pool)
        self._head: tuple[int, bytes] | None = None  #: newest block; None: ask the database
        self._recent = _Recent()
        self._asking: list[tuple[Begun, asyncio.Future[None]]] = []
        self._waiting: list[_Row] = []
        self._owed: list[tuple[Begun, Ended]] = []  #: in the journal and not in the database, oldest first
        self._some_asking, self._some, self._some_owed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._added, self._paid = 0, 0  #: rows that ever were owed, and that are not any more
        self._readers: list[tuple[int, asyncio.Future[None]]] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Write down what an earlier life left, calls that were not answered as interrupted, and begin."""
        number, _ = await self._newest()
        open_rows = [row["call"] for row in await self._pool.fetch(_OPEN, self._witness.writer, number)]
        for first in range(0, len(open_rows), _MOST_AT_ONCE):
            calls = open_rows[first : first + _MOST_AT_ONCE]
            await self._commit([], [Ended(call, "interrupted", 0, 0) for call in calls])
        left = self._journal.left
        for first in range(0, len(left), _MOST_AT_ONCE):
            part = [
                (one.begun, one.ended or Ended(one.begun.call, "interrupted", 0, 0))
                for one in left[first : first + _MOST_AT_ONCE]
            ]
            await self._put_safely(part, self._put_carefully)
        self._journal.forget_left()
        number, _ = self._head or await self._newest()
        for row in reversed(await self._pool.fetch(_NEWEST_CALLS, self._witness.writer, number)):
            self._recent.add(row["call"])
        interrupted = len(open_rows) + sum(one.ended is None for one in left)
        log.info("audit-opened", left=len(left), interrupted=interrupted, writer=self._witness.writer)
        self._tasks = [asyncio.create_task(one) for one in (self._look_up(), self._write(), self._pay())]

    def head(self) -> Head:
        """Newest block of this writer, as the witness file has it."""
        return self._witness.read()

    async def stop(self) -> None:
        """End; uvicorn has answered every request by now, so nothing waits but what is owed to the database."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        try:
            while self._owed:
                await self._put_safely(self._owed[:_MOST_AT_ONCE], self._put_carefully)
                del self._owed[:_MOST_AT_ONCE]
        except Exception as error:  # noqa: BLE001 -- told; the journal has them for the next life
            _told(error)
        await self._reading.let_go()
        await self._writing.let_go()
        self._journal.close()
        self._witness.close()

    async def begin(self, begun: Begun, *, once: bool) -> None:
        """Return when the call may be passed on: its id is fresh, and what is about to happen is noted.

        `once`: making the call twice would do harm, so its id is looked up in the database. Else it is held against the
        newest ids only; an older one is found when the row is written. Raises a 409 Problem for a known id, AuditError
        where it cannot be told or noted. Whoever has begun a call ends it, by `end` or `give_up`.
        """
        self._admit(begun)
        try:
            if once:
                if len(self._asking) >= _MOST_ASKING:
                    raise AuditError("too many calls wait for their ids to be looked up")  # noqa: TRY301
                fresh: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._asking.append((begun, fresh))
                self._some_asking.set()
                await fresh
            try:
                self._journal.note([begun])
            except OSError as error:
                raise AuditError(str(error)) from error
        except BaseException:
            self._journal.drop(begun.call)
            raise
        self._recent.add(begun.call)

    async def end(self, begun: Begun, ended: Ended) -> None:
        """Return when the whole row of a call that was begun is durable. Raises AuditError; the row is owed then."""
        await self._add(begun, ended, noted=True)

    async def refuse(self, begun: Begun, ended: Ended) -> None:
        """Return when the row of a call that is not passed on is durable.

        Raises a 409 Problem for a known call id, AuditError where it cannot be kept.
        """
        self._admit(begun)
        await self._add(begun, ended, noted=False)
        self._recent.add(begun.call)

    def give_up(self, begun: Begun) -> None:
        """Write a call down that was begun and will not be answered any more; nobody waits for that."""
        self._waiting.append(_Row(begun, Ended(begun.call, "interrupted", 0, 0), True, None))
        self._some.set()

    async def settled(self) -> None:
        """Return when the database has all rows that were answered before, or has just refused one."""
        if self._paid < self._added:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._readers.append((self._added, done))
            await done

    def _admit(self, begun: Begun) -> None:
        if len(self._owed) + len(self._waiting) >= _MOST_OWED:
            raise AuditError("the database has not taken too many calls already")
        if begun.call in self._recent or not self._journal.claim(begun):
            raise _reused()

    async def _add(self, begun: Begun, ended: Ended, *, noted: bool) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Row(begun, ended, noted, done))
        self._some.set()
        await done

    async def _look_up(self) -> None:
        """Let calls with fresh ids go on, all that wait at one time by one question."""
        while True:
            await self._some_asking.wait()
            self._some_asking.clear()
            group, self._asking = self._asking, []
            try:
                known = await _known(self._reading, [begun.call for begun, _ in group])
            except Exception as error:  # noqa: BLE001 -- told, and every caller hears of it
                _told(error)
                for _, fresh in group:
                    if not fresh.done():
                        fresh.set_exception(AuditError(str(error)))
                continue
            for begun, fresh in group:
                if fresh.done():
                    continue
                if begun.call in known:
                    fresh.set_exception(_reused())
                else:
                    fresh.set_result(None)

    async def _write(self) -> None:
        """Flush what has ended, all that waits at one time together, and let it be answered."""
        while True:
            await self._some.wait()
            self._some.clear()
            group, self._waiting = self._waiting, []
            for noted in (True, False):
                rows = [row for row in group if row.noted is noted]
                try:
                    if rows:
                        await self._journal.end([(row.begun, row.ended) for row in rows], noted=noted)
                except OSError as error:
                    log.exception("journal-failed")
                    self._fail(rows, error)
                else:
                    self._owe([(row.begun, row.ended) for row in rows])
                    for row in rows:
                        if row.done and not row.done.done():
                            row.done.set_result(None)

    def _fail(self, rows: list[_Row], error: Exception) -> None:
        """Tell callers that their answers are lost, and that is what the books will say, if late."""
        for row in rows:
            if row.noted:
                self._owe([(row.begun, msgspec.structs.replace(row.ended, outcome="interrupted", status=0))])
            else:
                self._journal.drop(row.begun.call)
            if row.done and not row.done.done():
                row.done.set_exception(AuditError(str(error)))

    def _owe(self, rows: list[tuple[Begun, Ended]]) -> None:
        self._owed += rows
        self._added += len(rows)
        if rows:
            self._some_owed.set()

    async def _pay(self) -> None:
        """Write what is owed into the database, for as long as it takes."""
        while True:
            await self._some_owed.wait()
            if len(self._owed) < _MOST_AT_ONCE:
                await asyncio.sleep(_GATHER_SECONDS)
            part = self._owed[:_MOST_AT_ONCE]
            try:
                await self._put_safely(part, self._put)
            except Exception as error:  # noqa: BLE001 -- told, and tried again
                _told(error)
                self._wake(len(self._owed) + self._paid)
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
                continue
            self._settle(part)

    def _settle(self, rows: list[tuple[Begun, Ended]]) -> None:
        del self._owed[: len(rows)]
        self._paid += len(rows)
        if not self._owed:
            self._some_owed.clear()
        for begun, _ in rows:
            self._journal.drop(begun.call)
        self._wake(self._paid)

    def _wake(self, paid: int) -> None:
        for wanted, done in self._readers:
            if wanted <= paid and not done.done():
                done.set_result(None)
        self._readers = [one for one in self._readers if not one[1].done()]

    async def _put_safely(
        self, rows: list[tuple[Begun, Ended]], put: Callable[[list[tuple[Begun, Ended]]], Awaitable[None]]
    ) -> None:
        try:
            await put(rows)
        except _NEVER as error:
            await self._put_each(rows, error)

    async def _put_each(self, rows: list[tuple[Begun, Ended]], error: Exception) -> None:
        """Write rows one by one: what cannot be written, ever, is told in the log and holds up no other."""
        _told(error)
        for row in rows:
            try:
                await self._put_carefully([row])
            except _NEVER:
                log.exception("audit-row-given-up", row=msgspec.to_builtins(row))

    async def _put(self, rows: list[tuple[Begun, Ended]]) -> None:
        """Write rows that are very likely fresh."""
        try:
            await self._commit_fresh([begun for begun, _ in rows], [ended for _, ended in rows])
        except asyncpg.UniqueViolationError:
            await self._put_carefully(rows)

    async def _put_carefully(self, rows: list[tuple[Begun, Ended]]) -> None:
        """Write rows some of which may be written already, by an earlier try or life.

        Another call under the same id, taken by another process or long ago, is not to hide one: that is written under
        an id of its own.
        """
        fresh = await self._commit([begun for begun, _ in rows], [ended for _, ended in rows])
        if len(fresh) == len(rows):
            return
        known = await _known(self._writing, [begun.call for begun, _ in rows if begun.call not in fresh])
        for begun, ended in rows:
            if begun.call in fresh or known.get(begun.call) == begun.digest():
                continue
            # The same one every time: the journal may bring this row again, at the next start or after a lost answer.
            number = str(uuid.uuid5(uuid.UUID(begun.call), begun.digest().hex()))
            if await self._commit(
                [msgspec.structs.replace(begun, call=number)], [msgspec.structs.replace(ended, call=number)]
            ):
                log.error("call-id-reused-elsewhere", call=begun.call, written_as=number)

    async def _commit_fresh(self, begun: list[Begun], ended: list[Ended]) -> None:
        """Write one block. Raises UniqueViolationError where something of it is known already."""
        columns = [*_columns(begun, Begun), *_columns(ended, Ended)]
        digests = [*columns[_BEGUN_DIGESTS], *columns[-1]]
        number, previous = self._head or await self._newest()
        digest = block_digest(previous, digests)
        self._head = None  # until we know
        await self._writing.fetch(
            _COMMIT_FRESH, self._witness.writer, number + 1, previous, *columns, len(digests), digest
        )
        self._note(number + 1, digest)

    async def _commit(self, begun: list[Begun], ended: list[Ended]) -> set[str]:
        """Write one block; returns the calls of `begun` that were not known before."""
        columns = [*_columns(begun, Begun), *_columns(ended, Ended)]
        try:
            written = await self._append(columns)
        except asyncpg.UniqueViolationError:
            # A statement of an earlier life came through after we had looked: go on from there.
            self._head = None
            written = await self._append(columns)
        return set(written["fresh"])

    async def _append(self, columns: list[list[Any]]) -> asyncpg.Record:
        number, previous = self._head or await self._newest()
        self._head = None  # until we know
        (written,) = await self._writing.fetch(_COMMIT, self._witness.writer, number + 1, previous, *columns)
        self._note(number + 1, written["digest"])
        return written

    def _note(self, number: int, digest: bytes) -> None:
        self._witness.note(number, digest)
        self._head = number, digest

    async def _newest(self) -> tuple[int, bytes]:
        """Where the chain goes on: at the database's end, if that goes on from the block that was witnessed last.

        Else the database has lost or changed blocks, and the next one says so for good: it follows the one witnessed.
        """
        row = await self._pool.fetchrow(_HEAD, self._witness.writer)
        number, digest = (row["number"], row["digest"]) if row else (0, GENESIS)
        head = self._witness.read()
        witnessed = bytes.fromhex(head.digest)
        there = digest if head.number == number else None
        if head.number < number:
            there = await self._pool.fetchval(_DIGEST, self._witness.writer, head.number) if head.number else GENESIS
        if there == witnessed:
            return number, digest
        log.error("audit-not-as-witnessed", block=head.number, newest=number)
        return max(number, head.number), witnessed


async def _known(held: Held, calls: list[str]) -> dict[str, bytes]:
    return {row["call"]: row["digest"] for row in await held.fetch(_KNOWN, calls)}


def _reused() -> Problem:
    return Problem(409, "call-id-reused", "X-Call-Id này đã dùng; mỗi lần gọi cần mã mới.")


def _told(error: Exception) -> None:
    if not isinstance(error, UNAVAILABLE):
        log.error("audit-failed", exc_info=error)


def _columns(rows: Sequence[Begun | Ended], kind: type[Begun | Ended]) -> list[list[Any]]:
    """Turn rows into columns, their digests last; no rows still give empty columns."""
    return [*([getattr(row, name) for row in rows] for name in kind.__struct_fields__), [row.digest() for row in rows]]
