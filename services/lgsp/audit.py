"""The audit of calls: known before a call is passed on, durable before it is answered.

A call about to be passed on is noted in a file (underway.py); with its answer both halves of its row are committed
together with those of other calls (group commit), and only then is the caller answered. So durability costs a few
milliseconds of waiting and one statement for many calls. A group is a block of the hash chain (chain.py).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import msgspec
import structlog

from services.kit.database import UNAVAILABLE, Held
from services.kit.problems import Problem
from services.lgsp.chain import GENESIS, Begun, Ended, Head, Witness, block_digest
from services.lgsp.underway import UnderWay

log = structlog.get_logger()
_MOST_WAITING = 2000  # calls; past this the LGSP says 503 instead of growing without bound
_MOST_AT_ONCE = 1000  # calls of an earlier life that are closed in one block
_TRY_AGAIN_SECONDS = 1.0
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
#: Calls whose end was not written: an LGSP of before `underway.py` left them so.
_OPEN = """
    SELECT call::text FROM call_begun AS begun
    WHERE writer = $1::uuid AND NOT EXISTS (SELECT FROM call_ended WHERE call_ended.call = begun.call)
"""
_KNOWN = "SELECT call::text FROM call_begun WHERE call = ANY($1::uuid[])"
_HEAD = """
    SELECT number, digest FROM audit_block WHERE writer = $1::uuid
    UNION ALL SELECT number, digest FROM audit_pruned WHERE writer = $1::uuid
    ORDER BY number DESC LIMIT 1
