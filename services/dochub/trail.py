"""Where a document is, for administrators: who sent it, how it was sealed, what each addressee said.

Texts are correspondence and stay unread here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit.accounts import Account
from services.kit.admin_door import AdminDoor
from services.kit.edxml import statuses
from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.kit.pages import Pages
from services.kit.problems import not_found

_SHOWN = 200
_LISTED = """
    SELECT document, sender, subject, accepted_at, doc_type, weak, tolerated <> '{}' AS tolerated,
           cardinality(addressees) AS addressees,
           (SELECT count(*) FROM delivery WHERE delivery.document = envelope.document AND received_at IS NOT NULL)
               AS received
    FROM envelope
    WHERE ($1 = '' OR document = $1) AND ($2 = '' OR sender = $2) AND ($3 = '' OR $3 = ANY(addressees))
          AND ($4 = '' OR weak)
    ORDER BY accepted_at DESC, document LIMIT $5
"""
_ONE = """
    SELECT document, sender, subject, accepted_at, digest, doc_type, about, profile, algorithm, weak, tolerated,
           coalesce(bytes, octet_length(xml)) AS bytes
    FROM envelope WHERE document = $1
"""
_DELIVERIES = """
    SELECT addressee, installation, received_at, priority, withdrawn FROM delivery WHERE document = $1
    ORDER BY addressee
"""
_STATUSES = "SELECT agency, seq, status, description, at FROM status WHERE document = $1 ORDER BY agency, seq"
_DOC_TYPES: Mapping[str, str] = {
    "new": Text("văn bản mới", "new document"), "recall": Text("thu hồi", "recall"),
    "update": Text("cập nhật", "update"), "replace": Text("thay thế", "replace"),
}  # fmt: skip


class Trail:
    """`/documents` and `/documents/trail`, and the latter for programs."""

    def __init__(self, kit: Kit, pages: Pages, door: AdminDoor) -> None:
        """Read from the hub's own database."""
        self._kit, self._pages, self._door = kit, pages, door
        self._agencies = kit.reference.agencies

    def routes(self) -> list[Route]:
        """Pages and API."""
        return [
            Route("/documents", self._door.page(self._show_all)),
            Route("/documents/trail", self._door.page(self._show_one)),
            Route("/api/documents/trail", self._tell),
        ]

    async def _show_all(self, request: Request, _who: Account) -> Response:
        names = ("document", "sender", "addressee", "weak")
        asked = {name: request.query_params.get(name, "").strip() for name in names}
        rows = await self._kit.pool.fetch(_LISTED, *asked.values(), _SHOWN)
        return self._pages.page(
            "documents.html", request=request, rows=rows, asked=asked, agencies=self._agencies, doc_types=_DOC_TYPES
        )

    async def _show_one(self, request: Request, _who: Account) -> Response:
        return self._pages.page(
            "trail.html", request=request, told=await self._told(request), agencies=self._agencies,
            names=statuses.NAMES, doc_types=_DOC_TYPES,
        )  # fmt: skip

    async def _tell(self, request: Request) -> Response:
        self._door.admin(request)
        return json(await self._told(request))

    async def _told(self, request: Request) -> dict[str, Any]:
        document = request.query_params.get("document", "")
        row = await self._kit.pool.fetchrow(_ONE, document)
        if row is None:
            raise not_found(Text(f"văn bản {document[:120]} trên trục", f"document {document[:120]} on the axis"))
        said = await self._kit.pool.fetch(_STATUSES, document)
        deliveries = [
            {**row, "statuses": [dict(one) for one in said if one["agency"] == row["addressee"]]}
            for row in await self._kit.pool.fetch(_DELIVERIES, document)
        ]
        return {**row, "deliveries": deliveries}
