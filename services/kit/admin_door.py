"""How administrators get into a service's own pages: sign-in, and pages that only they see (role `administrator`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.kit.accounts import Account, SignIn
from services.kit.kit import Endpoint, Kit
from services.kit.pages import Pages
from services.kit.problems import Problem

ROLE = "administrator"
_NOT_SIGNED_IN = 401


class AdminDoor:
    """Sign-in page and guard; the service's templates have `sign_in.html` and `problem.html`."""

    def __init__(self, kit: Kit, pages: Pages, *, home: str) -> None:
        """`home` is where who has signed in begins."""
        self._kit, self._pages, self._home = kit, pages, home

    def routes(self) -> list[Route]:
        """Sign-in by page and by API, sign-out."""
        return [
            Route("/sign-in", self._sign_in, methods=["GET", "POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/api/sign-in", self._kit.sign_in(self._kit.find_staff), methods=["POST"]),
        ]

    def admin(self, request: Request) -> Account:
        """Who asks. Raises 401 or 403."""
        return self._kit.who(request, ROLE)

    def page(self, show: Callable[[Request, Account], Awaitable[Response]]) -> Endpoint:
        """Let only administrators see a page; who is not signed in is asked to, problems are shown as a page."""

        async def endpoint(request: Request) -> Response:
            try:
                return await show(request, self.admin(request))
            except Problem as problem:
                if problem.status == _NOT_SIGNED_IN:
                    return RedirectResponse("/sign-in", 303)
                return self._pages.page("problem.html", problem.status, request=request, problem=problem)

        return endpoint

    async def _sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return self._pages.page("sign_in.html", request=request, wrong="")
        fields = await form(request)
        attempt = SignIn(fields.get("account", ""), fields.get("passcode", ""))
        try:
            await self._kit.check_passcode(attempt)
            who, _ = await self._kit.find_staff(attempt)
        except Problem as problem:
            return self._pages.page(
                "sign_in.html", problem.status, request=request, wrong=problem.detail, account=attempt.account
            )
        response = RedirectResponse(self._home, 303)
        self._kit.open_session(response, who)
        return response

    async def _sign_out(self, _request: Request) -> Response:
        response = RedirectResponse("/sign-in", 303)
        self._kit.close_session(response)
        return response


async def form(request: Request) -> dict[str, str]:
    """Fields of a form, the first of each name."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    return {name: values[0].strip() for name, values in fields.items()}
