"""What people see: home with search, procedure, form to download, tracking; and search for machines."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.pages import capfirst
from services.kit.problems import Problem
from services.kit.reference import Procedure
from services.portal import levels
from services.portal.catalogue import ANY, Catalogue, Wanted, receives
from services.portal.drift import CatalogueWatch
from services.portal.following import Following
from services.portal.look import Look

#: State -> what people read.
STATE_NAMES = {
    "submitted": Text("Đã nộp, chờ tiếp nhận", "Submitted, waiting to be accepted"),
    "received": Text("Đã tiếp nhận, đang giải quyết", "Received, being handled"),
    "awaiting_supplement": Text("Cần bổ sung", "More is needed from you"),
    "referred": Text("Đang ở cơ quan liên thông", "With another agency"),
    "examined": Text("Đã thẩm định, chờ quyết định", "Examined, waiting for a decision"),
    "approved": Text("Đã duyệt", "Approved"),
    "rejected": Text("Không được chấp thuận", "Not approved"),
    "posted": Text("Kết quả đang được gửi qua bưu điện", "The result is on its way by post"),
    "returned": Text("Đã trả kết quả", "Result returned"),
    "withdrawn": Text("Người nộp đã rút hồ sơ", "Withdrawn by the applicant"),
}
TIER_NAMES = {
    "province": Text("UBND tỉnh", "the provincial People's Committee"),
    "department": Text("sở, ban, ngành cấp tỉnh", "the provincial departments"),
    "district": Text("UBND cấp huyện", "the district People's Committee"),
    "commune": Text("UBND cấp xã", "the commune People's Committee"),
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
            # The page that most people see changes only with the catalogue and its comparison.
            shows = self._catalogue.version, self._watch.summary
            if self._plain_home is None or self._plain_home[0] != shows:
                self._plain_home = (shows, await self._home(request, "", ANY))
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
            receivers=self._receivers(),
            agencies=self._kit.reference.agencies,
            events=self._catalogue.events,
            total=len(self._catalogue.by_code),
            levels=levels.names(self._kit.reference.province.era),
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
            level=levels.names(self._kit.reference.province.era)[procedure.level],
            form=procedure.level >= levels.FORM,
            submission=procedure.level >= levels.SUBMISSION,
            payment=procedure.level >= levels.PAYMENT,
            deadline=deadline_words(procedure),
            agencies=agencies if len(agencies) <= _A_FEW else [],
            events=self._catalogue.events_of(procedure.code),
            tier=TIER_NAMES[procedure.tier],
        )

    async def form(self, request: Request) -> Response:
        """Answer `portal.form`: a form made from the catalogue, as a page to print or fill in."""
        procedure = self._catalogue.find(request.path_params["procedure"])
        levels.require(procedure, levels.FORM, Text("tải mẫu đơn", "downloading the form"))
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
            states=STATE_NAMES,
        )

    def _wanted(self, request: Request) -> Wanted:
        """What the address narrows a search to. Raises 422 for a level, an agency or an event that there is not."""
        given = {name: request.query_params.get(name, "").strip() for name in ("level", "field", "agency", "event")}
        mistakes = Mistakes()
        for name, known, way_out in (
            (
                "level",
                {str(level) for level in levels.NAMES},
                Text("Chọn mức độ từ 1 đến 4, hoặc bỏ trống.", "Choose a level from 1 to 4, or none."),
            ),
            (
                "agency",
                self._receivers(),
                Text("Chọn cơ quan trong danh sách, hoặc bỏ trống.", "Choose an agency of the list, or none."),
            ),
            (
                "event",
                self._catalogue.events,
                Text("Chọn sự kiện trong danh sách, hoặc bỏ trống.", "Choose an event of the list, or none."),
            ),
        ):
            if given[name] and given[name] not in known:
                mistakes.add(name, f"“{given[name]}”", way_out)
        mistakes.stop()
        level = int(given["level"]) if given["level"] else None
        return Wanted(level=level, field=given["field"], receiver=given["agency"], event=given["event"])

    def _receivers(self) -> dict[str, str]:
        """Who takes dossiers in, to choose from: departments by name, other agencies by tier."""
        found, agencies = self._catalogue.receivers, self._kit.reference.agencies
        named = sorted((agency.name, code) for code in found if (agency := agencies.get(code)))
        return {one: capfirst(tier) for one, tier in TIER_NAMES.items() if one in found} | {
            code: name for name, code in named
        }


def deadline_words(procedure: Procedure) -> Text:
    """Say the legal deadline as people say it: "3 ngày làm việc"."""
    if procedure.same_day or procedure.deadline_hours <= 0:
        return Text("trong ngày làm việc", "within the working day")
    days, hours = divmod(procedure.deadline_hours, 8)
    parts = [f"{days:.0f} ngày" if days else "", f"{hours:g} giờ" if hours else ""]
    in_english = [
        f"{days:.0f} working day{'s' if days > 1 else ''}" if days else "",
        f"{hours:g} hours" if hours else "",
    ]
    return Text(" ".join(part for part in parts if part) + " làm việc", " ".join(part for part in in_english if part))
