"""Who has signed in at the nation's own pages: a cookie for half an hour, so that other systems need not ask again."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit import tokens
from services.kit.accounts import session_cookie
from services.kit.kit import Kit

_MINUTES = 30  # assumed


class SignedOn(msgspec.Struct, frozen=True):
    """Somebody with an e-ID, and how surely."""

    account: str
    level: str


class SingleSignOn:
    """Gives the cookie and reads it."""

    def __init__(self, kit: Kit) -> None:
        """Sign with the service's own key."""
        self._kit = kit
        self._name = f"{session_cookie(kit.settings.service)}_sso"

    def read(self, request: Request) -> SignedOn | None:
        """Who signed on with this browser, or None."""
        try:
            claims = tokens.read(request.cookies.get(self._name, ""), self._kit.settings.token_key, audience="sso")
        except tokens.TokenError:
            return None
        return SignedOn(str(claims["sub"]), str(claims["acr"]))

    def give(self, response: Response, who: SignedOn) -> None:
        """Let the browser remember."""
        claims = {"sub": who.account, "acr": who.level, "aud": "sso"}
        token = tokens.issue(claims, self._kit.settings.token_key, seconds=_MINUTES * 60)
        secure = self._kit.settings.public_url.startswith("https://")
        response.set_cookie(self._name, token, max_age=_MINUTES * 60, httponly=True, samesite="lax", secure=secure)

    def take(self, response: Response) -> None:
        """Let it forget."""
        response.delete_cookie(self._name)
