"""Hands envelopes out: what waits for an installation, the text itself, and the receipt that ends the waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from services.dochub.texts import Texts
from services.kit.edxml.statuses import ARRIVED
from services.kit.kit import Kit
from services.kit.operations import Again, Consumer, Operation, Refused
from services.kit.problems import Problem, not_found
from services.kit.transaction import Transaction

_MOST_TEXTS, _MOST_BYTES = 50, 8_000_000  # of texts in one answer, but one in any case; assumed
_SEPARATOR = ";"  # stands in no DocumentId
_LISTED_AT_ONCE = 200  # assumed: what one poll fetches in a few seconds; the rest waits for the next
_WAITING = (
    "SELECT document, addressee, newest FROM (SELECT $1::text AS installation) AS asked "
    "LEFT JOIN (SELECT installation, number AS newest FROM status_counter) AS counter USING (installation) "
    "LEFT JOIN LATERAL (SELECT document, addressee FROM delivery "
    "WHERE delivery.installation = $1 AND received_at IS NULL "
    "ORDER BY priority DESC, accepted_at, document, addressee LIMIT $2"
    ") AS waiting ON true"
)


_TEXTS = """
    SELECT document, digest, xml FROM (
        SELECT document, digest, xml, sum(size) OVER (ORDER BY place) - size AS before
        FROM (SELECT *, coalesce(bytes, octet_length(xml)) AS size FROM envelope
              JOIN unnest($1::text[]) WITH ORDINALITY AS asked (document, place) USING (document)) AS named
    ) AS one WHERE before < $2 OR before = 0
"""
_LOCKED = """
    SELECT d.document, d.addressee, d.seq, e.sender_installation
    FROM unnest($1::text[], $2::text[]) AS asked (document, addressee)
    JOIN delivery AS d USING (document, addressee) JOIN envelope AS e USING (document)
    ORDER BY d.document, d.addressee FOR UPDATE OF d
"""
#: First receipts: the waiting ends, and status 01 goes to each sender under the next numbers of its installation.
_RECEIVED = """
    WITH receipt AS MATERIALIZED (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
               WITH ORDINALITY AS one (document, addressee, installation, at, place)
    ), moved AS (
        UPDATE delivery SET received_at = $5, status = $6, work = $6, seq = 1 FROM receipt
        WHERE (delivery.document, delivery.addressee) = (receipt.document, receipt.addressee)
    ), counted AS (
        INSERT INTO status_counter AS old (installation, number)
        SELECT installation, count(*) FROM receipt GROUP BY installation ORDER BY installation
        ON CONFLICT (installation) DO UPDATE SET number = old.number + excluded.number RETURNING installation, number
    )
    INSERT INTO status (document, agency, seq, status, description, at, installation, number)
    SELECT document, addressee, 1, $6, '', at, installation,
           counted.number + 1 - row_number() OVER (PARTITION BY installation ORDER BY place DESC)
    FROM receipt JOIN counted USING (installation)
"""


class Received(msgspec.Struct, frozen=True):
    """Body of `envelopes.received`: an addressee's office has taken the document over."""

    document: str
    agency: str
    at: datetime


class Delivering:
    """`dochub.envelopes.list`, `.get` and `.received`."""

    def __init__(self, kit: Kit, texts: Texts) -> None:
        """Read from the hub's own database; `texts` has what is too large for it."""
        self._kit, self._texts = kit, texts
        self._installations = {agency.installation for agency in kit.reference.agencies.values()}

    def operations(self) -> dict[str, Operation]:
        """By name."""
        return {
            "envelopes.list": Operation(at_once=self._list),
            "envelopes.get": Operation(at_once=self._get),
            "envelopes.received": Operation(batch=Receiving(), body=Received),
        }

    async def _list(self, request: Request, _consumer: Consumer) -> Any:
        installation = self.installation_of(request)
        rows = await self._kit.pool.fetch(_WAITING, installation, _LISTED_AT_ONCE)
        waiting = [{"document": row["document"], "addressee": row["addressee"]} for row in rows if row["document"]]
        return {"envelopes": waiting, "newest_status": rows[0]["newest"] or 0}

    async def _get(self, request: Request, _consumer: Consumer) -> Any:
        several = request.query_params.get("documents")
        if several is not None:
            return await self._get_several(several.split(_SEPARATOR))
        document = request.query_params.get("document", "")
        row = await self._kit.pool.fetchrow("SELECT digest, xml FROM envelope WHERE document = $1", document)
        xml = await self._texts.of(row) if row else None
        if row is None or xml is None:
            raise not_found(f"gói tin {document[:120]}")
        return {"document": document, "digest": row["digest"], "xml": xml}

    async def _get_several(self, documents: list[str]) -> Any:
        """Answer texts in the order asked for, as many as fit; what is unknown, lost or one too many is left out."""
        if len(documents) > _MOST_TEXTS:
            found = {"where": "?documents", "found": f"{len(documents)} mã", "way_out": f"Tối đa {_MOST_TEXTS} mã."}
            raise Problem(422, "invalid", "Hỏi quá nhiều văn bản một lần.", errors=[found])
        rows = await self._kit.pool.fetch(_TEXTS, documents, _MOST_BYTES)
        texts = [await self._texts.of(row) for row in rows]
        return {
            "envelopes": [
                {"document": row["document"], "digest": row["digest"], "xml": xml}
                for row, xml in zip(rows, texts, strict=True)
                if xml is not None
            ]
        }

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


class Receiving:
    """Takes receipts, many at a time: each ends the waiting of one document at one addressee, once."""

    async def look(self, bodies: Sequence[Received]) -> Sequence[Received]:
        """There is nothing to check without the database."""
        return bodies

    async def apply(self, looked: Sequence[Received], tx: Transaction) -> list[Refused | Again | None]:
        """Mark documents as taken over; refuse receipts for what was not sent there."""
        receipts = {(one.document, one.agency): one for one in reversed(looked)}
        columns = list(map(list, zip(*receipts, strict=True))) or [[], []]
        rows = {(row["document"], row["addressee"]): row for row in await tx.fetch(_LOCKED, *columns)}
        first = [(*key, row["sender_installation"], receipts[key].at) for key, row in rows.items() if row["seq"] == 0]
        if first:
            await tx.execute(_RECEIVED, *map(list, zip(*first, strict=True)), tx.now, ARRIVED)
        return [
            None if (one.document, one.agency) in rows else Refused(f"{one.document} không gửi đến {one.agency}")
            for one in looked
        ]

    async def bury(self, refused: Sequence[tuple[Received, str]], tx: Transaction) -> None:
        """A receipt for what was not sent there is of no use to anybody."""


async def receive(receipt: Received, tx: Transaction) -> None:
    """Take one receipt. Raises Refused for a document that was not sent there."""
    [came] = await Receiving().apply([receipt], tx)
    if came:
        raise came
