"""One database transaction of a handler, with the outbox inside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from services.kit import tracing

_POST = """
    INSERT INTO outbox (destination, operation, key, subject, body, trace, urgency)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::smallint[])
"""
_KEEP_NEW = """
    INSERT INTO request (key, digest, status, body)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::int[], $4::bytea[])
"""
_KEEP = "UPDATE request SET status = $2, body = $3 WHERE key = $1"
#: Both in one round trip, because locks taken by the handler are held while it lasts.
_KEEP_AND_POST = """
    WITH kept AS (UPDATE request SET status = $9, body = $10 WHERE key = $8)
    INSERT INTO outbox (destination, operation, key, subject, body, trace, urgency)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::smallint[])
"""


class Transaction:
    """What a handler may do: query, and tell other systems. All of it is committed together or not at all."""

    def __init__(self, connection: asyncpg.Connection, *, key: str, now: datetime) -> None:
        """Wrap a connection inside an open transaction; `key` is the request's or item's own, `now` official time."""
        self.connection = connection
        self.key = key
        self.now = now
        self.trace = ""  #: traceparent of the write whose turn it is; empty: of what is being done
        self.product: Any = None  #: Kit.product
        self.parcel_of_product: str | None = None  #: number that the product gave to what it sends
        self.destinations: set[str] = set()
        self._letters: list[tuple[str, str, str, str, bytes, str, int]] = []
        self._reply: tuple[str, int, bytes] | None = None
        self._new_replies: list[tuple[str, bytes, int, bytes]] = []
        self._later: list[tuple[str, list[tuple[Any, ...]]]] = []

    def later(self, sql: str, *values: Any) -> None:
        """Run a statement whose outcome nobody waits for: before the next query or the end, like ones in one go."""
        if self._later and self._later[-1][0] == sql:
            self._later[-1][1].append(values)
        else:
            self._later.append((sql, [values]))

    async def _catch_up(self) -> None:
        later, self._later = self._later, []
        for sql, rows in later:
            await self.connection.executemany(sql, rows)

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Rows."""
        if self._later:
            await self._catch_up()
        return await self.connection.fetch(sql, *values)  # type: ignore[no-any-return]

    async def row(self, sql: str, *values: Any) -> asyncpg.Record | None:
        """First row, or None."""
        if self._later:
            await self._catch_up()
        return await self.connection.fetchrow(sql, *values)

    async def value(self, sql: str, *values: Any) -> Any:
        """First column of the first row, or None."""
        if self._later:
            await self._catch_up()
        return await self.connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        """Run a statement; returns its tag, e.g. "UPDATE 1"."""
        if self._later:
            await self._catch_up()
        return await self.connection.execute(sql, *values)  # type: ignore[no-any-return]

    async def send(
        self, destination: str, operation: str, body: Any, *, subject: str, key: str = "", urgency: int = 0
    ) -> None:
        """Let `destination` learn of this through its `operation`; delivered at least once, applied once.

        What is more urgent (0 to 4) leaves first, the rest in order. An item that has to stay behind an earlier one of
        its subject must not be more urgent than that one.

        The item's key defaults to "<destination>:<operation>:<key of the transaction>"; give one when a transaction
        sends several items of the same operation.
        """
        key = key or f"{destination}:{operation}:{self.key}"
        encoded = msgspec.json.encode(body)
        trace = self.trace or tracing.traceparent()
        self._letters.append((destination, operation, key, subject, encoded, trace, urgency))
        self.destinations.add(destination)

    def keep_reply(self, key: str, status: int, body: bytes) -> None:
        """Keep the reply under its claimed Idempotency-Key; `post` writes it."""
        self._reply = (key, status, body)

    def keep_new_reply(self, key: str, digest: bytes, status: int, body: bytes) -> None:
        """Keep the reply of a write that has not claimed its key; `post` fails where somebody else has it by then."""
        self._new_replies.append((key, digest, status, body))

    async def post(self) -> None:
        """Write replies, and all that was sent into the outbox; Kit.begin does it right before the commit."""
        if self._later:
            await self._catch_up()
        if self._new_replies:
            await self.connection.execute(_KEEP_NEW, *(list(column) for column in zip(*self._new_replies, strict=True)))
        columns = [list(column) for column in zip(*self._letters, strict=True)]
        if self._reply and columns:
            await self.connection.execute(_KEEP_AND_POST, *columns, *self._reply)
        elif self._reply:
            await self.connection.execute(_KEEP, *self._reply)
        elif columns:
            await self.connection.execute(_POST, *columns)
        self._letters.clear()
        self._reply = None
        self._new_replies.clear()
