"""The population check as SOAP 1.1: XacThucThongTinCongDan."""

from __future__ import annotations

from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit.problems import Problem
from services.lgsp.dialects.door import Door, refusal
from services.lgsp.gateway import Answer

_DIALECT = "soap"
_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    "<faultcode>soap:{code}</faultcode><faultstring>{text}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
)


def routes(door: Door) -> list[Route]:
    """One address, as one service of a WSDL has."""

    async def serve(request: Request) -> Response | Answer:
        try:
            consumer = door.caller(request)
        except Problem as problem:
            return _fault("Client", problem.detail)
        answer = await door.call(request, "national", "population.confirm", consumer=consumer, dialect=_DIALECT)
        told = refusal(answer)
        if told is None:
            return answer
        return _fault("Client" if answer.outcome == "refused" else "Server", told.detail)

    return [Route("/soap/XacThucThongTinCongDan", serve, methods=["POST"])]


def _fault(code: str, text: str) -> Response:
    """A SOAP 1.1 fault; over HTTP its status is 500 (W3C note, section 6.2)."""
    return Response(_FAULT.format(code=code, text=escape(text)), 500, media_type="text/xml")
