"""Replies: which incoming document a draft answers, and what an incoming one says that it answers (ResponseFor)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import asyncpg
import msgspec

from services.kit.edxml.envelope import Envelope, Response
from services.kit.languages import Text
from services.kit.transaction import Transaction

#: States of an incoming document in which it can be answered: it is in the register, and has not gone back.
ANSWERABLE = ("registered", "assigned", "finished")


class Answered(msgspec.Struct, frozen=True):
    """A document that an incoming one answers."""

    organ: str
    name: str  #: its DocumentId; number and notation where the sender tells no more
    link: str = ""  #: the office's page of it; empty where the agency does not have it


async def wrong_reply(tx: Transaction, document: str, *, agency: str, doc_type: str) -> list[dict[str, str]]:
    """What keeps a draft of an agency from answering that document: it never came, or cannot be answered now."""
    row = await tx.row("SELECT state, pending FROM incoming WHERE agency = $1 AND document = $2", agency, document)
    if doc_type in {"recall", "update"}:  # programs take ResponseFor there for what is recalled
        way_out = Text(
            "Văn bản thu hồi hoặc cập nhật không trả lời văn bản đến; hãy soạn văn bản riêng.",
            "A recall or an update answers no incoming document; please draft another one.",
        )
    elif row is None:
        way_out = Text(
            "Dùng mã văn bản đã đến cơ quan này (sổ văn bản đến).",
            "Use the code of a document that has come to this agency (incoming register).",
        )
    elif row["pending"]:
        way_out = Text(
            "Nơi gửi đang yêu cầu lấy lại hoặc thay đổi văn bản ấy; hãy trả lời yêu cầu trước.",
            "Its sender asks for it back or for a change; please answer that first.",
        )
    elif row["state"] not in ANSWERABLE:
        way_out = Text(
            "Chỉ trả lời văn bản đã vào sổ đến và chưa trả về nơi gửi.",
            "Only what is in the incoming register and has not gone back to its sender is answered.",
        )
    else:
        return []
    return [{"where": "$.answers", "found": document[:120], "way_out": way_out}]


def told_in(envelope: Envelope) -> list[Response]:
    """What an envelope answers. A recall or an update that names its document there means it, and answers nothing."""
    return [one for one in envelope.responses if one.document is None or one.document not in envelope.targets]


async def answered_by(pool: asyncpg.Pool, envelope: Envelope, *, agency: str) -> list[Answered]:
    """What an envelope answers, linked where the agency has issued or received it."""
    told = told_in(envelope)
    if not told:
        return []
    rows = await pool.fetch(
        "SELECT document, NULL AS draft FROM incoming WHERE agency = $1 AND document = ANY($2) "
        "UNION ALL SELECT document, draft FROM document WHERE agency = $1 AND document = ANY($2)",
        agency,
        [str(one.document) for one in told if one.document],
    )
    links = {
        row["document"]: f"/documents/{row['draft']}"
        if row["draft"]
        else "/incoming?" + urlencode({"document": row["document"]})
        for row in rows
    }
    return [_answered(one, links) for one in told]


def _answered(one: Response, links: dict[str, str]) -> Answered:
    name = str(one.document) if one.document else one.code
    return Answered(one.organ, name, links.get(name, ""))


async def replies_to(pool: asyncpg.Pool, document: str, *, agency: str) -> Sequence[asyncpg.Record]:
    """An agency's drafts and documents that answer that incoming one."""
    found: Sequence[asyncpg.Record] = await pool.fetch(
        "SELECT draft, document, kind, subject, state FROM document "
        "WHERE agency = $1 AND answers = $2 AND answers <> '' ORDER BY draft",
        agency,
        document,
    )
    return found
