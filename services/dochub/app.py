"""The document hub (trục liên thông văn bản): takes signed envelopes, hands them on, keeps receipts and statuses."""

from __future__ import annotations

import os

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.dochub.accepting import Accepting
from services.dochub.delivering import Delivering
from services.dochub.directory import Directory
from services.dochub.face import Face
from services.dochub.looking import Rules
from services.dochub.ocsp import Ocsp
from services.dochub.pushing import Pushing
from services.dochub.revocations import Revocations
from services.dochub.statuses import Reading
from services.dochub.texts import Texts
from services.dochub.trail import Trail
from services.dochub.undelivered import Undelivered
from services.kit.admin_door import AdminDoor
from services.kit.kit import Kit
from services.kit.objects import open_store
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
    door = AdminDoor(kit, pages, home="/undelivered")

    axis = kit.reference.document_axis
    authority = (kit.reference.folder / "certificate-authority.pem").read_bytes()
    revocations = Revocations(kit, authority)
    rules = Rules(authority.decode(), axis.algorithms, axis.strict)
    directory = Directory(kit, levels=axis.levels)
    cores = len(os.sched_getaffinity(0))
    pushing = Pushing(kit)
    ocsp = Ocsp(kit, authority) if axis.revocation == "ocsp" else None
    settings = kit.settings
    store = open_store(settings.object_store, key=settings.object_store_key, secret=settings.object_store_secret)
    texts = Texts(store)
    accepting = Accepting(
        directory, rules, revocations, pushing, texts=texts, ocsp=ocsp, now=kit.clock.now, help_=cores > 1
    )

    async def start() -> None:
        await directory.start()
        await pushing.start()
        await revocations.start()

    async def stop() -> None:
        await revocations.stop()
        await accepting.stop()
        await texts.close()

    async def home(request: Request) -> Response:
        return pages.page("home.html", request=request, counts=await kit.pool.fetchrow(_COUNTS))

    return Parts(
        routes=[
            Route("/", home),
            Route("/control/agencies", directory.control, methods=["GET", "PUT"]),
            Route("/control/push", pushing.control, methods=["GET", "PUT"]),
            *door.routes(),
            *Undelivered(kit, pages, accepting, door).routes(),
            *Trail(kit, pages, door).routes(),
        ],
        operations={
            "envelopes.send": accepting.operation,
            "agencies.list": Operation(at_once=directory.list),
            **Face(kit, directory, accepting, texts).operations(),
            **Delivering(kit, texts).operations(),
            **Reading(kit).operations(),
        },
        exports=EXPORTS,
        whole={"envelopes": texts.whole},
        in_flight="SELECT count(*) FROM delivery WHERE received_at IS NULL",
        start=start,
        stop=stop,
    )
