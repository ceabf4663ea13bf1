"""The way from a dialect to the gateway: who calls, and one call on its books."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request

from services.kit.problems import Problem
from services.kit.tls import certificate_of
from services.lgsp.dialects import credentials
from services.lgsp.gateway import Answer, Call, Gateway

_ANSWERED = "answered"


class Told(msgspec.Struct):
    """What the gateway says where there is no provider's answer."""

    title: str = ""
    detail: str = ""


class Door:
    """Lets callers in by whichever way they say who they are."""

    def __init__(self, gateway: Gateway) -> None:
        """Pass calls to `gateway`."""
        self.gateway = gateway

    def caller(self, request: Request) -> str:
        """Return the system that calls: by bearer token, or by key and secret in the call itself.

        Raises a 401 Problem titled `no-credentials`, `bad-token`, `revoked` or `wrong-credentials`.
        """
        token = credentials.bearer(request.headers)
        if token:
            return self.gateway.admission.holder(token)
        shown = credentials.access_token(request.headers)
        if shown:
            return self.gateway.admission.check(shown.name, shown.secret)
        way_out = "Cần “Authorization: Bearer …” (thẻ xin tại /token) hoặc tiêu đề lgspaccesstoken."
        raise Problem(401, "no-credentials", way_out)

    async def call(
        self,
        request: Request,
        provider: str,
        operation: str,
        *,
        consumer: str,
        dialect: str,
        query: dict[str, str] | None = None,
    ) -> Answer:
        """Make the request a call, with its audit row. `dialect` is the purpose of callers that know of none."""
        headers = {b"x-call-id": str(uuid.uuid4()).encode(), b"x-purpose": dialect.encode()}
        for name in (b"x-call-id", b"x-purpose", b"x-synthetic", b"content-type"):
            given = request.headers.get(name.decode())
            if given:
                headers[name] = given.encode("latin-1")
        asked = urlencode(query or {}).encode()
        certificate = certificate_of(request.scope)
        made = Call(request.method, provider, operation, asked, headers, await request.body(), certificate)
        return await self.gateway.serve(made, consumer=consumer)


def refusal(answer: Answer) -> Told | None:
    """Return what the gateway itself says; None where the provider has answered."""
    if answer.outcome == _ANSWERED:
        return None
    return msgspec.json.decode(answer.body, type=Told)
