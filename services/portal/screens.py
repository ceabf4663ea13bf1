"""What people see: home with search, procedure, form to download, tracking; and search for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.kit.kit import Kit, json
from services.kit.mistakes import Mistakes
from services.kit.pages import capfirst
from services.kit.problems import Problem
from services.kit.reference import Procedure
from services.portal import english, levels
from services.portal.catalogue import ANY, Catalogue, Wanted, receives
from services.portal.drift import CatalogueWatch
from services.portal.following import Following
from services.portal.look import Look

#: State -> what people read.
STATE_NAMES = {
    "submitted": "Đã nộp, chờ tiếp nhận",
    "received": "Đã tiếp nhận, đang giải quyết",
    "awaiting_supplement": "Cần bổ sung",
    "referred": "Đang ở cơ quan liên thông",
    "examined": "Đã thẩm định, chờ quyết định",
    "approved": "Đã duyệt",
    "rejected": "Không được chấp thuận",
    "posted": "Kết quả đang được gửi qua bưu điện",
    "returned": "Đã trả kết quả",
    "withdrawn": "Người nộp đã rút hồ sơ",
}
TIER_NAMES = {
    "province": "UBND tỉnh",
    "department": "sở, ban, ngành cấp tỉnh",
    "district": "UBND cấp huyện",
    "commune": "UBND cấp xã",
}
_A_SCREENFUL = 50  # procedures shown at once; keeps the heaviest page below 100 KB
_A_FEW = 12  # agencies named one by one


class Screens:
    """Pages, and the catalogue for machines."""

    def __init__(self, kit: Kit, catalogue: Catalogue, following: Following, watch: CatalogueWatch, look: Look) -> None:
        """Show catalogue and dossiers."""
        self._kit, self._catalogue, self._following, self._watch = kit, catalogue, following, watch
        self._page = look.page
        self._plain_home: tuple[Any, HTMLResponse] | None = None

    async def search(self, request: Request) -> Response:
        """Answer `portal.search`."""
        found = self._catalogue.search(request.query_params.get("q", ""), self._wanted(request))
        shown = [
            {"code": one.code, "name": one.name, "field": one.field, "level": one.level, "fee": one.fee}
            for one in found[:_A_SCREENFUL]
        ]
        return json({"procedures": shown, "found": len(found)})

    async def home(self, request: Request) -> Response:
        """Home: search, and the catalogue by event in life, field, agency and level."""
        if not request.query_params and not request.cookies:
            # The page that most people see changes only with the catalogue's comparison.
            if self._plain_home is None or self._plain_home[0] is not self._watch.summary:
                self._plain_home = (self._watch.summary, await self._home(request, "", ANY))
            return HTMLResponse(self._plain_home[1].body, headers=dict(self._plain_home[1].headers))
        return await self._home(request, request.query_params.get("q", ""), self._wanted(request))

    async def _home(self, request: Request, query: str, wanted: Wanted) -> HTMLResponse:
        asked = bool(query.strip()) or wanted != ANY
        found = self._catalogue.search(query, wanted) if asked else []
        return await self._page(
            request,
            "home.html",
            query=query,
            wanted=wanted,
            asked=asked,
            shown=found[:_A_SCREENFUL],
            found=len(found),
            fields=self._catalogue.fields,
            receivers=self._receivers(english.language(request)),
            events=self._catalogue.events,
            total=len(self._catalogue.by_code),
            levels=self._levels(request),
            summary=self._watch.summary,
        )

    async def procedure(self, request: Request) -> Response:
        """Show a procedure and what its level allows."""
        procedure = self._catalogue.find(request.path_params["procedure"])
        agencies = [agency for agency in self._kit.reference.agencies.values() if receives(agency, procedure)]
        return await self._page(
            request,
            "procedure.html",
            procedure=procedure,
            level=self._levels(request)[procedure.level],
            form=procedure.level >= levels.FORM,
            submission=procedure.level >= levels.SUBMISSION,
            payment=procedure.level >= levels.PAYMENT,
            deadline=deadline_words(procedure)
            if english.language(request) == "vi"
            else english.deadline(procedure.deadline_hours, same_day=procedure.same_day),
            agencies=agencies if len(agencies) <= _A_FEW else [],
            events=self._catalogue.events_of(procedure.code),
            tier=(TIER_NAMES if english.language(request) == "vi" else english.TIERS)[procedure.tier],
        )

    async def form(self, request: Request) -> Response:
        """Answer `portal.form`: a form made from the catalogue, as a page to print or fill in."""
        procedure = self._catalogue.find(request.path_params["procedure"])
        levels.require(procedure, levels.FORM, "tải mẫu đơn")
        page = await self._page(request, "form.html", procedure=procedure, company=procedure.applicant == "company")
        page.headers["Content-Disposition"] = f'attachment; filename="to-khai-{procedure.code}.html"'
        return page

    async def tracking(self, request: Request) -> Response:
        """Show how a dossier stands, for anybody who has its code."""
        code = request.query_params.get("code", "").strip()
        if not code:
            return await self._page(request, "tracking.html", code="", dossier=None, missing=False)
        try:
            dossier = await self._following.tracked(code)
        except Problem as problem:
            return await self._page(request, "tracking.html", problem.status, code=code, dossier=None, missing=True)
        agency = self._kit.reference.agencies.get(dossier.agency)
        return await self._page(
            request,
            "tracking.html",
            code=code,
            dossier=dossier,
            missing=False,
            agency=agency.name if agency else dossier.agency,
            states=STATE_NAMES if english.language(request) == "vi" else english.STATES,
        )

    def _wanted(self, request: Request) -> Wanted:
        """What the address narrows a search to. Raises 422 for a level, an agency or an event that there is not."""
        given = {name: request.query_params.get(name, "").strip() for name in ("level", "field", "agency", "event")}
        mistakes = Mistakes()
        for name, known, way_out in (
            ("level", {str(level) for level in levels.NAMES}, "Chọn mức độ từ 1 đến 4, hoặc bỏ trống."),
            ("agency", self._receivers("vi"), "Chọn cơ quan trong danh sách, hoặc bỏ trống."),
            ("event", self._catalogue.events, "Chọn sự kiện trong danh sách, hoặc bỏ trống."),
        ):
            if given[name] and given[name] not in known:
                mistakes.add(name, f"“{given[name]}”", way_out)
        mistakes.stop()
        level = int(given["level"]) if given["level"] else None
        return Wanted(level=level, field=given["field"], receiver=given["agency"], event=given["event"])

    def _receivers(self, language: english.Language) -> dict[str, str]:
        """Who takes dossiers in, to choose from: departments by name, other agencies by tier."""
        tiers = TIER_NAMES if language == "vi" else english.TIERS
        found, agencies = self._catalogue.receivers, self._kit.reference.agencies
        named = sorted((agency.name, code) for code in found if (agency := agencies.get(code)))
        return {one: capfirst(tiers[one]) for one in tiers if one in found} | {code: name for name, code in named}

    def _levels(self, request: Request) -> Mapping[int, str]:
        era = self._kit.reference.province.era
        return levels.names(era) if english.language(request) == "vi" else english.LEVELS[era]


def deadline_words(procedure: Procedure) -> str:
    """Say the legal deadline as people say it: "3 ngày làm việc"."""
    if procedure.same_day or procedure.deadline_hours <= 0:
        return "trong ngày làm việc"
    days, hours = divmod(procedure.deadline_hours, 8)
    parts = [f"{days:.0f} ngày" if days else "", f"{hours:g} giờ" if hours else ""]
    return " ".join(part for part in parts if part) + " làm việc"
