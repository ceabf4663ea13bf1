"""The audit of calls: durable before a call is passed on, and before it is answered.

Rows of calls that run at the same time are committed together (group commit), so that durability costs a few
milliseconds of waiting and not a transaction for every call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import structlog

from services.kit.database import UNAVAILABLE
from services.kit.problems import Problem

log = structlog.get_logger()
_MOST_WAITING = 2000  # calls; past this the LGSP says 503 instead of growing without bound

#: Both halves in one statement: one round trip, and the database commits when it is done.
_COMMIT = """
    WITH begun AS (
        INSERT INTO call_begun (call, consumer, provider, operation, purpose, request_digest, trace, started_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::timestamptz[])
        ON CONFLICT DO NOTHING RETURNING call
    ), ended AS (
        INSERT INTO call_ended (call, outcome, status, duration_ms)
        SELECT * FROM unnest($9::uuid[], $10::text[], $11::smallint[], $12::real[]) ON CONFLICT DO NOTHING
    )
    SELECT call::text FROM begun
"""


class Begun(msgspec.Struct, frozen=True, array_like=True):
    """First half of an audit row."""

    call: str
    consumer: str
    provider: str
    operation: str
    purpose: str
    request_digest: str
    trace: str
    started_at: datetime


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """Second half of an audit row."""

    call: str
    outcome: str
    status: int
    duration_ms: float


class AuditError(Exception):
    """The row could not be written, so the call may not go on."""


class Audit:
    """Writes audit rows in groups."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Write into `pool`; `start` begins."""
        self._pool = pool
        self._waiting: list[tuple[Begun | Ended, asyncio.Future[None]]] = []
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Mark what an earlier life left open as interrupted, and begin writing."""
        interrupted = await self._pool.execute(
            "INSERT INTO call_ended SELECT call, 'interrupted', 0, 0 FROM call_begun "
            "WHERE NOT EXISTS (SELECT FROM call_ended WHERE call_ended.call = call_begun.call)"
        )
        log.info("audit-opened", interrupted=interrupted)
        self._task = asyncio.create_task(self._write())

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
        begun = [row for row in rows if isinstance(row, Begun)]
        ended = [row for row in rows if isinstance(row, Ended)]
        columns = [*_columns(begun, Begun), *_columns(ended, Ended)]
        fresh = {row["call"] for row in await self._pool.fetch(_COMMIT, *columns)}
        # Two calls of one group with the same id: the first is fresh, the second is not.
        reused: set[str] = set()
        for row in begun:
            if row.call in fresh:
                fresh.discard(row.call)
            else:
                reused.add(row.call)
        return reused


def _columns(rows: Sequence[Begun | Ended], kind: type[Begun | Ended]) -> list[list[Any]]:
    """Turn rows into columns; no rows still give empty columns."""
    return [[getattr(row, name) for row in rows] for name in kind.__struct_fields__]
