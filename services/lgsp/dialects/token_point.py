"""`POST /token`: our own JSON, and the OAuth 2 form that WSO2 gateways take (RFC 6749, section 4.4)."""

from __future__ import annotations

from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit.kit import json
from services.kit.problems import Problem, decode
from services.kit.tls import certificate_of
from services.lgsp.admission import TOKEN_SECONDS, Admission
from services.lgsp.dialects import credentials
from services.lgsp.dialects.credentials import Shown

#: WSO2 names what a token opens; it opens what contracts say, whatever its scope.
_SCOPE = "default"


class _Own(msgspec.Struct, forbid_unknown_fields=True):
    system: str
    secret: str


def routes(admission: Admission) -> list[Route]:
    """`/token`."""

    async def token(request: Request) -> Response:
        body = await request.body()
        if not body.lstrip().startswith(b"{"):  # by what it is: many clients send JSON and call it a form
            return _oauth(admission, request, body.decode("latin-1"))
        own: _Own = decode(body, _Own)
        admission.bind(own.system, certificate_of(request.scope))
        return json({"token": admission.token(own.system, own.secret), "expires_in": TOKEN_SECONDS})

    return [Route("/token", token, methods=["POST"])]


def _oauth(admission: Admission, request: Request, form: str) -> Response:
    asked = {name: values[0] for name, values in parse_qs(form).items()}
    if asked.get("grant_type") != "client_credentials":
        return _error(400, "unsupported_grant_type", "Chỉ có grant_type=client_credentials.")
    shown = credentials.basic(request.headers) or credentials.access_token(request.headers)
    if shown is None and {"client_id", "client_secret"} <= asked.keys():
        shown = Shown(asked["client_id"], asked["client_secret"])
    if shown is None:
        return _error(
            401, "invalid_client", "Cần Authorization: Basic, lgspaccesstoken, hoặc client_id và client_secret."
        )
    try:
        admission.bind(shown.name, certificate_of(request.scope))
        token = admission.token(shown.name, shown.secret)
    except Problem as problem:
        return _error(401, "invalid_client", problem.detail)
    return json({"access_token": token, "scope": _SCOPE, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})


def _error(status: int, error: str, description: str) -> Response:
    answer = json({"error": error, "error_description": description}, status)
    if status == 401:  # noqa: PLR2004
        answer.headers["WWW-Authenticate"] = 'Basic realm="LGSP"'
    return answer
