"""`document-delivered-twice`: hub and office each have a second row for one addressee of a document."""

from __future__ import annotations

from infra.stack import Stack
from loadtests.sabotage.damage import Connection, Damage, found, middle, transaction
from simulation.text import Text

NAME = "document-delivered-twice"


async def damage(stack: Stack) -> Damage:
    """Repeat the middle delivery by document and addressee."""
    async with transaction(stack, "dochub") as hub, transaction(stack, "office") as office:
        row = await middle(
            hub, "SELECT document, addressee FROM delivery WHERE received_at IS NOT NULL ORDER BY document, addressee"
        )
        document, addressee = found(row, "văn bản nào đã đến nơi nhận", "delivered document")
        await _repeat(hub, "delivery", "addressee", document, addressee)
        await _repeat(office, "incoming", "agency", document, addressee)
    return Damage(
        name=NAME,
        subject=document,
        what=Text(
            f"Văn bản {document} được ghi đến {addressee} hai lần.",
            f"Document {document} now stands as delivered to {addressee} twice.",
        ),
    )


async def _repeat(connection: Connection, table: str, column: str, document: str, addressee: str) -> None:
    """Insert a row again. The table's own primary key forbids that, so the key has to go first."""
    key = await connection.fetchval(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'p'", table
    )
    if key:
        await connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{key}" CASCADE')
    again = f"INSERT INTO {table} SELECT * FROM {table} WHERE document = $1 AND {column} = $2"  # noqa: S608 -- our names
    await connection.execute(again, document, addressee)
