"""Requests of senders to give a document back or to take a change: noticed, put before the clerk, answered.

A request is noticed when both its message and the document it is about are here, whichever came first. It is told to
the hub as status 13, stops all other work on the document, and ends with 15 (agreed) or 16 (declined).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import asyncpg
import msgspec
from starlette.requests import Request

from services.kit.edxml.statuses import AGREED, ASKED, DECLINED
from services.kit.kit import Endpoint, Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import not_found, wrong_state
from services.kit.transaction import Transaction
from services.office.incoming import OnDocument, Refusal, Status, check_agency, reason_of

_GIVEN_BACK = {"recall", "replace"}
_ENDED = {"refused", "withdrawn"}


class Answer(Refusal):
    """What the clerk says to a request, and why."""

    answer: Literal["agree", "decline"]


async def notice(tx: Transaction, entries: Iterable[tuple[str, str]]) -> None:
    """Find the requests that the new entries (document, agency) bring, or bring up, and ask where nothing is asked."""
    documents, agencies = zip(*entries, strict=True)
    rows = await tx.fetch(
        "INSERT INTO change_request (agency, document, message, doc_type) "
        "SELECT target.agency, target.document, message.document, told.doc_type FROM received AS told "
        "JOIN incoming AS message ON message.document = told.document "
        "JOIN incoming AS target ON target.document = ANY(told.about) AND target.agency = message.agency "
        "WHERE told.about <> '{}' AND (told.document = ANY($1) OR told.about && $1) AND message.agency = ANY($2) "
        "ORDER BY target.agency, target.document, message.document "
        "ON CONFLICT DO NOTHING RETURNING agency, document",
        list(documents),
        list(agencies),
    )
    for agency, document in sorted({(row["agency"], row["document"]) for row in rows}):
        await _ask(tx, agency=agency, document=document)


async def _ask(tx: Transaction, *, agency: str, document: str) -> None:
    """Put the oldest open request before the clerk, unless one is there already or the document has ended."""
    row = await tx.row(
        "SELECT state, status, seq, pending FROM incoming WHERE agency = $1 AND document = $2 FOR UPDATE",
        agency,
        document,
    )
    if row is None or row["pending"]:
        return
    if row["state"] in _ENDED:
        await tx.execute(
            "UPDATE change_request SET answer = '-' WHERE agency = $1 AND document = $2 AND answer = ''",
            agency,
            document,
        )
        return
    message = await tx.value(
        "SELECT message FROM change_request "
        "WHERE agency = $1 AND document = $2 AND answer = '' ORDER BY number LIMIT 1",
        agency,
        document,
    )
    if message:
        await _tell(tx, row, agency=agency, document=document, status=ASKED, pending=message, reason="")


async def _tell(
    tx: Transaction,
    row: asyncpg.Record,
    *,
    agency: str,
    document: str,
    status: str,
    pending: str,
    reason: str,
    state: str = "",
) -> None:
    seq = row["seq"] + 1
    await tx.execute(
        "UPDATE incoming SET status = $3, seq = $4, pending = $5, state = $6 WHERE agency = $1 AND document = $2",
        agency,
        document,
        status,
        seq,
        pending,
        state or row["state"],
    )
    told = Status(document=document, agency=agency, status=status, seq=seq, at=tx.now.isoformat(), description=reason)
    key = f"dochub:statuses.send:{document}:{agency}:{seq}"
    await tx.send("dochub", "statuses.send", told, subject=document, key=key)


def answer_endpoint(kit: Kit) -> Endpoint:
    """`POST /api/incoming/answer`."""

    async def prepare(request: Request, _content: OnDocument) -> str:
        return kit.who(request, "document_clerk").account

    async def handle(request: Request, asked: Answer, tx: Transaction, account: str) -> Reply:
        check_agency(kit.who(request), asked)
        return await _answer(asked, tx, account)

    return kit.write(handle, body=Answer, prepare=prepare)


async def _answer(asked: Answer, tx: Transaction, account: str) -> Reply:
    reason = reason_of(asked)
    row = await tx.row(
        "SELECT state, status, seq, pending FROM incoming WHERE agency = $1 AND document = $2 FOR UPDATE",
        asked.agency,
        asked.document,
    )
    if row is None:
        raise not_found(
            Text(
                f"văn bản đến {asked.document[:120]} của cơ quan {asked.agency}",
                f"incoming document {asked.document[:120]} of agency {asked.agency}",
            )
        )
    if not row["pending"]:
        raise wrong_state(
            Text(f"Văn bản đến {asked.document}", f"Incoming document {asked.document}"),
            row["state"],
            Text("có yêu cầu của nơi gửi chờ trả lời", "a request of the sender waiting for an answer"),
        )
    status = AGREED if asked.answer == "agree" else DECLINED
    doc_type = await tx.value(
        "UPDATE change_request SET answer = $4 WHERE agency = $1 AND document = $2 AND message = $3 RETURNING doc_type",
        asked.agency,
        asked.document,
        row["pending"],
        status,
    )
    state = "withdrawn" if status == AGREED and doc_type in _GIVEN_BACK else row["state"]
    await _tell(
        tx, row, agency=asked.agency, document=asked.document, status=status, pending="", reason=reason, state=state
    )
    await tx.execute(
        "INSERT INTO event (document, agency, event, actor, detail, at, request_key) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        asked.document,
        asked.agency,
        "agreed" if status == AGREED else "declined",
        account,
        reason,
        tx.now,
        tx.key,
    )
    await _ask(tx, agency=asked.agency, document=asked.document)
    body = msgspec.structs.asdict(asked) | {"state": state, "status": status}
    return reply({name: body[name] for name in ("document", "agency", "state", "status")})
