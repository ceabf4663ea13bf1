"""Holds the province's catalogue against the national one and notes where they differ (SYS-TTHC-DB).

Runs beside the service, because start-up must not need another system.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
import structlog
from starlette.requests import Request

from services.kit import tracing
from services.kit.beside import Beside
from services.kit.database import UNAVAILABLE
from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.reference import Procedure
from services.kit.transaction import Transaction
from services.portal.catalogue import Catalogue

log = structlog.get_logger()
_PAUSE_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)

_REPLACE = """
    WITH cleared AS (DELETE FROM comparison),
         noted AS (INSERT INTO comparison (at, procedures, drifted) VALUES ($1, $2, $3))
    INSERT INTO drift (procedure, what, here, there)
    SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[])
"""


class Listed(msgspec.Struct, frozen=True):
    """A procedure in the national catalogue, as far as it is compared."""

    code: str
    level: int
    fee: int
    deadline_hours: float | None = None
    linked_agencies: list[str] | None = None


class _List(msgspec.Struct):
    procedures: list[Listed]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `here` and `there` are empty where the procedure is missing."""

    procedure: str
    what: Literal["code", "level", "fee", "deadline", "steps"]
    here: str
    there: str


class Summary(msgspec.Struct, frozen=True):
    """What the last comparison found."""

    at: datetime
    procedures: int  #: in the national catalogue
    drifted: int  #: differences


def compare(ours: Mapping[str, Procedure], theirs: Iterable[Listed]) -> list[Drift]:
    """List every difference in codes, levels, fees, deadlines and agencies passed through, by code."""
    national = {procedure.code: procedure for procedure in theirs}
    found = []
    for code in sorted(ours.keys() | national.keys()):
        here, there = ours.get(code), national.get(code)
        if here is None or there is None:
            found.append(Drift(procedure=code, what="code", here=code if here else "", there=code if there else ""))
            continue
        if here.level != there.level:
            found.append(Drift(procedure=code, what="level", here=str(here.level), there=str(there.level)))
        if here.fee != there.fee:
            found.append(Drift(procedure=code, what="fee", here=str(here.fee), there=str(there.fee)))
        if there.deadline_hours is not None and here.deadline_hours != there.deadline_hours:
            ours_is, theirs_is = f"{here.deadline_hours:g}", f"{there.deadline_hours:g}"
            found.append(Drift(procedure=code, what="deadline", here=ours_is, there=theirs_is))
        if there.linked_agencies is not None and here.linked_agencies != there.linked_agencies:
            steps = [" → ".join(one.linked_agencies or ()) for one in (here, there)]
            found.append(Drift(procedure=code, what="steps", here=steps[0], there=steps[1]))
    return found


class CatalogueWatch:
    """Compares once after every start, and whenever the auditor asks."""

    def __init__(self, kit: Kit, catalogue: Catalogue) -> None:
        """Compare `catalogue` as it stands, with the levels that were published since."""
        self._kit, self._catalogue = kit, catalogue
        self._task = Beside()
        self.summary: Summary | None = None

    async def start(self) -> None:
        """Recall what was found last time, and compare again beside everything else."""
        row = await self._kit.pool.fetchrow("SELECT at, procedures, drifted FROM comparison")
        self.summary = Summary(*row) if row else None
        self._task.start(self._compare_once())

    async def stop(self) -> None:
        """Give up a comparison that is still trying."""
        await self._task.stop()

    async def ask(self, _request: Request, _body: Any) -> list[Listed]:
        """Fetch the national catalogue. Raises 503 when it stays out of reach."""
        answer = await self._kit.lgsp.ask("national", "procedures.list", purpose="synchronise-catalogue")
        if not answer.good:
            raise Problem(
                503,
                "counterpart-out-of-reach",
                Text(
                    "Cơ sở dữ liệu quốc gia về thủ tục hành chính chưa trả lời.",
                    "The national database of procedures does not answer.",
                ),
            )
        found: _List = answer.json(_List)
        return found.procedures

    async def note(self, _request: Request, _body: Any, tx: Transaction, national: list[Listed]) -> Reply:
        """Write down what a comparison on request has found."""
        summary = await self._note(tx, national)
        return reply(msgspec.to_builtins(summary))

    async def _note(self, tx: Transaction, national: list[Listed]) -> Summary:
        found = compare(self._catalogue.by_code, national)
        columns = [[getattr(one, name) for one in found] for name in Drift.__struct_fields__]
        await tx.execute("DELETE FROM drift")
        await tx.execute(_REPLACE, tx.now, len(national), len(found), *columns)
        # Shown a moment before it is committed; if that fails, the next comparison puts it right.
        self.summary = Summary(tx.now, len(national), len(found))
        log.info("catalogue-compared", national=len(national), drifted=len(found))
        return self.summary

    async def _compare_once(self) -> None:
        tracing.enter("")
        for attempt in range(1_000_000):
            try:
                national = await self.ask(None, None)  # type: ignore[arg-type]  # nobody asked: there is no request
                async with self._kit.begin("catalogue") as tx:
                    await self._note(tx, national)
            except (Problem, msgspec.DecodeError, *UNAVAILABLE) as error:
                log.warning("catalogue-not-compared", error=str(error))
                await asyncio.sleep(_PAUSE_SECONDS[min(attempt, len(_PAUSE_SECONDS) - 1)])
            else:
                return
