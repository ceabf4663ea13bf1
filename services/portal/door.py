"""Signing in and out with a browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.accounts import SignIn
from services.kit.kit import Kit
from services.kit.problems import Problem
from services.portal.citizens import Citizens
from services.portal.look import Look
from services.portal.sessions import Sessions, check_origin

#: What a passcode alone proves (level of assurance 1 of 3): something the person knows.
PASSCODE_ASSURANCE = 1


class Door:
    """The sign-in page of the portal itself."""

    def __init__(self, kit: Kit, look: Look, sessions: Sessions, citizens: Citizens) -> None:
        """Verify people with `citizens`."""
        self._kit, self._look, self._sessions, self._citizens = kit, look, sessions, citizens

    async def show(self, request: Request) -> Response:
        """Show the form, or go on where one has signed in already."""
        back = local_path(request.query_params.get("next", ""))
        if await self._sessions.find(request):
            return RedirectResponse(back, 303)
        return await self._look.page(request, "sign_in.html", back=back, mistake="", account="")

    async def enter(self, request: Request) -> Response:
        """Sign in by the form."""
        check_origin(request)
        async with request.form(max_files=0, max_fields=10) as fields:
            back = local_path(str(fields.get("next", "")))
            attempt = SignIn(str(fields.get("account", "")).strip(), str(fields.get("passcode", "")).strip())
        try:
            await self._kit.check_passcode(attempt)
            who, more = await self._citizens.find(attempt)
        except Problem as problem:
            page = await self._look.page(
                request, "sign_in.html", problem.status, back=back, mistake=problem.detail, account=attempt.account
            )
            page.headers.update(_retry(problem))
            return page
        response = RedirectResponse(back, 303)
        await self._sessions.open(request, response, who=who, person=more["prefill"], assurance=PASSCODE_ASSURANCE)
        return response

    async def leave(self, request: Request) -> Response:
        """Sign out."""
        async with request.form(max_files=0, max_fields=10) as fields:
            await self._sessions.need_form(request, str(fields.get("csrf", "")))
        response = RedirectResponse("/", 303)
        await self._sessions.close(request, response)
        return response


def local_path(wanted: str) -> str:
    """Where to go next: a page of ours, never another site's."""
    if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable():
        return wanted
    return "/my"


def _retry(problem: Problem) -> dict[str, str]:
    return {"Retry-After": "900"} if problem.status == 429 else {}  # noqa: PLR2004
