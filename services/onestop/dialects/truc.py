"""Trúc's dialect: SOAP 1.1, one operation an act, states as letters, moments of fourteen digits, sessions.

It also offers news to be fetched (`LayThayDoi`); the service's own outbox tells portal and nation, so nobody does.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree
from lxml.etree import _Element

from services.onestop.dialects.base import Deed, Done, Link, ProductError, Refusal, Told, send

_SOAP, _OWN = "http://schemas.xmlsoap.org/soap/envelope/", "urn:truc:mot-cua:2"
_ADDRESS = "/MotCuaService"
_STATES: Mapping[str, str] = {
    "CHO": "submitted", "TN": "received", "BS": "awaiting_supplement", "TD": "examined", "DY": "approved",
    "TC": "rejected", "GBD": "posted", "XONG": "returned",
}  # fmt: skip
_KINDS: Mapping[str, str] = {
    "CHUA_DANG_NHAP": "sign-in", "KHONG_QUYEN": "rights", "KHONG_TIM_THAY": "unknown", "SAI_TRINH_TU": "order",
    "CHUA_NOP_DU": "fee", "DU_LIEU_LOI": "content",
}  # fmt: skip
_DELIVERIES: Mapping[str, str] = {"counter": "1", "online": "2", "post": "3"}
_OUTCOMES: Mapping[str, str] = {"approve": "DY", "reject": "TC"}
_OPERATIONS: Mapping[str, str] = {
    "received": "TiepNhan", "accepted": "TiepNhanTrucTuyen", "supplement_asked": "YeuCauBoSung",
    "supplemented": "NopBoSung", "examined": "ThamDinh", "decided": "PheDuyet", "handed_back": "TraKetQua",
}  # fmt: skip


class Truc:
    """A product that speaks Trúc."""

    def __init__(self, link: Link) -> None:
        """Signs officials in when they first do something."""
        self._link = link
        self._sessions: dict[str, str] = {}

    async def do(self, account: str, deed: Deed, *, key: str) -> Done:
        """One act is one operation."""
        outcome = _OUTCOMES.get(deed.outcome, "")
        fields = {
            "MaHoSo": deed.code, "MaTTHC": deed.procedure, "SoDinhDanh": deed.number, "HoVaTen": deed.name,
            "MaSoThue": deed.company, "HinhThucTra": _DELIVERIES.get(deed.delivery, ""), "TienThu": str(deed.cash),
            "NoiDung": deed.note, "YKien": outcome, "QuyetDinh": outcome,
        }  # fmt: skip
        return await self._as_official(account, _OPERATIONS[deed.act], fields, key)

    async def look(self, account: str, code: str) -> Done:
        """Show one dossier."""
        return await self._as_official(account, "LayHoSo", {"MaHoSo": code}, "")

    async def tell(self, told: Told) -> None:
        """Each kind of news is an operation."""
        operation, fields = "NhanBuuGui", {"SoBuuGui": told.parcel}
        match told.what:
            case "submitted":
                operation = "NhanHoSo"
                fields = {
                    "MaHoSo": told.code, "MaTTHC": told.procedure, "MaDonVi": told.agency, "SoDinhDanh": told.number,
                    "HoVaTen": told.name, "MaSoThue": told.company, "HinhThucTra": _DELIVERIES[told.delivery],
                    "LePhi": str(told.fee), "TienThu": "0", "NgayNop": f"{told.at:%Y%m%d%H%M%S}",
                }  # fmt: skip
            case "supplemented":
                operation, fields = "NhanBoSung", {"MaHoSo": told.code, "NoiDung": told.note}
            case "paid":
                operation = "NhanThanhToan"
                fields = {"MaHoSo": told.code, "SoLenh": told.order, "SoTien": str(told.amount)}
        await self._ask(operation, {"KhoaKetNoi": self._link.key, **fields})

    async def _as_official(self, account: str, operation: str, fields: Mapping[str, str], key: str) -> Done:
        fresh = account not in self._sessions
        while True:
            if fresh:
                words = {"TaiKhoan": account, "MatKhau": self._link.passcode(account)}
                self._sessions[account] = _text(await self._ask("DangNhap", words), "PhienLamViec")
            head = {"PhienLamViec": self._sessions[account], "MaGiaoDich": key}
            try:
                answer = await self._ask(operation, head | dict(fields))
            except Refusal as refusal:
                if fresh or refusal.kind != "sign-in":
                    raise
                fresh = True  # its session has ended: once more with a new one
            else:
                dossier = answer.find(f"{{{_OWN}}}HoSo")
                if dossier is None:
                    message = f"{operation}: no HoSo"
                    raise ProductError(message)
                state = _text(dossier, "TrangThai")
                return Done(_text(dossier, "MaHoSo"), _STATES.get(state, state), _text(dossier, "SoBuuGui") or None)

    async def _ask(self, operation: str, fields: Mapping[str, str]) -> _Element:
        envelope = etree.Element(f"{{{_SOAP}}}Envelope")
        call = etree.SubElement(etree.SubElement(envelope, f"{{{_SOAP}}}Body"), f"{{{_OWN}}}{operation}")
        for name, text in fields.items():
            etree.SubElement(call, f"{{{_OWN}}}{name}").text = text
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{_OWN}:{operation}"'}
        return _opened(await send(self._link, "POST", _ADDRESS, etree.tostring(envelope), headers), operation)


def _opened(raw: bytes, operation: str) -> _Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        answer = etree.fromstring(raw, parser).find(f"{{{_SOAP}}}Body/*")
    except etree.XMLSyntaxError as error:
        message = f"{operation}: {error}"
        raise ProductError(message) from error
    if answer is not None and answer.tag == f"{{{_SOAP}}}Fault":
        raise Refusal(_KINDS.get(answer.findtext("faultcode", ""), "unclear"), answer.findtext("faultstring", ""))
    if answer is None or answer.tag != f"{{{_OWN}}}{operation}Response":
        message = f"{operation}: no {operation}Response"
        raise ProductError(message)
    return answer


def _text(row: _Element, name: str) -> str:
    found = row.find(f"{{{_OWN}}}{name}")
    if found is None:
        message = f"no {name}"
        raise ProductError(message)
    return found.text or ""
