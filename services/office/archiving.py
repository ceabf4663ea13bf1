"""The archive: a document that is done is filed, as the electronic original alone or on paper as well.

What was signed digitally and is printed for the archive anyway is the two tracks that the press tells of
(TRB-TWO-TRACK); the register of filings shows how often that is, and how many pages it costs. How an incoming document
was signed is read from what came.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec
from starlette.requests import Request

from services.kit.accounts import Account
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from services.kit.kit import Endpoint, Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import not_found, wrong_state
from services.kit.transaction import Transaction
from services.office.originals import Original, original_of

_DONE = {"issued", "finished", "refused", "withdrawn"}
_UNREAD = Original("unknown", 1)


class Filed(msgspec.Struct, forbid_unknown_fields=True):
    """Which document, and whether paper is filed beside it."""

    document: str
    paper: bool = False


def filing_endpoint(kit: Kit, trust: Trust) -> Endpoint:
    """`POST /api/filings`, by the document clerk."""

    async def prepare(request: Request, asked: Filed) -> tuple[Account, Original]:
        who = kit.who(request, "document_clerk")
        row = await kit.pool.fetchrow(
            "SELECT xml, arrived_at FROM incoming JOIN received USING (document) WHERE agency = $1 AND document = $2",
            who.agency,
            asked.document,
        )
        if row is None:
            return who, _UNREAD
        return who, await asyncio.to_thread(look, row["xml"], row["arrived_at"])

    def look(xml: str, at: datetime) -> Original:
        try:
            envelope = trust.examine(xml, at=at, strict=kit.reference.document_axis.strict).envelope
        except EdxmlError:
            return _UNREAD
        return original_of(envelope, trust, at=at)

    async def handle(_request: Request, asked: Filed, tx: Transaction, prepared: tuple[Account, Original]) -> Reply:
        who, came = prepared
        row = await tx.row(
            "SELECT 'outgoing' AS direction, state, signed, pages FROM document WHERE document = $1 AND agency = $2 "
            "UNION ALL SELECT 'incoming', state, $3::text, $4::integer FROM incoming "
            "WHERE document = $1 AND agency = $2",
            asked.document,
            who.agency,
            came.signed,
            came.pages,
        )
        if row is None:
            raise not_found(
                Text(
                    f"văn bản {asked.document[:120]} trong cơ quan của bạn",
                    f"document {asked.document[:120]} in your agency",
                )
            )
        if row["state"] not in _DONE:
            raise wrong_state(
                Text(f"Văn bản {asked.document}", f"Document {asked.document}"),
                row["state"],
                Text("đã phát hành hoặc đã xử lý xong", "issued or finished"),
            )
        await tx.execute(
            "INSERT INTO filing (agency, document, direction, paper, signed, pages, actor, at, request_key) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            who.agency,
            asked.document,
            row["direction"],
            asked.paper,
            row["signed"],
            row["pages"],
            who.account,
            tx.now,
            tx.key,
        )
        two_tracks = asked.paper and row["signed"] == "digital"
        told = {"document": asked.document, "paper": asked.paper, "signed": row["signed"], "pages": row["pages"]}
        return reply(told | {"two_tracks": two_tracks}, 201)

    return kit.write(handle, body=Filed, prepare=prepare)
