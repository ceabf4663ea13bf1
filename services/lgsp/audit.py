"""The audit of calls: durable before a call is passed on, and before it is answered.

Rows of calls that run at the same time are committed together (group commit), so that durability costs a few
milliseconds of waiting and not a transaction for every call. A group is a block of the hash chain (chain.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog

from services.kit.database import UNAVAILABLE
from services.kit.problems import Problem
from services.lgsp.chain import GENESIS, Begun, Ended, Head, Witness

log = structlog.get_logger()
_MOST_WAITING = 2000  # calls; past this the LGSP says 503 instead of growing without bound
_MOST_AT_ONCE = 1000  # calls of an earlier life that are closed in one block

#: Both halves and their block in one statement: one round trip, and the database commits when it is done. What is
#: known already is not written again, and not covered by the block.
_COMMIT = """
    WITH begun AS (
        INSERT INTO call_begun (call, consumer, provider, operation, purpose, request_digest, trace, started_at,
                                synthetic, digest, writer, block)
        SELECT one.*, $1::uuid, $2::bigint
        FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                    $11::timestamptz[], $12::boolean[], $13::bytea[]) AS one
        ON CONFLICT DO NOTHING RETURNING call, digest
    ), ended AS (
        INSERT INTO call_ended (call, outcome, status, duration_us, digest, writer, block)
        SELECT one.*, $1::uuid, $2::bigint
        FROM unnest($14::uuid[], $15::text[], $16::smallint[], $17::bigint[], $18::bytea[]) AS one
        ON CONFLICT DO NOTHING RETURNING digest
    ), block AS (
        INSERT INTO audit_block (writer, number, previous, rows, digest)
        SELECT $1::uuid, $2::bigint, $3::bytea, count(*),
               sha256($3::bytea || coalesce(string_agg(digest, ''::bytea ORDER BY digest), ''::bytea))
        FROM (SELECT digest FROM begun UNION ALL SELECT digest FROM ended) AS written
        RETURNING digest
    )
    SELECT (SELECT digest FROM block) AS digest, ARRAY(SELECT call::text FROM begun) AS fresh
"""
_OPEN = """
    SELECT call::text FROM call_begun AS begun
    WHERE writer = $1::uuid AND NOT EXISTS (SELECT FROM call_ended WHERE call_ended.call = begun.call)
"""
_HEAD = """
    SELECT number, digest FROM audit_block WHERE writer = $1::uuid
    UNION ALL SELECT number, digest FROM audit_pruned WHERE writer = $1::uuid
    ORDER BY number DESC LIMIT 1
"""


class AuditError(Exception):
    """The row could not be written, so the call may not go on."""


class Audit:
    """Writes audit rows in groups."""

    def __init__(self, pool: asyncpg.Pool, witness: Witness) -> None:
        """Write into `pool` as the writer that `witness` names; `start` begins."""
        self._pool, self._witness = pool, witness
        self._head: tuple[int, bytes] | None = None  #: newest block; None: ask the database
        self._waiting: list[tuple[Begun | Ended, asyncio.Future[None]]] = []
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Mark what an earlier life left open as interrupted, and begin writing."""
        left = [row["call"] for row in await self._pool.fetch(_OPEN, self._witness.writer)]
        for first in range(0, len(left), _MOST_AT_ONCE):
            await self._commit([Ended(call, "interrupted", 0, 0) for call in left[first : first + _MOST_AT_ONCE]])
        log.info("audit-opened", interrupted=len(left), writer=self._witness.writer)
        self._task = asyncio.create_task(self._write())

    def head(self) -> Head:
        """Newest block of this writer, as the witness file has it."""
        return self._witness.read()

    async def stop(self) -> None:
        """End; uvicorn has answered every request by now, so nothing waits."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def add(self, row: Begun | Ended) -> None:
        """Return when the row is durable. Raises a 409 Problem for a known call id, AuditError if it cannot be kept."""
        if len(self._waiting) >= _MOST_WAITING:
            raise AuditError("too many calls are waiting for their audit rows")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        self._some.set()
        await done

    async def _write(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            group, self._waiting = self._waiting, []
            try:
                seen_before = await self._commit([row for row, _ in group])
                for row, done in group:
                    if done.done():
                        continue
                    if isinstance(row, Begun) and row.call in seen_before:
                        done.set_exception(
                            Problem(409, "call-id-reused", "X-Call-Id này đã dùng; mỗi lần gọi cần mã mới.")
                        )
                    else:
                        done.set_result(None)
            except Exception as error:
                if not isinstance(error, UNAVAILABLE):
                    log.exception("audit-failed")
                for _, done in group:
                    if not done.done():
                        done.set_exception(AuditError(str(error)))

    async def _commit(self, rows: list[Begun | Ended]) -> set[str]:
        """Write one block; returns the calls of `rows` that were known before."""
        begun = [row for row in rows if isinstance(row, Begun)]
        ended = [row for row in rows if isinstance(row, Ended)]
        columns = [*_columns(begun, Begun), *_columns(ended, Ended)]
        try:
            written = await self._append(columns)
        except asyncpg.UniqueViolationError:
            # A statement of an earlier life came through after we had looked: go on from there.
            self._head = None
            written = await self._append(columns)
        fresh = set(written["fresh"])
        # Two calls of one group with the same id: the first is fresh, the second is not.
        reused: set[str] = set()
        for row in begun:
            if row.call in fresh:
                fresh.discard(row.call)
            else:
                reused.add(row.call)
        return reused

    async def _append(self, columns: list[list[Any]]) -> asyncpg.Record:
        number, previous = self._head or await self._newest()
        self._head = None  # until we know
        written = await self._pool.fetchrow(_COMMIT, self._witness.writer, number + 1, previous, *columns)
        assert written  # noqa: S101 -- the statement always gives one row
        self._witness.note(number + 1, written["digest"])
        self._head = number + 1, written["digest"]
        return written

    async def _newest(self) -> tuple[int, bytes]:
        row = await self._pool.fetchrow(_HEAD, self._witness.writer)
        return (row["number"], row["digest"]) if row else (0, GENESIS)


def _columns(rows: Sequence[Begun | Ended], kind: type[Begun | Ended]) -> list[list[Any]]:
    """Turn rows into columns, their digests last; no rows still give empty columns."""
    return [*([getattr(row, name) for row in rows] for name in kind.__struct_fields__), [row.digest() for row in rows]]
