"""The result as a paper with the agency's signature in it: for the counter, the post and the portal, one and the same.

The signature is a PAdES seal that the document office puts on (it holds the keys), asked for over the LGSP.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.kit import papers
from services.kit.accounts import Account
from services.kit.clock import VIETNAM
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.operations import Consumer
from services.kit.problems import Problem, not_found
from services.onestop import automatic, dossiers, sealing, wording
from services.onestop.desk import ROLES, Desk
from services.onestop.dossiers import Dossier

_TEMPLATE = Path(__file__).resolve().parent / "templates" / "result.typ"
_DECIDER = "SELECT actor, at FROM event WHERE code = $1 AND event = 'decided' ORDER BY seq DESC LIMIT 1"
_KEPT = "SELECT content FROM result_paper WHERE code = $1"
_KEEP = """
    WITH made AS (
        INSERT INTO result_paper (code, content, digest, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
        RETURNING content
    )
    SELECT content FROM made UNION ALL SELECT content FROM result_paper WHERE code = $1 LIMIT 1
"""
_FIND = f"SELECT {dossiers.COLUMNS} FROM dossier WHERE code = $1"  # noqa: S608 -- our own column names


class Results:
    """Draws the paper up, has it sealed once, and hands it out."""

    def __init__(self, kit: Kit, desk: Desk) -> None:
        """Find dossiers through the desk, so that another agency's stay closed."""
        self._kit, self._desk = kit, desk

    async def show(self, request: Request) -> Response:
        """Show the signed paper to officials of the dossier's agency. Raises 409 while nothing has been decided."""
        who = self._kit.who(request, *ROLES)
        dossier = await self._desk.find(request.path_params["code"], who, what="result")
        return papers.response(await self._paper(dossier), f"ket-qua-{dossier.code}.pdf")

    async def give(self, request: Request, _consumer: Consumer) -> dict[str, Any]:
        """Operation `results.paper`: for the portal, whose applicant may read it once it has been returned."""
        code = request.query_params.get("code", "")
        row = await self._kit.pool.fetchrow(_FIND, code)
        if row is None or row["channel"] != "online":
            raise not_found(Text(f"hồ sơ trực tuyến {code}", f"online dossier {code}"))
        if row["state"] != "returned":
            raise Problem(
                409,
                "wrong-state",
                Text(f"Hồ sơ {code} chưa trả kết quả.", f"The result of dossier {code} has not been handed back."),
                state=row["state"],
            )
        content = await self._paper(dossiers.read(row))
        return {"code": code, "pdf": content, "digest": hashlib.sha256(content).hexdigest()}

    async def make(self, code: str, who: Account) -> None:
        """Have the paper of a returned dossier made and kept, if there is none yet."""
        dossier = await self._desk.find(code, who, what="result")
        if dossier.state == "returned" and dossier.result is not None:
            await self._paper(dossier)

    async def _paper(self, dossier: Dossier) -> bytes:
        kept: bytes | None = await self._kit.pool.fetchval(_KEPT, dossier.code)
        if kept is None:
            sealed = await sealing.seal(self._kit, dossier, await self._drawn_up(dossier), purpose="seal-result")
            digest = hashlib.sha256(sealed).hexdigest()
            # Of two that ask at once, one paper stays, and both get it.
            kept = await self._kit.pool.fetchval(_KEEP, dossier.code, sealed, digest, self._kit.clock.now())
            assert kept is not None  # noqa: S101 -- kept just now
        return kept

    async def _drawn_up(self, dossier: Dossier) -> bytes:
        decided = await self._kit.pool.fetchrow(_DECIDER, dossier.code)
        if dossier.result is None or decided is None:
            raise Problem(
                409,
                "wrong-state",
                Text(
                    "Hồ sơ chưa có quyết định nên chưa có kết quả.", "There is no decision yet, so there is no result."
                ),
                state=dossier.state,
            )
        signer = self._kit.reference.staff.get(decided["actor"])
        data = {
            **wording.common(self._kit, dossier, written=decided["at"].astimezone(VIETNAM)),
            "result": dossier.result,
            "digest": dossier.digest,
            "signer": signer.name if signer else str(automatic.NAME),
        }
        return await papers.render(_TEMPLATE, data)
