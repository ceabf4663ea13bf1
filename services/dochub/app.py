"""The document hub (trục liên thông văn bản): takes signed envelopes, hands them on, keeps receipts and statuses."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.dochub.accepting import Accepting
from services.dochub.delivering import Delivering
from services.dochub.directory import Directory
from services.dochub.face import Face
from services.dochub.revocations import Revocations
from services.dochub.statuses import Reading
from services.kit.edxml.trust import Trust
from services.kit.kit import Kit
from services.kit.operations import Operation
from services.kit.pages import Pages
from services.kit.serve import Parts

#: The hub's books (docs/wire.md, "Books").
EXPORTS = {
    "envelopes": (
        "SELECT document, sender, addressees, accepted_at, digest, xml, doc_type, about FROM envelope ORDER BY document"
    ),
    "deliveries": (
        "SELECT document, addressee, received_at FROM delivery WHERE received_at IS NOT NULL "
        "ORDER BY document, addressee"
    ),
    "statuses": "SELECT document, agency, status, seq, at FROM status ORDER BY document, agency, seq",
}
_COUNTS = (
    "SELECT (SELECT count(*) FROM envelope) AS envelopes, count(*) AS deliveries, "
    "count(*) FILTER (WHERE received_at IS NULL) AS waiting, count(*) FILTER (WHERE status = '02') AS refused, "
    "count(*) FILTER (WHERE status = '06') AS finished FROM delivery"
)


def build(kit: Kit) -> Parts:
    """Put the hub together."""
    pages = Pages("dochub")

    axis = kit.reference.document_axis
    authority = (kit.reference.folder / "certificate-authority.pem").read_bytes()
    revocations = Revocations(kit, authority)
    trust = Trust(authority, allowed=axis.algorithms, revoked=revocations.since)
    directory = Directory(kit, levels=axis.levels)
    accepting = Accepting(directory, trust, strict=axis.mode == "strict")

    async def start() -> None:
        await directory.start()
        await revocations.start()

    async def home(_request: Request) -> Response:
        return pages.page("home.html", counts=await kit.pool.fetchrow(_COUNTS))

    return Parts(
        routes=[Route("/", home), Route("/control/agencies", directory.control, methods=["GET", "PUT"])],
        operations={
            "envelopes.send": accepting.operation,
            "agencies.list": Operation(at_once=directory.list),
            **Face(kit, directory, accepting).operations(),
            **Delivering(kit).operations(),
            **Reading(kit).operations(),
        },
        exports=EXPORTS,
        in_flight="SELECT count(*) FROM delivery WHERE received_at IS NULL",
        start=start,
        stop=revocations.stop,
    )
