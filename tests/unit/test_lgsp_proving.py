"""A proof of the audit does not hold up the calls that are made meanwhile."""

from __future__ import annotations

import asyncio
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
