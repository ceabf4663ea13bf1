"""Open data (SYS-OPENDATA): a catalogue (DCAT), sets with a schema, made from the running province whenever asked for.

Nothing about people: only the catalogue, counts, and what is public anyway. Counts below five are withheld where
somebody might be recognised (assumed: common practice of statistical offices).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.kit.problems import not_found
from services.portal.catalogue import Catalogue
from services.portal.indicators import Indicators, as_rows
from services.portal.look import Look

_LEAST = 5
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_DAYS = """
    SELECT to_char(submitted_at AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM-DD') AS day, agency, channel,
           count(*) AS dossiers
    FROM dossier WHERE submitted_at IS NOT NULL GROUP BY 1, 2, 3 HAVING count(*) >= $1 ORDER BY 1, 2, 3
"""
_RATINGS = "SELECT score, count(*) AS ratings FROM rating GROUP BY score ORDER BY score"

Rows = list[dict[str, Any]]


class Set(msgspec.Struct, frozen=True, kw_only=True):
    """One set of data."""

    title: str
    columns: Mapping[str, str]  #: name -> JSON type
    read: Callable[[], Awaitable[Rows]]

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the whole set."""
        properties = {name: {"type": [kind, "null"]} for name, kind in self.columns.items()}
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "type": "array",
            "items": {
                "type": "object", "properties": properties, "required": list(self.columns),
                "additionalProperties": False,
            },
        }  # fmt: skip


class OpenData:
    """The catalogue and its sets."""

    def __init__(self, kit: Kit, look: Look, catalogue: Catalogue, indicators: Indicators) -> None:
        """Read from the service's own database."""
        self._kit, self._look, self._catalogue, self._indicators = kit, look, catalogue, indicators
        text, whole, number = "string", "integer", "number"
        self.sets: Mapping[str, Set] = {
            "procedures": Set(
                title=Text("Danh mục thủ tục hành chính", "Catalogue of procedures"),
                columns={
                    "code": text,
                    "name": text,
                    "field": text,
                    "level": whole,
                    "fee": whole,
                    "deadline_hours": number,
                    "applicant": text,
                },
                read=self._procedures,
            ),
            "dossiers-by-day": Set(
                title=Text(
                    "Số hồ sơ theo ngày, cơ quan và cách nộp (từ 5 trở lên)",
                    "Dossiers by day, agency and channel (five and more)",
                ),
                columns={"day": text, "agency": text, "channel": text, "dossiers": whole},
                read=self._days,
            ),
            "ratings": Set(
                title=Text("Đánh giá của người dân", "Ratings"),
                columns={"score": whole, "ratings": whole},
                read=self._ratings,
            ),
            "indicators": Set(
                title=Text("Chỉ số phục vụ theo cơ quan (ước tính)", "Indicators by agency (estimates)"),
                columns={
                    "agency": text,
                    "name": text,
                    "received": whole,
                    "online_share": number,
                    "on_time_share": number,
                    "satisfied_share": number,
                    "fields_saved": whole,
                    "estimate_766": number,
                },
                read=self._board,
            ),
        }

    async def show(self, request: Request) -> Response:
        """Show the catalogue to people."""
        return await self._look.page(request, "open_data.html", sets=self.sets)

    async def catalogue(self, _request: Request) -> Response:
        """Tell the catalogue to machines (DCAT 3, JSON-LD)."""
        base, now = self._kit.settings.public_url, self._kit.clock.now()
        sets = [
            {
                "@type": "dcat:Dataset",
                "dct:identifier": name,
                "dct:title": one.title,
                "dct:modified": now,
                "dct:license": _LICENCE,
                "dct:conformsTo": f"{base}/open-data/{name}/schema.json",
                "dcat:distribution": [
                    {"@type": "dcat:Distribution", "dcat:accessURL": f"{base}/open-data/{name}.{kind}",
                     "dcat:mediaType": media}
                    for kind, media in (("json", "application/json"), ("csv", "text/csv"))
                ],
            }
            for name, one in self.sets.items()
        ]  # fmt: skip
        context = {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"}
        title = f"Dữ liệu mở {self._kit.reference.province.name}"
        return json({"@context": context, "@type": "dcat:Catalog", "dct:title": title, "dcat:dataset": sets})

    async def schema(self, request: Request) -> Response:
        """Tell a set's schema."""
        return json(self._find(request.path_params["name"]).schema())

    async def data(self, request: Request) -> Response:
        """Give a set as JSON or CSV, as it stands now."""
        one, kind = self._find(request.path_params["name"]), request.path_params["kind"]
        rows = await one.read()
        if kind == "json":
            return json(rows)
        if kind != "csv":
            raise not_found(Text(f"dạng dữ liệu {kind}", f"data of the kind {kind}"))
        out = io.StringIO()
        writer = csv.DictWriter(out, list(one.columns), lineterminator="\r\n")  # RFC 4180
        writer.writeheader()
        writer.writerows(rows)
        return Response(out.getvalue(), media_type="text/csv; charset=utf-8")

    def _find(self, name: str) -> Set:
        if name not in self.sets:
            raise not_found(Text(f"tập dữ liệu {name}", f"data set {name}"))
        return self.sets[name]

    async def _procedures(self) -> Rows:
        names = self.sets["procedures"].columns
        return [{name: getattr(one, name) for name in names} for one in self._catalogue.by_code.values()]

    async def _days(self) -> Rows:
        return [dict(row) for row in await self._kit.pool.fetch(_DAYS, _LEAST)]

    async def _ratings(self) -> Rows:
        return [dict(row) for row in await self._kit.pool.fetch(_RATINGS)]

    async def _board(self) -> Rows:
        return as_rows(await self._indicators.lines())
