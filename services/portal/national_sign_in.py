"""Signing in through the nation (OpenID Connect, authorization code with PKCE): the portal as a relying party.

The browser goes to the nation and comes back; the code is exchanged, and the keys are fetched, over the LGSP.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

import jwt
import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit import tokens
from services.kit.accounts import session_cookie
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.portal.citizens import Citizens
from services.portal.door import local_path
from services.portal.sessions import Sessions

_MINUTES = 10  # somebody who reads a text message needs a few


class _Provider(msgspec.Struct):
    client_id: str
    issuer: str
    authorization_endpoint: str


class _Tokens(msgspec.Struct):
    id_token: str


class NationalSignIn:
    """The way to the nation's sign-in and back."""

    def __init__(self, kit: Kit, sessions: Sessions, citizens: Citizens) -> None:
        """Open sessions for people whom the nation has named."""
        self._kit, self._sessions, self._citizens = kit, sessions, citizens
        self._cookie = f"{session_cookie(kit.settings.service)}_way"
        self._return = f"{kit.settings.public_url}/sign-in/return"

    async def leave(self, request: Request) -> Response:
        """Send the browser to the nation, with a secret kept in a cookie that only this way uses."""
        provider = await self._provider()
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        level = "2" if request.query_params.get("level") == "2" else "1"
        claims = {
            "state": state, "nonce": nonce, "verifier": verifier, "level": level,
            "next": local_path(request.query_params.get("next", "")),
        }  # fmt: skip
        asked = {
            "response_type": "code", "client_id": provider.client_id, "redirect_uri": self._return, "scope": "openid",
            "state": state, "nonce": nonce, "code_challenge": _challenge(verifier), "code_challenge_method": "S256",
            "acr_values": level,
        }  # fmt: skip
        response = RedirectResponse(f"{provider.authorization_endpoint}?{urlencode(asked)}", 303)
        way = tokens.issue(claims, self._kit.settings.token_key, seconds=_MINUTES * 60)
        secure = self._kit.settings.public_url.startswith("https://")
        response.set_cookie(self._cookie, way, max_age=_MINUTES * 60, httponly=True, samesite="lax", secure=secure)
        return response

    async def come_back(self, request: Request) -> Response:
        """Take the nation's word for who is in front of the browser. Raises 400 or 401 for any other's."""
        try:
            way = tokens.read(request.cookies.get(self._cookie, ""), self._kit.settings.token_key)
        except tokens.TokenError as error:
            raise Problem(
                400,
                "sign-in-lost",
                Text(
                    "Lượt đăng nhập đã quá hạn; xin đăng nhập lại.", "This sign-in has run out; please sign in again."
                ),
            ) from error
        given = request.query_params
        if "state" not in way or not secrets.compare_digest(given.get("state", "").encode(), way["state"].encode()):
            raise Problem(
                400,
                "sign-in-lost",
                Text(
                    "Lượt đăng nhập không khớp với trình duyệt này; xin đăng nhập lại.",
                    "This sign-in was begun in another browser; please sign in again.",
                ),
            )
        if "error" in given:
            raise Problem(
                400,
                "sign-in-refused",
                Text(
                    "Định danh điện tử quốc gia từ chối lượt đăng nhập này.",
                    "The national e-ID has refused this sign-in.",
                ),
            )
        claims = await self._claims(given.get("code", ""), way["verifier"])
        if claims.get("nonce") != way["nonce"] or str(claims.get("acr")) < way["level"]:
            raise Problem(
                401,
                "sign-in-refused",
                Text(
                    "Xác nhận của định danh điện tử quốc gia không khớp lượt đăng nhập này.",
                    "What the national e-ID has confirmed is not this sign-in.",
                ),
            )
        who, more = await self._citizens.known(str(claims["sub"]))
        response = RedirectResponse(local_path(way["next"]), 303)
        response.delete_cookie(self._cookie)
        await self._sessions.open(request, response, who=who, person=more["prefill"], assurance=int(str(claims["acr"])))
        return response

    async def _provider(self) -> _Provider:
        answer = await self._kit.lgsp.ask(
            "national", "identity.register", body={"redirect_uri": self._return}, purpose="sign-in"
        )
        if not answer.good:
            raise Problem(
                503,
                "counterpart-out-of-reach",
                Text(
                    "Định danh điện tử quốc gia chưa trả lời; xin thử lại.",
                    "The national e-ID does not answer; please try again.",
                ),
            )
        provider: _Provider = answer.json(_Provider)
        return provider

    async def _claims(self, code: str, verifier: str) -> dict[str, Any]:
        provider = await self._provider()
        wanted = {"code": code, "code_verifier": verifier, "redirect_uri": self._return}
        answer = await self._kit.lgsp.call("national", "identity.token", body=wanted, purpose="sign-in")
        if not answer.good:
            raise Problem(
                401,
                "sign-in-refused",
                Text(
                    "Mã đăng nhập không dùng được; xin đăng nhập lại.",
                    "The sign-in code cannot be used; please sign in again.",
                ),
            )
        token = answer.json(_Tokens).id_token
        keys = await self._kit.lgsp.ask("national", "identity.keys", purpose="sign-in")
        try:
            number = jwt.get_unverified_header(token).get("kid")
            key = next(one for one in jwt.PyJWKSet.from_dict(keys.json()).keys if one.key_id == number)
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=["ES256"], audience=provider.client_id, issuer=provider.issuer,
                options={"require": ["exp", "iat", "sub", "nonce", "acr"]},
            )  # fmt: skip
        except (jwt.PyJWTError, StopIteration) as error:
            raise Problem(
                401,
                "sign-in-refused",
                Text("Xác nhận danh tính không có chữ ký hợp lệ.", "The proof of identity carries no valid signature."),
            ) from error
        return claims


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
