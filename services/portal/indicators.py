"""Indicators of every agency from what really happened (SYS-KPI), and the QĐ 766 estimate, on a public board."""

from __future__ import annotations

import time
from typing import Any

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.portal import levels
from services.portal.catalogue import Catalogue, receives
from services.portal.look import Look
from services.portal.yardstick_766 import GROUPS, Shares, estimate

_KEPT_SECONDS = 5.0  # a board that is a few seconds old serves everybody
_LATER_YARDSTICK_ERA = "2018"
_COMMUNES = 40  # lines shown before the rest is counted together

_COUNT = """
    WITH finished AS (SELECT code, min(at) AS at FROM step WHERE state IN ('approved', 'rejected') GROUP BY code)
    SELECT agency, count(*) AS received, count(*) FILTER (WHERE channel = 'online') AS online,
           count(finished.code) AS decided, count(finished.code) FILTER (WHERE finished.at <= due_at) AS on_time,
           count(*) FILTER (WHERE channel = 'online' AND fee > 0) AS with_fee,
           count(payment."order") FILTER (WHERE payment.status = 'paid' AND channel = 'online') AS paid,
           count(*) FILTER (WHERE fields_saved > 0) AS filled_in,
           count(*) FILTER (WHERE digest IS NOT NULL) AS digital_results,
           coalesce(sum(fields_saved), 0) AS fields_saved, coalesce(sum(fields_typed), 0) AS fields_typed,
           count(rating.score) AS rated, count(rating.score) FILTER (WHERE score >= 4) AS content,
           array_agg(DISTINCT procedure) FILTER (WHERE channel = 'online') AS used,
           array_agg(DISTINCT procedure) FILTER (WHERE payment.status = 'paid') AS paid_for
    FROM dossier LEFT JOIN finished USING (code) LEFT JOIN payment USING (code) LEFT JOIN rating USING (code)
    GROUP BY agency
"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One agency on the board."""

    agency: str
    name: str
    received: int
    online_share: float
    on_time_share: float | None  #: None while nothing is decided
    paid_online_share: float | None
    fields_saved: int
    satisfied_share: float | None
    points: dict[str, float]  #: QĐ 766 estimate by group; groups nobody can know yet count as 0
    total: float


class Indicators:
    """Counts, remembers for a moment, shows."""

    def __init__(self, kit: Kit, look: Look, catalogue: Catalogue) -> None:
        """Count what the service's database holds."""
        self._kit, self._look, self._catalogue = kit, look, catalogue
        self._lines: list[Line] = []
        self._until = 0.0

    async def lines(self) -> list[Line]:
        """Every agency with a dossier, most dossiers first."""
        if time.monotonic() >= self._until:
            drifted = {row["procedure"] for row in await self._kit.pool.fetch("SELECT DISTINCT procedure FROM drift")}
            rows = await self._kit.pool.fetch(_COUNT)
            self._lines = sorted((self._line(row, drifted) for row in rows), key=lambda one: -one.received)
            self._until = time.monotonic() + _KEPT_SECONDS
        return self._lines

    async def told(self, _request: Request) -> Response:
        """The board for machines."""
        return json({"label": self._label(), "groups": GROUPS, "agencies": await self.lines()})

    async def show(self, request: Request) -> Response:
        """The board."""
        lines = await self.lines()
        return await self._look.page(
            request, "board.html", lines=lines[:_COMMUNES], count=len(lines), groups=GROUPS, label=self._label()
        )

    def _label(self) -> str:
        if self._kit.reference.province.era == _LATER_YARDSTICK_ERA:
            return Text(
                "ước tính theo thước đo về sau (QĐ 766/QĐ-TTg có từ 2022)",
                "an estimate by a later yardstick (QĐ 766/QĐ-TTg is of 2022)",
            )
        return Text("ước tính theo QĐ 766/QĐ-TTg", "an estimate by QĐ 766/QĐ-TTg")

    def _line(self, row: asyncpg.Record, drifted: set[str]) -> Line:
        agency = self._kit.reference.agencies.get(row["agency"])
        own = [one for one in self._catalogue.by_code.values() if agency and receives(agency, one)]
        online = {one.code for one in own if one.level >= levels.SUBMISSION}
        with_fee = [one for one in own if one.fee]
        payable = {one.code for one in with_fee if one.level >= levels.PAYMENT}
        points = estimate(
            Shares(
                published=_share(sum(one.code not in drifted for one in own), len(own)),
                on_time=_share(row["on_time"], row["decided"]),
                offered=_share(len(online), len(own)),
                used=_share(len(online & set(row["used"] or ())), len(online)),
                filed_online=_share(row["online"], row["received"]),
                fee_offered=_share(len(payable), len(with_fee)),
                fee_used=_share(len(payable & set(row["paid_for"] or ())), len(payable)),
                paid_online=_share(row["paid"], row["with_fee"]),
                digitised=_share(row["digital_results"], row["decided"]),
                reused=_share(row["filled_in"], row["online"]),
                satisfied=_share(row["content"], row["rated"]),
            )
        )
        return Line(
            agency=row["agency"],
            name=agency.name if agency else row["agency"],
            received=row["received"],
            online_share=_share(row["online"], row["received"]),
            on_time_share=_known(row["on_time"], row["decided"]),
            paid_online_share=_known(row["paid"], row["with_fee"]),
            fields_saved=row["fields_saved"],
            satisfied_share=_known(row["content"], row["rated"]),
            points=points,
            total=round(sum(points.values()), 1),
        )


def _share(part: int, whole: int) -> float:
    return min(part / whole, 1.0) if whole else 0.0


def _known(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def as_rows(lines: list[Line]) -> list[dict[str, Any]]:
    """Lines as flat records, for open data."""
    return [
        {
            "agency": one.agency, "name": one.name, "received": one.received,
            "online_share": round(one.online_share, 4),
            "on_time_share": None if one.on_time_share is None else round(one.on_time_share, 4),
            "satisfied_share": None if one.satisfied_share is None else round(one.satisfied_share, 4),
            "fields_saved": one.fields_saved, "estimate_766": one.total,
        }
        for one in lines
    ]  # fmt: skip
