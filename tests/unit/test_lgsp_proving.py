"""A proof of the audit holds up no call, and a removal from it comes to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.lgsp import proving
from services.lgsp.chain import Begun

_ROWS = 2000


class _Connection:
    """Has a block of many rows."""

    async def fetch(self, sql: str, *_values: Any) -> list[dict[str, Any]]:
        if "call_ended" in sql:
            return []
        begun = Begun("c", "portal", "national", "x.y", "", "", "", datetime(2018, 8, 22, tzinfo=UTC))
        return [{"block": 1, "digest": begun.digest(), **msgspec.structs.asdict(begun)}] * _ROWS


async def test_calls_have_their_turn_between_rows() -> None:
    """Half a million rows would take seconds."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    meanwhile = asyncio.create_task(others())
    broken: list[str] = []
    found = await proving._digests(_Connection(), "writer", (0, 1), broken)
    meanwhile.cancel()
    assert (len(found[1]), broken) == (_ROWS, [])
    assert turns >= _ROWS // 200


class _Slow:
    """A database on which everything but what is given more time takes longer than a statement may."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[_Slow]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def fetch(self, _sql: str, *_values: Any, timeout: float = 30) -> list[tuple[str, int]]:  # noqa: ASYNC109
        self._take(timeout)
        return [("writer", 7)]

    async def fetchval(self, sql: str, *_values: Any, timeout: float = 30) -> bytes | None:  # noqa: ASYNC109
        if "call_begun" not in sql:
            return b"digest"
        self._take(timeout)
        return None

    async def execute(self, sql: str, *_values: Any, timeout: float = 30) -> str:  # noqa: ASYNC109
        if sql.startswith("DELETE"):
            self._take(timeout)
            self.removed.append(sql.split()[2])
        return "DELETE 5"

    @staticmethod
    def _take(patience: float) -> None:
        if patience <= 30:
            raise TimeoutError


async def test_a_large_removal_comes_to_its_end() -> None:
    """Statements have 30 s (services/kit/database.py); what was not removed in them once, never was."""
    database, now = _Slow(), datetime(2026, 1, 1, tzinfo=UTC)
    assert await proving.prune(database, now, now) == 5
    assert database.removed == ["call_ended", "call_begun", "audit_block"]
