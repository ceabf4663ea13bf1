"""The agency's books: every outgoing and every incoming document takes the next number of the year."""

from __future__ import annotations

from typing import Literal

from services.kit.transaction import Transaction

Book = Literal["outgoing", "incoming"]


async def next_number(tx: Transaction, *, agency: str, book: Book) -> int:
    """Take the next number; numbers have no gaps, since one is given back when its transaction is undone."""
    number: int = await tx.value(
        "INSERT INTO register (agency, book, year, number) VALUES ($1, $2, $3, 1) "
        "ON CONFLICT (agency, book, year) DO UPDATE SET number = register.number + 1 RETURNING number",
        agency,
        book,
        tx.now.year,
    )
    return number
