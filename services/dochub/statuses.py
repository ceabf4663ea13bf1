"""What became of documents: addressees report, senders read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.edxml import statuses as order
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
    work: str  #: last status of the work itself
    withdrawn: bool  #: given back: nothing more is reported
    sender_installation: str

    @property
    def may_follow(self) -> frozenset[str]:
        """What may be reported next."""
        return frozenset() if self.withdrawn else order.may_follow(work=self.work, last=self.status)


async def locked(tx: Transaction, *, document: str, agency: str) -> Delivery | None:
    """Return the delivery, locked; None where the document does not go to that agency."""
    row = await tx.row(
        "SELECT d.document, d.addressee, d.status, d.seq, d.work, d.withdrawn, e.sender_installation "
        "FROM delivery AS d JOIN envelope AS e USING (document) "
        "WHERE d.document = $1 AND d.addressee = $2 FOR UPDATE OF d",
        document,
        agency,
    )
    return Delivery(**row) if row else None


async def record(tx: Transaction, delivery: Delivery, *, status: str, at: datetime, description: str = "") -> None:
    """Write the next status of a locked delivery down."""
    await tx.execute(
        "WITH moved AS (UPDATE delivery SET status = $3, seq = $4, work = $8 WHERE document = $1 AND addressee = $2), "
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
        status if status in order.WORK else delivery.work,
    )


async def report(reported: Reported, tx: Transaction) -> None:
    """Apply one item of `statuses.send`. A report that overtook the one before it is asked for again."""
    name = f"{reported.document}, {reported.agency}"
    if reported.status not in order.NAMES:
        raise Refused(f"{name}: không có trạng thái “{reported.status[:20]}”")
    delivery = await locked(tx, document=reported.document, agency=reported.agency)
    if delivery is None:
        raise Refused(f"{reported.document} không gửi đến {reported.agency}")
    if reported.seq > delivery.seq + 1:
        raise Again(f"{name}: mới có {delivery.seq} trạng thái, chưa đến lượt thứ {reported.seq}")
    if reported.seq <= delivery.seq:
        await _check_repetition(reported, tx)
        return
    if reported.status not in delivery.may_follow:
        before = "đã được lấy lại" if delivery.withdrawn else delivery.status or "chưa đến"
        raise Refused(f"{name}: trạng thái {reported.status} không được đứng sau “{before}”")
    if reported.status == order.ASKED and not await _open_request(reported, tx):
        raise Refused(f"{name}: nơi gửi không có yêu cầu nào đang chờ trả lời")
    await record(tx, delivery, status=reported.status, at=reported.at, description=reported.description)
    if reported.status in order.ANSWERS:
        await _close_request(reported, tx)


async def _check_repetition(reported: Reported, tx: Transaction) -> None:
    """Let a report that was made before pass without effect, whoever repeats it. Raises Refused for another one."""
    told = await tx.value(
        "SELECT status FROM status WHERE document = $1 AND agency = $2 AND seq = $3",
        reported.document,
        reported.agency,
        reported.seq,
    )
    if told != reported.status:
        raise Refused(f"{reported.document}, {reported.agency}: lượt thứ {reported.seq} đã có trạng thái khác")


_OPEN_REQUEST = "FROM change_request WHERE document = $1 AND addressee = $2 AND answer = '' ORDER BY number LIMIT 1"


async def _open_request(reported: Reported, tx: Transaction) -> bool:
    return bool(await tx.value(f"SELECT number {_OPEN_REQUEST}", reported.document, reported.agency))


async def _close_request(reported: Reported, tx: Transaction) -> None:
    """Answer the oldest open request; who agrees to a recall or replacement has given the document back."""
    row = await tx.row(
        f"UPDATE change_request SET answer = $3 WHERE number = (SELECT number {_OPEN_REQUEST}) RETURNING doc_type",  # noqa: S608
        reported.document,
        reported.agency,
        reported.status,
    )
    if row and reported.status == order.AGREED and row["doc_type"] in {"recall", "replace"}:
        await tx.execute(
            "UPDATE delivery SET withdrawn = true WHERE document = $1 AND addressee = $2",
            reported.document,
            reported.agency,
        )


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
