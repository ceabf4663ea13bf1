"""What became of documents: addressees report, senders read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from services.dochub.status_order import MAY_FOLLOW, legal
from services.kit.kit import Kit
from services.kit.operations import Again, Consumer, Operation, Refused
from services.kit.problems import Problem
from services.kit.transaction import Transaction

_READ_AT_ONCE = 500  # assumed
_MAX_NUMBER_DIGITS = 18


class Reported(msgspec.Struct, frozen=True):
    """Body of `statuses.send`. `seq` counts the reports of one addressee on one document; 01 was the first."""

    document: str
    agency: str
    status: str
    seq: int
    at: datetime
    description: str = ""


class Delivery(msgspec.Struct, frozen=True):
    """Where an addressee is with a document, and whose installation wants to know."""

    document: str
    addressee: str
    status: str
    seq: int
    sender_installation: str


async def locked(tx: Transaction, *, document: str, agency: str) -> Delivery | None:
    """Return the delivery, locked; None where the document does not go to that agency."""
    row = await tx.row(
        "SELECT d.document, d.addressee, d.status, d.seq, e.sender_installation FROM delivery AS d "
        "JOIN envelope AS e USING (document) WHERE d.document = $1 AND d.addressee = $2 FOR UPDATE OF d",
        document,
        agency,
    )
    return Delivery(**row) if row else None


async def record(tx: Transaction, delivery: Delivery, *, status: str, at: datetime, description: str = "") -> None:
    """Write the next status of a locked delivery down."""
    await tx.execute(
        "WITH moved AS (UPDATE delivery SET status = $3, seq = $4 WHERE document = $1 AND addressee = $2), "
        "counted AS (INSERT INTO status_counter AS old (installation, number) VALUES ($7, 1) "
        "ON CONFLICT (installation) DO UPDATE SET number = old.number + 1 RETURNING number) "
        "INSERT INTO status (document, agency, seq, status, description, at, installation, number) "
        "SELECT $1, $2, $4, $3, $5, $6, $7, number FROM counted",
        delivery.document,
        delivery.addressee,
        status,
        delivery.seq + 1,
        description,
        at,
        delivery.sender_installation,
    )


async def report(reported: Reported, tx: Transaction) -> None:
    """Apply one item of `statuses.send`. A report that overtook the one before it is asked for again."""
    name = f"{reported.document}, {reported.agency}"
    if reported.status not in MAY_FOLLOW:
        raise Refused(f"{name}: không có trạng thái “{reported.status[:20]}”")
    delivery = await locked(tx, document=reported.document, agency=reported.agency)
    if delivery is None:
        raise Refused(f"{reported.document} không gửi đến {reported.agency}")
    if reported.seq > delivery.seq + 1:
        raise Again(f"{name}: mới có {delivery.seq} trạng thái, chưa đến lượt thứ {reported.seq}")
    if (reported.seq, reported.status) == (delivery.seq, delivery.status):
        return
    if reported.seq <= delivery.seq:
        raise Refused(f"{name}: lượt thứ {reported.seq} đã có trạng thái khác")
    if not legal(last=delivery.status, status=reported.status):
        raise Refused(f"{name}: trạng thái {reported.status} không được đứng sau “{delivery.status or 'chưa đến'}”")
    await record(tx, delivery, status=reported.status, at=reported.at, description=reported.description)


class Reading:
    """`dochub.statuses.list`."""

    def __init__(self, kit: Kit) -> None:
        """Read from the hub's own database."""
        self._kit = kit

    def operations(self) -> dict[str, Operation]:
        """By name."""
        return {
            "statuses.send": Operation(apply=report, body=Reported),
            "statuses.list": Operation(at_once=self._list),
        }

    async def _list(self, request: Request, _consumer: Consumer) -> Any:
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= _MAX_NUMBER_DIGITS):
            found = {"where": "?after", "found": after[:60], "way_out": "Số của trạng thái đã đọc sau cùng, hoặc 0."}
            raise Problem(422, "invalid", "Tham số “after” không phải số.", errors=[found])
        rows = await self._kit.pool.fetch(
            "SELECT number, document, agency, status, seq, at, description FROM status "
            "WHERE installation = $1 AND number > $2 ORDER BY number LIMIT $3",
            request.query_params.get("installation", ""),
            int(after),
            _READ_AT_ONCE,
        )
        return {"statuses": [dict(row) for row in rows]}
