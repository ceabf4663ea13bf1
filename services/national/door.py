"""The National Public Service Portal as the single door (2026 era): search, sign-on, agency, and on to the province.

From 1 July 2025 the national portal is the door that redirects; electronic forms are still served by provinces' own
hosts (secondary sources). The code of the procedure stands in the address (MaTTHC), as in the real one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.operations import Consumer
from services.kit.pages import Pages
from services.kit.problems import Problem, decode, not_found
from services.kit.reference import Procedure
from services.kit.words import fold
from services.national.post import BY_POST
from services.national.registers import Registers
from services.national.single_sign_on import SingleSignOn

_SHOWN = 30
#: A dossier by the province's code, or by the nation's own.
_TRACK = """
    SELECT code, procedure, state, updated_at FROM dossier
    WHERE code = coalesce((SELECT province_code FROM submission WHERE submission.code = $1), $1)
"""
_ONLINE = 3  # levels 3 and 4: một phần, toàn trình
_LEVEL_NAMES: Mapping[int, str] = {
    1: Text("Cung cấp thông tin", "Information only"),
    2: Text("Cung cấp thông tin", "Information only"),
    3: Text("Một phần", "Partly online"),
    4: Text("Toàn trình", "Wholly online"),
}
#: State -> what people read, in the nation's own words.
_STATE_NAMES: Mapping[str, str] = {
    "submitted": Text("Mới đăng ký", "Handed in"),
    "received": Text("Được tiếp nhận", "Received"),
    "awaiting_supplement": Text("Yêu cầu bổ sung", "More is needed from the applicant"),
    "referred": Text("Đang lấy ý kiến cơ quan khác", "Another agency is asked"),
    "examined": Text("Đang xử lý", "Being worked on"),
    "approved": Text("Đã xử lý xong", "Decided"),
    "rejected": Text("Từ chối giải quyết", "Refused"),
    "posted": Text("Đang gửi kết quả qua bưu điện", "The result is on its way by post"),
    "returned": Text("Đã trả kết quả", "Result returned"),
    "withdrawn": Text("Công dân đã rút", "Withdrawn by the applicant"),
}


class _Offer(msgspec.Struct):
    apply_url: str


class NationalDoor:
    """Pages of the national portal, and where each province serves its forms."""

    def __init__(self, kit: Kit, pages: Pages, registers: Registers, signed_on: SingleSignOn) -> None:
        """Show the national catalogue."""
        self._kit, self._pages, self._registers, self._signed_on = kit, pages, registers, signed_on

    async def offer(self, request: Request, consumer: Consumer) -> dict[str, str]:
        """A province says where its forms are."""
        offer: _Offer = decode(await request.body(), _Offer)
        if urlsplit(offer.apply_url).scheme not in {"http", "https"}:
            raise Problem(
                422,
                "invalid",
                Text("apply_url phải là một địa chỉ http hoặc https.", "apply_url must be an http or https address."),
            )
        await self._kit.pool.execute(
            "INSERT INTO form_host VALUES ($1, $2) ON CONFLICT (system) DO UPDATE SET apply_url = $2",
            consumer.system, offer.apply_url,
        )  # fmt: skip
        return {"apply_url": offer.apply_url}

    def page(self, show: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a page so that its problems are pages too."""

        async def endpoint(request: Request) -> Response:
            try:
                return await show(request)
            except Problem as problem:
                return self._pages.page("door_problem.html", problem.status, request=request, problem=problem)

        return endpoint

    async def search(self, request: Request) -> Response:
        """Search the national catalogue, with or without diacritics."""
        query = request.query_params.get("q", "")
        words = fold(query).split()
        found = [
            one
            for one in (await self._registers.catalogue()).values()
            if words and all(word in fold(f"{one.name} {one.code}") for word in words)
        ]
        return self._pages.page(
            "door_search.html", request=request, query=query, found=found[:_SHOWN], count=len(found)
        )

    async def procedure(self, request: Request) -> Response:
        """Show one procedure."""
        procedure = await self._find(request)
        return self._pages.page(
            "door_procedure.html", request=request, procedure=procedure, level=_LEVEL_NAMES[procedure.level],
            online=procedure.level >= _ONLINE, by_post=procedure.level >= BY_POST,
        )  # fmt: skip

    async def file(self, request: Request) -> Response:
        """Sign on, choose the agency, and go on to the province's form."""
        procedure = await self._find(request)
        if procedure.level < _ONLINE:
            raise Problem(
                409,
                "wrong-level",
                Text("Thủ tục này chưa nộp trực tuyến được.", "This procedure cannot be handed in online."),
                level=procedure.level,
            )
        if self._signed_on.read(request) is None:
            return RedirectResponse(f"/oidc/sign-on?next={quote(request.url.path, safe='')}", 303)
        host = await self._kit.pool.fetchval("SELECT apply_url FROM form_host ORDER BY system LIMIT 1")
        if host is None:
            raise Problem(
                503,
                "no-form-host",
                Text(
                    "Tỉnh chưa báo nơi đặt biểu mẫu; xin thử lại sau ít phút.",
                    "The province has not said yet where its forms are; please try again in a few minutes.",
                ),
            )
        agencies = {
            one.code: one
            for one in self._kit.reference.agencies.values()
            if one.tier == procedure.tier and procedure.department in {"", one.code}
        }
        chosen = request.query_params.get("agency", "")
        if chosen in agencies:
            return RedirectResponse(f"{host}/{procedure.code}?{urlencode({'agency': chosen})}", 303)
        parts = urlsplit(host)
        return self._pages.page(
            "door_agency.html", request=request, procedure=procedure,
            agencies=sorted(agencies.values(), key=lambda one: one.name), leads_to=f"{parts.scheme}://{parts.netloc}",
        )  # fmt: skip

    async def track(self, request: Request) -> Response:
        """TraCuuHoSo for people: what the province has told of a dossier, nothing private."""
        code = request.query_params.get("code", "").strip()
        row = await self._kit.pool.fetchrow(_TRACK, code)
        return self._pages.page(
            "door_track.html", 200 if row or not code else 404, request=request, code=code, dossier=row,
            state=_STATE_NAMES.get(row["state"], row["state"]) if row else "",
        )  # fmt: skip

    async def look_up_dossier(self, request: Request, _consumer: Consumer) -> dict[str, object]:
        """TraCuuHoSo for systems."""
        code = request.query_params.get("code", "")
        row = await self._kit.pool.fetchrow("SELECT code, procedure, state, seq FROM dossier WHERE code = $1", code)
        return {"exists": row is not None, "dossier": dict(row) if row else None}

    async def _find(self, request: Request) -> Procedure:
        code = request.path_params["procedure"]
        procedure = (await self._registers.catalogue()).get(code)
        if procedure is None:
            raise not_found(Text(f"thủ tục {code}", f"procedure {code}"))
        return procedure
