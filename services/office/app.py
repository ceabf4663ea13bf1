"""The province's offices (iOffice) in one process: drafts, signatures, registers, polls, and pages for officials."""

from __future__ import annotations

from starlette.routing import Route

from services.kit.edxml.trust import Trust
from services.kit.kit import Kit
from services.kit.operations import Operation
from services.kit.serve import Parts
from services.office import forms
from services.office.archiving import filing_endpoint
from services.office.delegating import delegation_endpoint, ending_endpoint
from services.office.desks import Desks, guarded
from services.office.incoming import act_endpoint
from services.office.inspecting import Inspector
from services.office.keystore import Keystore
from services.office.outgoing import Outgoing
from services.office.polling import Polling
from services.office.printing import Printing
from services.office.pushed import Pushes
from services.office.requests import answer_endpoint
from services.office.sealing import Sealing
from services.office.signatures import signatures_endpoint
from services.office.states import INCOMING
from services.office.undelivered import replay_endpoint

#: The office's books (docs/wire.md, "Books"); what is not there yet is an empty string or null.
EXPORTS = {
    "documents": (
        "SELECT draft, coalesce(document, '') AS document, agency, signed, state, addressees, issued_at "
        "FROM document ORDER BY draft"
    ),
    "events": "SELECT draft, document, agency, event, actor, at, request_key FROM event ORDER BY id",
    "incoming": "SELECT document, agency, arrived_at, state, status FROM incoming ORDER BY document, agency",
    "filings": (
        "SELECT agency, document, direction, paper, signed, held, pages, at, request_key FROM filing "
        "ORDER BY agency, document"
    ),
    "delegations": "SELECT agency, leader, deputy, since, until, given_at, request_key FROM delegation ORDER BY id",
    "sealings": "SELECT agency, subject, consumer, call, digest, at FROM sealing ORDER BY id",
    "polls": "SELECT installation, at, fetched, request_key FROM poll ORDER BY id",
}


def build(kit: Kit) -> Parts:
    """Put the office together."""
    folder = kit.reference.folder
    keystore = Keystore(folder / "keystore.json")
    trust = Trust((folder / "certificate-authority.pem").read_bytes(), allowed=kit.reference.document_axis.algorithms)
    outgoing, inspector = Outgoing(kit, keystore), Inspector(kit)
    incoming = {name: act_endpoint(kit, name) for name in INCOMING} | {"answer": answer_endpoint(kit)}
    beside = {
        "undelivered/replay": replay_endpoint(kit),
        "filings": filing_endpoint(kit, trust, inspector),
        "delegations": delegation_endpoint(kit),
        "delegations/end": ending_endpoint(kit),
    }
    draft = guarded(kit, outgoing.draft_endpoint())
    outgoing_acts, incoming_acts, others = (
        {name: guarded(kit, endpoint) for name, endpoint in acts.items()}
        for acts in (outgoing.act_endpoints(), incoming, beside)
    )
    printing = Printing(kit, keystore)
    desks = Desks(kit, trust, printing, inspector)
    return Parts(
        routes=[
            *desks.routes(),
            *forms.routes(desks, draft=draft, outgoing=outgoing_acts, incoming=incoming_acts, others=others),
            Route("/api/sign-in", kit.sign_in(kit.find_staff), methods=["POST"]),
            Route("/api/documents", draft, methods=["POST"]),
            *(
                Route(f"/api/documents/{{draft}}/{name}", endpoint, methods=["POST"])
                for name, endpoint in outgoing_acts.items()
            ),
            *(Route(f"/api/{name}", endpoint, methods=["POST"]) for name, endpoint in others.items()),
            Route("/api/incoming/signatures", signatures_endpoint(kit, trust, inspector)),
            Route("/api/polls", Polling(kit).endpoint, methods=["POST"]),
            *(Route(f"/api/incoming/{name}", endpoint, methods=["POST"]) for name, endpoint in incoming_acts.items()),
        ],
        operations={
            "papers.seal": Operation(at_once=Sealing(kit, printing).seal),
            "envelopes.push": Pushes(kit).operation,
        },
        exports=EXPORTS,
    )
