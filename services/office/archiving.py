"""The archive: a document that is done is filed, as the electronic original alone or on paper as well.

What was signed digitally and is printed for the archive anyway is the two tracks that the press tells of
(TRB-TWO-TRACK); the register of filings shows how often that is, and how many pages it costs. How an incoming document
was signed, and whether that holds, is read from what came.
"""

from __future__ import annotations

import asyncio

import msgspec
from starlette.requests import Request

from services.kit.accounts import Account
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from services.kit.kit import Endpoint, Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import Problem, not_found, wrong_state
from services.kit.transaction import Transaction
from services.office.arrived import arrived, opened
from services.office.inspecting import Inspector
from services.office.originals import Original, original_of

_DONE = {"issued", "finished", "refused", "withdrawn"}
_UNREAD = Original("unknown", 1)


class Filed(msgspec.Struct, forbid_unknown_fields=True):
    """Which document, and whether paper is filed beside it."""

    document: str
    paper: bool = False


def filing_endpoint(kit: Kit, trust: Trust, inspector: Inspector) -> Endpoint:
    """`POST /api/filings`, by the document clerk."""

    async def prepare(request: Request, asked: Filed) -> tuple[Account, Original]:
        who = kit.who(request, "document_clerk")
        try:
            row = await arrived(kit, asked.document, agency=who.agency)
            envelope = await asyncio.to_thread(opened, kit, trust, row)
        except (Problem, EdxmlError):
            return who, _UNREAD
        at = row["arrived_at"]
        pdfs = [one.judged for one in await inspector.look(envelope.attachments, at=at)]
        return who, await asyncio.to_thread(original_of, envelope, trust, pdfs, at=at)

    async def handle(_request: Request, asked: Filed, tx: Transaction, prepared: tuple[Account, Original]) -> Reply:
        who, came = prepared
        row = await tx.row(
            "SELECT 'outgoing' AS direction, state, signed, pages, '' AS held FROM document "
            "WHERE document = $1 AND agency = $2 "
            "UNION ALL SELECT 'incoming', state, $3::text, $4::integer, $5::text FROM incoming "
            "WHERE document = $1 AND agency = $2",
            asked.document,
            who.agency,
            came.signed,
            came.pages,
            came.held,
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
            "INSERT INTO filing (agency, document, direction, paper, signed, pages, held, actor, at, request_key) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            who.agency,
            asked.document,
            row["direction"],
            asked.paper,
            row["signed"],
            row["pages"],
            row["held"],
            who.account,
            tx.now,
            tx.key,
        )
        two_tracks = asked.paper and row["signed"] == "digital"
        told = {name: row[name] for name in ("signed", "held", "pages")}
        return reply({"document": asked.document, "paper": asked.paper, **told, "two_tracks": two_tracks}, 201)

    return kit.write(handle, body=Filed, prepare=prepare)
