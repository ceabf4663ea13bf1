"""Hands envelopes out: what waits for an installation, the text itself, and the receipt that ends the waiting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from services.dochub import statuses
from services.kit.edxml.statuses import ARRIVED
from services.kit.kit import Kit
from services.kit.operations import Consumer, Operation, Refused
from services.kit.problems import Problem, not_found
from services.kit.transaction import Transaction

_LISTED_AT_ONCE = 50  # assumed: what one poll fetches in a few seconds; the rest waits for the next
_WAITING = (
    "SELECT document, addressee, newest FROM (SELECT $1::text AS installation) AS asked "
    "LEFT JOIN (SELECT installation, number AS newest FROM status_counter) AS counter USING (installation) "
    "LEFT JOIN LATERAL (SELECT document, addressee FROM delivery "
    "WHERE delivery.installation = $1 AND received_at IS NULL "
    "ORDER BY priority DESC, accepted_at, document, addressee LIMIT $2"
    ") AS waiting ON true"
)


class Received(msgspec.Struct, frozen=True):
    """Body of `envelopes.received`: an addressee's office has taken the document over."""

    document: str
    agency: str
    at: datetime


class Delivering:
    """`dochub.envelopes.list`, `.get` and `.received`."""

    def __init__(self, kit: Kit) -> None:
        """Read from the hub's own database."""
        self._kit = kit
        self._installations = {agency.installation for agency in kit.reference.agencies.values()}

    def operations(self) -> dict[str, Operation]:
        """By name."""
        return {
            "envelopes.list": Operation(at_once=self._list),
            "envelopes.get": Operation(at_once=self._get),
            "envelopes.received": Operation(apply=receive, body=Received),
        }

    async def _list(self, request: Request, _consumer: Consumer) -> Any:
        installation = self.installation_of(request)
        rows = await self._kit.pool.fetch(_WAITING, installation, _LISTED_AT_ONCE)
        waiting = [{"document": row["document"], "addressee": row["addressee"]} for row in rows if row["document"]]
        return {"envelopes": waiting, "newest_status": rows[0]["newest"] or 0}

    async def _get(self, request: Request, _consumer: Consumer) -> Any:
        document = request.query_params.get("document", "")
        row = await self._kit.pool.fetchrow("SELECT digest, xml FROM envelope WHERE document = $1", document)
        if row is None:
            raise not_found(f"gói tin {document[:120]}")
        return {"document": document, "digest": row["digest"], "xml": row["xml"]}

    def installation_of(self, request: Request) -> str:
        """Return the installation asked for. Raises a 422 Problem for an unknown one."""
        installation = request.query_params.get("installation", "")
        if installation not in self._installations:
            found = {
                "where": "?installation",
                "found": installation[:60],
                "way_out": "Dùng tên có trong danh bạ cơ quan.",
            }
            raise Problem(422, "invalid", "Không có hệ thống văn phòng này.", errors=[found])
        return installation


async def receive(receipt: Received, tx: Transaction) -> None:
    """Mark a document as taken over by an addressee. Raises Refused for one that was not sent there."""
    delivery = await statuses.locked(tx, document=receipt.document, agency=receipt.agency)
    if delivery is None:
        raise Refused(f"{receipt.document} không gửi đến {receipt.agency}")
    if delivery.seq == 0:
        await tx.execute(
            "UPDATE delivery SET received_at = $3 WHERE document = $1 AND addressee = $2",
            receipt.document,
            receipt.agency,
            tx.now,
        )
        await statuses.record(tx, delivery, status=ARRIVED, at=receipt.at)
