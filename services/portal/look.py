"""How every page of the portal is made: the province's name, who has signed in, and problems as pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.kit.kit import Kit
from services.kit.pages import Pages
from services.kit.problems import Problem
from services.portal.sessions import Sessions, SignInFirst

Show = Callable[[Request], Awaitable[Response]]


def percent(share: float | None) -> str:
    """Write a share as people here do: "35,5 %"; a dash where nothing can be said."""
    return f"{share * 100:.1f} %".replace(".", ",") if share is not None else "—"


class Look:
    """Renders pages."""

    def __init__(self, kit: Kit, sessions: Sessions) -> None:
        """Use the templates of the portal."""
        self._pages = Pages("portal", percent=percent)
        self._sessions = sessions
        self._province = kit.reference.province.name

    async def page(
        self, request: Request, template: str, /, status: int = 200, *, leads_to: str = "", **values: Any
    ) -> HTMLResponse:
        """Render a template for whoever asks. What somebody who has signed in sees is never kept by a cache."""
        session = await self._sessions.find(request)
        page = self._pages.page(
            template, status, request=request, leads_to=leads_to, province=self._province, session=session, **values
        )
        if session:
            page.headers["Cache-Control"] = "private, no-store"
        return page

    def shown(self, show: Show) -> Show:
        """Wrap a page so that its problems are pages too, and who has to sign in first is led to the door."""

        async def endpoint(request: Request) -> Response:
            try:
                return await show(request)
            except SignInFirst as first:
                return first.response()
            except Problem as problem:
                return await self.page(request, "problem.html", problem.status, problem=problem)

        return endpoint
