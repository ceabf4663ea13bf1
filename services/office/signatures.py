"""`GET /api/incoming/signatures?document=`: who signed the PDFs of an incoming document, and whether that holds."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from services.kit.kit import Endpoint, Kit, json
from services.kit.languages import Text
from services.kit.problems import Problem
from services.office.arrived import arrived, opened
from services.office.desks import OFFICIALS
from services.office.inspecting import Found, Inspector
from services.office.verdicts import PROBLEM_NAMES, told


def signatures_endpoint(kit: Kit, trust: Trust, inspector: Inspector) -> Endpoint:
    """What the page shows, for programs: officials of the agency that the document came to."""

    async def endpoint(request: Request) -> Response:
        who = kit.who(request, *OFFICIALS)
        row = await arrived(kit, request.query_params.get("document", ""), agency=who.agency)
        try:
            envelope = await asyncio.to_thread(opened, kit, trust, row)
        except EdxmlError as error:
            reason = Text(f"Không mở được gói tin: {error}", f"The envelope cannot be opened: {error}")
            raise Problem(409, "seal-not-valid", reason) from error
        found = await inspector.look(envelope.attachments, at=row["arrived_at"])
        return json({"document": row["document"], "arrived_at": row["arrived_at"], "pdfs": list(map(_shown, found))})

    return endpoint


def _shown(one: Found) -> dict[str, object]:
    signatures = [
        {name: getattr(signature, name) for name in signature.__struct_fields__} | {"told": told(signature)}
        for signature in one.judged.signatures
    ]
    problem = one.judged.problem
    return {
        "attachment": one.attachment,
        "name": one.name,
        "pages": one.judged.pages,
        "problem": problem,
        "told": PROBLEM_NAMES[problem] if problem else "",
        "signatures": signatures,
    }
