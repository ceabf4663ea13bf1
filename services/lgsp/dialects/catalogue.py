"""Addresses of the Quảng Bình catalogue, from shared code lists to the business register.

The providers' answers go back as they are; what the gateway itself says has the form of a WSO2 fault.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit.kit import json
from services.kit.problems import Problem
from services.lgsp.dialects.door import Door, refusal
from services.lgsp.gateway import Answer

_PROVIDER, _DIALECT = "national", "quang-binh"
#: The guide writes most criminal-record addresses with this before the function, some without.
_VENDORS_PREFIX = "LLTP-API-"


class _Family(msgspec.Struct, frozen=True):
    path: str
    method: str
    operations: str  #: first word of the provider's operations


FAMILIES = (
    _Family("/apiHoTichTuPhap/{name}", "POST", "civil"),
    _Family("/apiLyLichTuPhap/{name}", "POST", "criminal"),
    _Family("/apiBHXH/{name}", "POST", "insurance"),
    _Family("/apiCSDLDKDN/{name}", "GET", "business"),
)

#: What stands in a fault's `code` (WSO2 API Manager; from memory, unverified [M]).
_FAULTS: Mapping[str, int] = {
    "no-credentials": 900902,
    "bad-token": 900901,
    "revoked": 900901,
    "wrong-credentials": 900901,
    "too-many": 900800,
    "quota-used-up": 900800,
}
_FORBIDDEN, _OTHER = 900908, 900900


def routes(door: Door) -> list[Route]:
    """Addresses under the five bases of the guide."""

    async def pass_on(request: Request, operation: str, query: dict[str, str]) -> Response | Answer:
        try:
            consumer = door.caller(request)
        except Problem as problem:
            return _fault(problem.status, problem.title, problem.detail)
        answer = await door.call(request, _PROVIDER, operation, consumer=consumer, dialect=_DIALECT, query=query)
        told = refusal(answer)
        return answer if told is None else _fault(answer.status_code, told.title, told.detail)

    def of_family(family: _Family) -> Route:
        async def serve(request: Request) -> Response | Answer:
            name = request.path_params["name"].strip().removeprefix(_VENDORS_PREFIX).strip()
            return await pass_on(request, f"{family.operations}.{name}", dict(request.query_params))

        return Route(family.path, serve, methods=[family.method])

    async def metadata(request: Request) -> Response | Answer:
        return await pass_on(request, "lists.metadata", {"list": request.path_params["list"]})

    async def records(request: Request) -> Response | Answer:
        operation = "lists.records" if request.method == "GET" else "lists.add"
        return await pass_on(request, operation, {"list": request.path_params["list"]})

    return [
        Route("/dmdc/Metadata/{list}", metadata, methods=["GET"]),
        Route("/dmdc/Category/{list}", records, methods=["GET", "POST"]),
        *map(of_family, FAMILIES),
    ]


def _fault(status: int, title: str, detail: str) -> Response:
    code = _FAULTS.get(title, _FORBIDDEN if status == 403 else _OTHER)  # noqa: PLR2004
    return json({"fault": {"code": code, "message": title, "description": detail}}, status)
