"""What a sabotage is, and what it says it did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from infra.stack import Stack
from simulation.text import Text
from simulation.trouble import TroubleError

#: An open transaction on the database of one service.
Connection = Any


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is now wrong, and that the verdict has to name."""

    name: str  #: of the sabotage
    subject: str  #: dossier code, document id, order, call id: what the violation must name
    what: Text


class SabotageError(TroubleError):
    """Nothing was damaged; the text says why and the way out."""


#: Damages one thing in a stack's databases.
Sabotage = Callable[[Stack], Awaitable[Damage]]


@asynccontextmanager
async def transaction(stack: Stack, service: str) -> AsyncIterator[Connection]:
    """Open a transaction on a service's database, as its superuser. Raises SabotageError when the stack has none."""
    if service not in stack.databases:
        raise SabotageError(
            Text(
                f"Đích {stack.target} không cho vào cơ sở dữ liệu của {service}; chỉ phá thử được ở đích local.",
                f"Target {stack.target} gives no access to the database of {service}; sabotage needs the local target.",
            )
        )
    connection = await asyncpg.connect(stack.databases[service])
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


async def middle(connection: Connection, query: str) -> Any:
    """Return the middle row of an ordered query, so that the choice is the same each time, or None."""
    rows: list[Any] = await connection.fetch(query)
    return rows[len(rows) // 2] if rows else None


def found(row: Any, vi: str, en: str) -> Any:
    """Return the row. Raises SabotageError when there is none: `vi` and `en` name what is missing."""
    if row is None:
        raise SabotageError(
            Text(
                f"Không có {vi} để phá thử. Hãy chạy một kịch bản có nhiều giao dịch hơn.",
                f"There is no {en} to damage. Run a scenario with more traffic.",
            )
        )
    return row
