"""Citizens in front of a browser: sessions kept here, a cookie that says nothing, and a token in every form.

A session is made anew at every sign-in (nobody can plant one), ends when left alone, and ends for good at sign-out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.accounts import Account, session_cookie
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.portal.citizens import ROLE

_IDLE_MINUTES, _LONGEST_HOURS = 30, 12  # assumed: a filing takes minutes, a working day twelve hours at most
_BYTES = 32

_OPEN = """
    WITH old AS (DELETE FROM session WHERE used_at < now() - make_interval(mins => $7))
    INSERT INTO session (id, account, name, assurance, token, person) VALUES ($1, $2, $3, $4, $5, $6)
"""
_USE = """
    UPDATE session SET used_at = now()
    WHERE id = $1 AND used_at > now() - make_interval(mins => $2) AND made_at > now() - make_interval(hours => $3)
    RETURNING account, name, assurance, token, person
"""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is in front of the browser."""

    who: Account
    assurance: int  #: level of assurance of the sign-in, 1 to 3
    token: str  #: stands in every form; another site cannot know it
    person: dict[str, Any]  #: what the population database told at sign-in


class Sessions:
    """All sessions of the portal."""

    def __init__(self, kit: Kit) -> None:
        """Keep sessions in the service's database."""
        self._kit = kit
        self._cookie = session_cookie(kit.settings.service)
        self._secure = kit.settings.public_url.startswith("https://")

    async def find(self, request: Request) -> Session | None:
        """Session of a request, or None. Looked up once a request."""
        if not hasattr(request.state, "session"):
            request.state.session = await self._find(request.cookies.get(self._cookie, ""))
        return request.state.session  # type: ignore[no-any-return]

    async def _find(self, cookie: str) -> Session | None:
        if not cookie:
            return None
        row = await self._kit.pool.fetchrow(_USE, _digest(cookie), _IDLE_MINUTES, _LONGEST_HOURS)
        if row is None:
            return None
        return Session(
            who=Account(row["account"], row["name"], ROLE),
            assurance=row["assurance"],
            token=row["token"],
            person=msgspec.json.decode(row["person"]),
        )

    async def open(
        self, request: Request, response: Response, *, who: Account, person: dict[str, Any], assurance: int
    ) -> None:
        """Begin a session with a fresh cookie; what the browser had before ends."""
        await self._end(request)
        cookie = secrets.token_urlsafe(_BYTES)
        await self._kit.pool.execute(
            _OPEN, _digest(cookie), who.account, who.name, assurance, secrets.token_urlsafe(_BYTES),
            msgspec.json.encode(person).decode(), _IDLE_MINUTES,
        )  # fmt: skip
        # Lax, because people come back from the payment platform and from the sign-in of the nation by a link.
        response.set_cookie(self._cookie, cookie, httponly=True, samesite="lax", secure=self._secure, path="/")

    async def close(self, request: Request, response: Response) -> None:
        """End the session of this browser."""
        await self._end(request)
        response.delete_cookie(self._cookie, path="/", httponly=True, samesite="lax", secure=self._secure)

    async def _end(self, request: Request) -> None:
        cookie = request.cookies.get(self._cookie, "")
        if cookie:
            await self._kit.pool.execute("DELETE FROM session WHERE id = $1", _digest(cookie))

    async def need(self, request: Request) -> Session:
        """Session of a request; raises SignInFirst."""
        session = await self.find(request)
        if session is None:
            raise SignInFirst(request)
        request.state.who = session.who
        return session

    async def need_form(self, request: Request, given: str) -> Session:
        """Session of a request that changes something. Raises 403 unless the form came from a page of ours."""
        check_origin(request)
        session = await self.need(request)
        if not hmac.compare_digest(session.token.encode(), given.encode("utf-8", "replace")):
            raise Problem(
                403,
                "not-our-form",
                Text(
                    "Biểu mẫu không do trang này tạo ra hoặc đã cũ; xin mở lại trang.",
                    "This form is not of this page, or too old; please open the page again.",
                ),
            )
        return session


class SignInFirst(Exception):  # noqa: N818 -- says what to do
    """The page is for people who have signed in; afterwards they come back."""

    def __init__(self, request: Request) -> None:
        """Remember where to go back to: the page itself, or home after a form that got lost."""
        super().__init__("sign in first")
        self.back = f"{request.url.path}?{request.url.query}".rstrip("?") if request.method == "GET" else "/my"

    def response(self) -> Response:
        """Lead to the door."""
        return RedirectResponse(f"/sign-in?next={quote(self.back, safe='')}", 303)


def check_origin(request: Request) -> None:
    """Raise 403 when the browser says that another site made the request."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(
            403,
            "other-site",
            Text(
                "Yêu cầu đến từ một trang khác; xin thao tác ngay trên Cổng dịch vụ công.",
                "This came from another site; please act on the portal itself.",
            ),
        )


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
