"""Published results, and what the catalogue's comparison with the nation's has found: public, and nothing private."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Kit
from services.kit.languages import Text
from services.portal.catalogue import Catalogue
from services.portal.drift import CatalogueWatch
from services.portal.look import Look

_SHOWN = 50
_RESULTS = """
    SELECT dossier.code, procedure, agency, max(step.at) AS at, coalesce(min(step.at) > due_at, false) AS late
    FROM dossier JOIN step USING (code) WHERE step.state IN ('returned', 'posted')
    GROUP BY dossier.code ORDER BY at DESC, dossier.code LIMIT $1
"""
DRIFT_WORDS: Mapping[str, str] = {
    "code": Text("Mã", "Code"),
    "level": Text("Mức độ", "Level"),
    "fee": Text("Lệ phí", "Fee"),
    "deadline": Text("Thời hạn (giờ làm việc)", "Deadline (working hours)"),
    "steps": Text("Cơ quan tham gia", "Agencies involved"),
}


class PublicPages:
    """Pages for anybody."""

    def __init__(self, kit: Kit, look: Look, catalogue: Catalogue, watch: CatalogueWatch) -> None:
        """Show what the service's database holds."""
        self._kit, self._look, self._catalogue, self._watch = kit, look, catalogue, watch

    async def results(self, request: Request) -> Response:
        """Show the newest results that went out."""
        agencies = self._kit.reference.agencies
        rows = [
            {
                **dict(row),
                "name": self._name_of(row["procedure"]),
                "agency": agencies[row["agency"]].name if row["agency"] in agencies else row["agency"],
            }
            for row in await self._kit.pool.fetch(_RESULTS, _SHOWN)
        ]
        return await self._look.page(request, "results.html", rows=rows)

    async def drift(self, request: Request) -> Response:
        """Show every difference between the province's catalogue and the nation's (TRB-UNBOUND-CATALOGUE)."""
        rows = await self._kit.pool.fetch("SELECT procedure, what, here, there FROM drift ORDER BY procedure, what")
        return await self._look.page(
            request, "drift.html", rows=rows, summary=self._watch.summary, words=DRIFT_WORDS, name_of=self._name_of
        )

    def _name_of(self, procedure: str) -> str:
        known = self._catalogue.by_code.get(procedure)
        return known.name if known else ""