"""


class AuditError(Exception):
    """The row could not be written, so the call may not go on."""


class _Row(msgspec.Struct):
    """One call on its way into the books."""

    begun: Begun
    ended: Ended
    passed_on: bool
    done: asyncio.Future[None] | None  #: None: nobody waits for it any more


class Audit:
    """Writes audit rows in groups."""

    def __init__(self, pool: asyncpg.Pool, witness: Witness, under_way: UnderWay) -> None:
        """Write into `pool` as the writer that `witness` names; `start` begins."""
        self._pool, self._witness, self._under_way = pool, witness, under_way
        self._reading, self._writing = Held(pool), Held(pool)
        self._head: tuple[int, bytes] | None = None  #: newest block; None: ask the database
        self._asking: list[tuple[Begun, asyncio.Future[None]]] = []
        self._waiting: list[_Row] = []
        self._owed: list[_Row] = []  #: could not be written when it was time
        self._tried_at = float("-inf")  #: when what is owed was last tried
        self._some_asking, self._some = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Mark what an earlier life left open as interrupted, and begin writing."""
        open_rows = [row["call"] for row in await self._pool.fetch(_OPEN, self._witness.writer)]
        for first in range(0, len(open_rows), _MOST_AT_ONCE):
            part = open_rows[first : first + _MOST_AT_ONCE]
            await self._commit([], [Ended(call, "interrupted", 0, 0) for call in part])
        left = self._under_way.left
        interrupted = len(open_rows)
        for first in range(0, len(left), _MOST_AT_ONCE):
            part = left[first : first + _MOST_AT_ONCE]
            known = await self._known([begun.call for begun in part])
            lost = [begun for begun in part if begun.call not in known]
            interrupted += len(lost)
            if lost:
                await self._commit(lost, [Ended(begun.call, "interrupted", 0, 0) for begun in lost])
        self._under_way.forget_left()
        log.info("audit-opened", interrupted=interrupted, writer=self._witness.writer)
        self._tasks = [asyncio.create_task(self._look_up()), asyncio.create_task(self._write())]

    def head(self) -> Head:
        """Newest block of this writer, as the witness file has it."""
        return self._witness.read()

    async def stop(self) -> None:
        """End; uvicorn has answered every request by now, so nothing waits but what could not be written."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._owed:
            with suppress(*UNAVAILABLE, TimeoutError):  # else the file has them for the next life
                await self._commit([row.begun for row in self._owed], [row.ended for row in self._owed])
        await self._reading.let_go()
        await self._writing.let_go()
        self._under_way.close()
        self._witness.close()

    async def begin(self, begun: Begun) -> None:
        """Return when the call may be passed on: its id is fresh, and what is about to happen is noted.

        Raises a 409 Problem for a known call id, AuditError where it cannot be told or noted. Whoever has begun a call
        ends it, by `end` or `give_up`.
        """
        if len(self._asking) + len(self._waiting) >= _MOST_WAITING:
            raise AuditError("too many calls are waiting for their audit rows")
        if not self._under_way.claim(begun):
            raise _reused()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asking.append((begun, done))
        self._some_asking.set()
        try:
            await done
        except BaseException:
            self._under_way.drop(begun.call)
            raise

    async def end(self, begun: Begun, ended: Ended) -> None:
        """Return when the whole row of a call that was begun is durable. Raises AuditError; the row is owed then."""
        await self._add(_Row(begun, ended, True, asyncio.get_running_loop().create_future()))

    async def refuse(self, begun: Begun, ended: Ended) -> None:
        """Return when the row of a call that is not passed on is durable.

        Raises a 409 Problem for a known call id, AuditError where it cannot be kept.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise AuditError("too many calls are waiting for their audit rows")
        if not self._under_way.claim(begun):
            raise _reused()
        await self._add(_Row(begun, ended, False, asyncio.get_running_loop().create_future()))

    def give_up(self, begun: Begun) -> None:
        """Write a call down that was begun and will not be answered any more; nobody waits for that."""
        self._owed.append(_Row(begun, Ended(begun.call, "interrupted", 0, 0), True, None))
        self._some.set()

    async def _add(self, row: _Row) -> None:
        self._waiting.append(row)
        self._some.set()
        assert row.done  # noqa: S101 -- made by the callers above
        await row.done

    async def _look_up(self) -> None:
        """Let calls with fresh ids go on, all that wait at one time by one question."""
        while True:
            await self._some_asking.wait()
            self._some_asking.clear()
            group, self._asking = self._asking, []
            try:
                known = await self._known([begun.call for begun, _ in group])
                self._under_way.note([begun for begun, _ in group if begun.call not in known])
            except Exception as error:  # noqa: BLE001 -- told, and every caller hears of it
                _told(error)
                for _, done in group:
                    if not done.done():
                        done.set_exception(AuditError(str(error)))
                continue
            for begun, done in group:
                if done.done():
                    continue
                if begun.call in known:
                    done.set_exception(_reused())
                else:
                    done.set_result(None)

    async def _known(self, calls: list[str]) -> set[str]:
        return {row["call"] for row in await self._reading.fetch(_KNOWN, calls)}

    async def _write(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TRY_AGAIN_SECONDS if self._owed else None):
                    await self._some.wait()
            self._some.clear()
            group, self._waiting = self._waiting, []
            if group:
                try:
                    await self._write_rows(group)
                except Exception as error:  # noqa: BLE001 -- told, and every caller hears of it
                    _told(error)
                    self._fail(group, error)
            if self._owed and time.monotonic() - self._tried_at >= _TRY_AGAIN_SECONDS:
                await self._pay()

    async def _write_rows(self, rows: list[_Row]) -> None:
        begun, ended = [row.begun for row in rows], [row.ended for row in rows]
        if all(row.passed_on and row.done for row in rows):  # all have been looked up
            fresh = await self._commit_fresh(begun, ended)
        else:
            fresh = await self._commit(begun, ended)
        for row in rows:
            self._settle(row, fresh=row.begun.call in fresh)
            # Two rows of one group with the same id: the first is fresh, the second is not.
            fresh.discard(row.begun.call)

    async def _pay(self) -> None:
        """Write what is owed. A row that cannot be written, ever, is told in the log and holds up no other."""
        owed, self._owed, self._tried_at = self._owed, [], time.monotonic()
        try:
            await self._write_rows(owed)
        except (asyncpg.DataError, ValueError) as error:  # asyncpg says ValueError of what it cannot encode
            _told(error)
            if len(owed) == 1:
                log.error("audit-row-given-up", row=msgspec.to_builtins(owed[0].begun))  # noqa: TRY400 -- told above
                self._under_way.drop(owed[0].begun.call)
                return
            for row in owed:
                later, self._owed = self._owed, [row]
                await self._pay()
                self._owed = later + self._owed
        except Exception as error:  # noqa: BLE001 -- told, and tried again
            _told(error)
            self._owed = owed + self._owed

    def _fail(self, group: list[_Row], error: Exception) -> None:
        for row in group:
            if row.passed_on:
                # The caller is told that its answer is lost, and that is what the books will say, if late.
                ended = msgspec.structs.replace(row.ended, outcome="interrupted", status=0)
                self._owed.append(_Row(row.begun, ended, True, None))
            else:
                self._under_way.drop(row.begun.call)
            if row.done and not row.done.done():
                row.done.set_exception(AuditError(str(error)))

    def _settle(self, row: _Row, *, fresh: bool) -> None:
        self._under_way.drop(row.begun.call)
        if fresh or row.done is None:  # not fresh and owed: an earlier try had come through after all
            if row.done and not row.done.done():
                row.done.set_result(None)
            return
        if row.passed_on:
            # Another process took the id between our question and now: the call is not to vanish behind its namesake.
            number = str(uuid.uuid4())
            log.error("call-id-reused-elsewhere", call=row.begun.call, written_as=number)
            begun = msgspec.structs.replace(row.begun, call=number)
            self._owed.append(_Row(begun, msgspec.structs.replace(row.ended, call=number), True, None))
            self._some.set()
        if row.done and not row.done.done():
            row.done.set_exception(_reused())

    async def _commit_fresh(self, begun: list[Begun], ended: list[Ended]) -> set[str]:
        """Write one block of calls that are very likely fresh; returns those that were."""
        columns = [*_columns(begun, Begun), *_columns(ended, Ended)]
        digests = [*columns[_BEGUN_DIGESTS], *columns[-1]]
        number, previous = self._head or await self._newest()
        digest = block_digest(previous, digests)
        self._head = None  # until we know
        try:
            await self._writing.fetch(
                _COMMIT_FRESH, self._witness.writer, number + 1, previous, *columns, len(digests), digest
            )
        except asyncpg.UniqueViolationError:
            return await self._commit(begun, ended)
        self._note(number + 1, digest)
        return {call.call for call in begun}

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
        row = await self._pool.fetchrow(_HEAD, self._witness.writer)
        return (row["number"], row["digest"]) if row else (0, GENESIS)


def _reused() -> Problem:
    return Problem(409, "call-id-reused", "X-Call-Id này đã dùng; mỗi lần gọi cần mã mới.")


def _told(error: Exception) -> None:
    if not isinstance(error, UNAVAILABLE):
        log.error("audit-failed", exc_info=error)


def _columns(rows: Sequence[Begun | Ended], kind: type[Begun | Ended]) -> list[list[Any]]:
    """Turn rows into columns, their digests last; no rows still give empty columns."""
    return [*([getattr(row, name) for row in rows] for name in kind.__struct_fields__), [row.digest() for row in rows]]
