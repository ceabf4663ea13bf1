"""Delivers what handlers have written into the outbox: in batches, in order for each subject, until it is taken.

What is more urgent goes before all else, even before what has waited longer.

At least once from here; the receiver's inbox makes it exactly once. docs/wire.md, "Outbox calls".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import asyncpg
import msgspec
import structlog

from services.kit import tracing
from services.kit.database import UNAVAILABLE
from services.kit.lgsp_client import LgspClient

log = structlog.get_logger()
_BATCH = 100  # items a call; assumed: keeps a batch of edXML envelopes below the body limit
_LOOKED_AT = 400  # first items among which a batch is looked for
_BATCH_BYTES = 4_000_000
_GATHER_SECONDS = 0.03  # a short wait after a wake-up lets a batch fill
_LOOK_AGAIN_SECONDS = 1.0
_FIRST = """
    SELECT id, operation, key, subject, body, trace FROM outbox WHERE destination = $1
    ORDER BY urgency DESC, id LIMIT $2
"""
_PAUSE_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)


class Result(msgspec.Struct):
    """What became of one item at its destination."""

    key: str
    result: Literal["done", "again", "refused"]
    detail: str = ""


class _Results(msgspec.Struct):
    results: list[Result]


class Outbox:
    """The dispatcher of one service: a lane per destination, so that a slow one delays no other."""

    def __init__(self, pool: asyncpg.Pool, lgsp: LgspClient, destinations: Iterable[str]) -> None:
        """Deliver to these destinations only; an item for another one would stay, so `send` is checked in tests."""
        self._pool, self._lgsp = pool, lgsp
        self._wake = {destination: asyncio.Event() for destination in destinations}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the lanes; leftovers of an earlier life go out first."""
        self._tasks = [asyncio.create_task(self._lane(destination)) for destination in self._wake]

    async def stop(self) -> None:
        """Stop the lanes; what is undelivered stays in the table."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self, destinations: Iterable[str]) -> None:
        """Something was committed for these."""
        for destination in destinations:
            self._wake[destination].set()

    async def backlog(self) -> int:
        """Items not delivered yet."""
        return await self._pool.fetchval("SELECT count(*) FROM outbox")  # type: ignore[no-any-return]

    async def _lane(self, destination: str) -> None:
        wake = self._wake[destination]
        failures = 0
        while True:
            try:
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await wake.wait()
                await asyncio.sleep(_GATHER_SECONDS)
            except TimeoutError:
                pass
            wake.clear()
            try:
                while True:
                    delivered = await self._deliver(destination)
                    if delivered is None:
                        failures = 0
                        break
                    failures = 0 if delivered else failures + 1
                    if not delivered:
                        await asyncio.sleep(_PAUSE_SECONDS[min(failures, len(_PAUSE_SECONDS)) - 1])
            except UNAVAILABLE as error:
                log.warning("outbox-database", destination=destination, error=str(error))
                await asyncio.sleep(0.5)
            except Exception:
                log.exception("outbox-lane", destination=destination)
                await asyncio.sleep(1.0)

    async def _deliver(self, destination: str) -> bool | None:
        """One call's worth. None: nothing to do. True: some were taken. False: none were."""
        for most in (_BATCH, _LOOKED_AT):  # mostly the first items are of one kind, and no others need be read
            rows = await self._pool.fetch(_FIRST, destination, most)
            if not rows:
                return None
            operation, batch = next_batch(rows)
            if len(batch) == len(rows) or len(rows) < most:
                break
        tracing.enter(batch[0]["trace"])
        items = [{"key": row["key"], "body": msgspec.Raw(row["body"])} for row in batch]
        answer = await self._lgsp.call(
            destination, operation, body={"items": items}, purpose="deliver", traceparent=batch[0]["trace"]
        )
        if not answer.good:
            log.warning("outbox-not-taken", destination=destination, operation=operation, outcome=answer.outcome,
                        status=answer.status)  # fmt: skip
            return False
        results = {result.key: result for result in answer.json(_Results).results}
        return await self._settle(destination, operation, batch, results)

    async def _settle(
        self, destination: str, operation: str, batch: list[asyncpg.Record], results: dict[str, Result]
    ) -> bool:
        closed: list[int] = []
        dead: list[tuple[Any, ...]] = []
        for row in batch:
            result = results.get(row["key"])
            if result is None or result.result == "again":
                continue
            closed.append(row["id"])
            if result.result == "refused":
                log.error(
                    "dead-letter", destination=destination, operation=operation, key=row["key"], why=result.detail
                )
                dead.append((row["key"], destination, operation, row["subject"], row["body"], result.detail))
        async with self._pool.acquire() as connection, connection.transaction():
            if dead:
                await connection.executemany(
                    "INSERT INTO dead_letter (key, destination, operation, subject, body, detail) "
                    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                    dead,
                )
            await connection.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", closed)
        return bool(closed)


def next_batch(rows: Sequence[asyncpg.Record]) -> tuple[str, list[asyncpg.Record]]:
    """Items of the first row's operation that fit into one call, in order.

    An item whose subject has an older item of another operation before it has to wait: order holds for each subject.
    """
    operation = rows[0]["operation"]
    batch: list[asyncpg.Record] = []
    passed_over: set[str] = set()
    size = 0
    for row in rows:
        if row["operation"] != operation or row["subject"] in passed_over:
            passed_over.add(row["subject"])
            continue
        size += len(row["body"])
        if batch and (size > _BATCH_BYTES or len(batch) == _BATCH):
            break
        batch.append(row)
    return operation, batch
