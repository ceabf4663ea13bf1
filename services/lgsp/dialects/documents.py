"""The document face of a provincial LGSP (Lạng Sơn, public sample): `/v1/…`, codes 0, 10, 15 and 18 to 23.

Who calls is told twice: a bearer token from `/v1/auth/login`, and the agency by X-SystemId and X-SecretKey. The hub
answers in the face's own words; the LGSP adds what it alone knows. Business errors come with HTTP 200 (assumed: the
sample's client reads the body whatever the status).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.kit.kit import json
from services.kit.problems import Problem, decode
from services.lgsp.dialects import credentials
from services.lgsp.dialects.door import Door, refusal
from services.lgsp.gateway import Answer

_PROVIDER, _DIALECT = "dochub", "lang-son"
_WRONG_SYSTEM, _SYSTEM_FAILED = "15", "20"
#: Address -> method and operation of the hub.
_CALLS = {
    "/v1/sendEdoc": ("POST", "edoc.send"),
    "/v1/syncReceivedEdocList": ("GET", "edoc.list"),
    "/v1/getEdoc": ("GET", "edoc.get"),
    "/v1/updateStatus": ("POST", "edoc.update"),
}


class _Login(msgspec.Struct, rename="camel"):
    """Body of `/v1/auth/login`; the sample's further fields (otp, twoFactorProvider, typeObjs) decide nothing."""

    username: str
    password: str
    application_code: str = ""


def routes(door: Door) -> list[Route]:
    """Addresses of the face."""

    async def login(request: Request) -> Response:
        asked: _Login = decode(await request.body(), _Login)
        try:
            token = door.gateway.admission.token(asked.username, asked.password)
        except Problem as problem:
            return json({"code": 401, "message": problem.detail, "data": None}, 401)
        data = {"id": asked.username, "username": asked.username, "name": asked.username, "token": token}
        return json({"code": 200, "message": "OK", "data": data})

    def of(operation: str) -> Callable[[Request], Awaitable[Response | Answer]]:
        async def serve(request: Request) -> Response | Answer:
            if not _let_in(door, request):
                return PlainTextResponse("Unauthorized", 401)  # as the live gateway was seen to answer
            system = request.headers.get("x-systemid", "")
            try:
                door.gateway.admission.check(system, request.headers.get("x-secretkey", ""))
            except Problem as problem:
                return _failure(_WRONG_SYSTEM, problem.detail)
            return await pass_on(request, operation, system)

        return serve

    async def agencies(request: Request) -> Response | Answer:
        """The directory needs no agency's key: whoever has signed in may read it, in the name he signed in with."""
        if not _let_in(door, request):
            return PlainTextResponse("Unauthorized", 401)
        return await pass_on(request, "edoc.agencies", door.caller(request))

    async def pass_on(request: Request, operation: str, consumer: str) -> Response | Answer:
        query = dict(request.query_params)
        answer = await door.call(request, _PROVIDER, operation, consumer=consumer, dialect=_DIALECT, query=query)
        told = refusal(answer)
        return answer if told is None else _failure(_SYSTEM_FAILED, told.detail)

    return [
        Route("/v1/auth/login", login, methods=["POST"]),
        Route("/v1/getAgenciesList", agencies, methods=["GET"]),
        *(Route(path, of(operation), methods=[method]) for path, (method, operation) in _CALLS.items()),
    ]


def _let_in(door: Door, request: Request) -> bool:
    try:
        door.gateway.admission.holder(credentials.bearer(request.headers))
    except Problem:
        return False
    return True


def _failure(code: str, description: str) -> Response:
    data = {"docId": None, "status": "error", "errorCode": code, "errorDesc": description}
    return json({"success": False, "message": "Loi", "data": data})
