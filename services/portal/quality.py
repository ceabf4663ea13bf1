"""Services that are online by name only: that still want certified copies or a visit, or that nobody uses.

TRB-HOLLOW-SERVICE; FIG-HD-L3 and FIG-HD-L4 say that many of 1,706 + 118 services did not qualify for their level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.kit.reference import Procedure
from services.portal import levels
from services.portal.catalogue import Catalogue
from services.portal.look import Look

_USE = "SELECT procedure, count(*) AS filed FROM dossier WHERE channel = 'online' GROUP BY procedure"
_SHOWN = 100

REASONS: Mapping[str, str] = {
    "certified-copies": Text("còn đòi bản sao có chứng thực", "still asks for certified copies"),
    "visit": Text("còn một bước phải đến tận nơi", "one step still has to be done in person"),
}


class Hollow(msgspec.Struct, frozen=True, kw_only=True):
    """A service at level 3 or 4, and what is wrong with it."""

    code: str
    name: str
    field: str
    level: int
    reasons: tuple[str, ...]  #: keys of REASONS: why it does not qualify for its level
    filed: int  #: dossiers that came online


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """The online services, counted."""

    by_level: dict[int, int]
    unqualified: list[Hollow]
    unused: list[Hollow]


def reasons(procedure: Procedure) -> tuple[str, ...]:
    """Why a procedure does not qualify for level 3 or 4; empty when it does, or when it is below."""
    if procedure.level < levels.SUBMISSION:
        return ()
    found = {"certified-copies": procedure.certified_copies, "visit": procedure.visit}
    return tuple(name for name, holds in found.items() if holds)


def judge(catalogue: Catalogue, filed: Mapping[str, int]) -> Quality:
    """Name every service that does not qualify, and every one that nobody uses."""
    online = [
        Hollow(
            code=one.code, name=one.name, field=one.field, level=one.level, reasons=reasons(one),
            filed=filed.get(one.code, 0),
        )
        for one in catalogue.by_code.values()
        if one.level >= levels.SUBMISSION
    ]  # fmt: skip
    return Quality(
        by_level=dict(sorted(Counter(one.level for one in catalogue.by_code.values()).items())),
        unqualified=[one for one in online if one.reasons],
        unused=[one for one in online if not one.filed],
    )


class QualityPages:
    """Shows it."""

    def __init__(self, kit: Kit, look: Look, catalogue: Catalogue) -> None:
        """Count what the service's database holds."""
        self._kit, self._look, self._catalogue = kit, look, catalogue

    async def _judge(self) -> Quality:
        return judge(self._catalogue, {row["procedure"]: row["filed"] for row in await self._kit.pool.fetch(_USE)})

    async def told(self, _request: Request) -> Response:
        """All of it, for machines."""
        return json(await self._judge())

    async def show(self, request: Request) -> Response:
        """Show the first hundred of each kind, and how many there are."""
        found = await self._judge()
        return await self._look.page(
            request, "quality.html", quality=found, shown=_SHOWN, reasons=REASONS, online=_online(found),
            levels=levels.names(self._kit.reference.province.era),
        )  # fmt: skip


def _online(found: Quality) -> int:
    return sum(count for level, count in found.by_level.items() if level >= levels.SUBMISSION)
