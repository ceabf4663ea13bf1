"""XacThucThongTinCongDan: the population check as SOAP 1.1, six fields in, TonTai out (dancuquocgia.bca)."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

from services.kit.edxml.parsing import parse
from services.kit.edxml.trouble import EdxmlError
from services.kit.kit import Kit
from services.kit.operations import Consumer

_SOAP, _OWN = "http://schemas.xmlsoap.org/soap/envelope/", "http://dancuquocgia.bca"
_REQUEST = "XacThucThongTinCongDanRequest"
_FIELDS = ("MaYeuCau", "MaDichVu", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen")
_MOST_BYTES = 64 << 10


class Confirmation:
    """`national.population.confirm`."""

    def __init__(self, kit: Kit) -> None:
        """Look into the population."""
        self._kit = kit

    async def confirm(self, request: Request, _consumer: Consumer) -> Any:
        """Answer whether the person exists and bears the name, or with a SOAP fault that names every mistake."""
        try:
            asked = read(await request.body())
        except EdxmlError as error:
            text = f"<faultcode>soap:Client</faultcode><faultstring>{escape(str(error))}</faultstring>"
            return _envelope(f"<soap:Fault>{text}</soap:Fault>", 500)
        # The old nine-digit number is none of the population's: who has only that cannot be confirmed.
        name = await self._kit.pool.fetchval(
            "SELECT full_name FROM person WHERE personal_number = $1", asked["SoDinhDanh"] or asked["SoCMND"]
        )
        exists = name is not None and asked["HoVaTen"] == name
        body = f"<dan:TonTai>{str(exists).lower()}</dan:TonTai>"
        return _envelope(f'<dan:KetQuaXacThucResponse xmlns:dan="{_OWN}">{body}</dan:KetQuaXacThucResponse>', 200)


def read(raw: bytes) -> dict[str, str]:
    """Take the six fields out of a SOAP request. Raises EdxmlError."""
    if len(raw) > _MOST_BYTES:
        raise EdxmlError([f"yêu cầu dài {len(raw)} byte, giới hạn là {_MOST_BYTES}"])
    root = parse(raw)
    asked_for = root.find(f"{{{_SOAP}}}Body/{{{_OWN}}}{_REQUEST}")
    if root.tag != f"{{{_SOAP}}}Envelope" or asked_for is None:
        raise EdxmlError([f"cần một {_REQUEST} ({_OWN}) trong soap:Body"])
    names = [etree.QName(one).localname for one in asked_for]
    if names != list(_FIELDS):
        raise EdxmlError([f"các phần tử phải lần lượt là {', '.join(_FIELDS)}; nhận được {', '.join(names)[:200]}"])
    asked = {name: (one.text or "").strip() for name, one in zip(_FIELDS, asked_for, strict=True)}
    wrong = [f"{name} trống" for name in ("MaYeuCau", "MaDichVu", "MaCanBo", "HoVaTen") if not asked[name]]
    if not asked["SoDinhDanh"] and not asked["SoCMND"]:
        wrong.append("cần SoDinhDanh hoặc SoCMND")
    if wrong:
        raise EdxmlError(wrong)
    return asked


def _envelope(body: str, status: int) -> Response:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{_SOAP}">'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    return Response(text, status, media_type="text/xml")
