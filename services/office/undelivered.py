"""What the hub has refused of an agency's (dead letters): shown to the document clerk, and sent again when put right.

A letter goes out again under its old key, so that it still takes effect once, however often it is sent.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.accounts import Account
from services.kit.kit import Endpoint, Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import not_found
from services.kit.transaction import Transaction

#: An agency's letters: what it sent, or what it reported of somebody else's document.
_OF_AGENCY = "(subject LIKE $1 || ',%' OR convert_from(body, 'UTF8')::jsonb ->> 'agency' = $1)"


class Letter(msgspec.Struct, forbid_unknown_fields=True):
    """Which letter."""

    key: str


async def letters(kit: Kit, agency: str) -> list[Any]:
    """Dead letters of an agency, oldest first."""
    rows: list[Any] = await kit.pool.fetch(
        f"SELECT key, operation, subject, detail FROM dead_letter WHERE {_OF_AGENCY} ORDER BY key",  # noqa: S608
        agency,
    )
    return rows


def replay_endpoint(kit: Kit) -> Endpoint:
    """`POST /api/undelivered/replay`."""

    async def prepare(request: Request, _content: Any) -> Account:
        return kit.who(request, "document_clerk")

    async def handle(_request: Request, asked: Letter, tx: Transaction, who: Account) -> Reply:
        row = await tx.row(
            f"DELETE FROM dead_letter WHERE key = $2 AND {_OF_AGENCY} "  # noqa: S608
            "RETURNING destination, operation, subject, body",
            who.agency,
            asked.key,
        )
        if row is None:
            raise not_found(
                Text(
                    f"văn bản chưa gửi được {asked.key[:120]} trong cơ quan của bạn",
                    f"undelivered document {asked.key[:120]} in your agency",
                )
            )
        body = msgspec.json.decode(row["body"])
        await tx.send(row["destination"], row["operation"], body, subject=row["subject"], key=asked.key)
        return reply({"key": asked.key, "subject": row["subject"], "state": "sent-again"})

    return kit.write(handle, body=Letter, prepare=prepare)
