"""The agency's books: every outgoing and every incoming document takes the next number of the year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from services.kit.transaction import Transaction

Book = Literal["outgoing", "incoming"]


_NEXT = """
    INSERT INTO register AS old (agency, book, year, number)
    SELECT agency, $3, $4, number FROM unnest($1::text[], $2::integer[]) AS wanted (agency, number) ORDER BY agency
    ON CONFLICT (agency, book, year) DO UPDATE SET number = old.number + excluded.number RETURNING agency, number
"""


async def next_numbers(tx: Transaction, wanted: Mapping[str, int], *, book: Book) -> dict[str, range]:
    """Take as many numbers as each agency wants; they have no gaps, being given back when the transaction is undone."""
    rows = await tx.fetch(_NEXT, list(wanted), list(wanted.values()), book, tx.now.year)
    last: dict[str, int] = {row["agency"]: row["number"] for row in rows}
    return {agency: range(last[agency] - many + 1, last[agency] + 1) for agency, many in wanted.items()}


async def next_number(tx: Transaction, *, agency: str, book: Book) -> int:
    """Take the next number."""
    return (await next_numbers(tx, {agency: 1}, book=book))[agency][0]
