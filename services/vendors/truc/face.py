"""Trúc's service: one address, `POST /MotCuaService`, one operation per element in the SOAP body."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime

from lxml import etree
from lxml.etree import _Element

from services.vendors.engine.agreement import Official
from services.vendors.engine.dossier import Dossier, Handed, Trouble
from services.vendors.engine.hours import VIETNAM
from services.vendors.engine.http import Asked, Told
from services.vendors.engine.office import Office
from services.vendors.truc import words

_PATH = "/MotCuaService"
_DIGITS = 14
Nodes = Sequence[_Element]


class _Call:
    """An operation with its fields."""

    def __init__(self, raw: bytes) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            envelope = etree.fromstring(raw, parser)
        except etree.XMLSyntaxError as error:
            raise Trouble("content", f"XML không hợp lệ: {error}") from error
        operation = envelope.find(f"{{{words.SOAP}}}Body/*")
        if operation is None or etree.QName(operation).namespace != words.OWN:
            raise Trouble("content", "Thiếu thao tác trong soap:Body.")
        self.name = str(etree.QName(operation).localname)
        self._fields = {str(etree.QName(child).localname): child.text or "" for child in operation}

    def __getitem__(self, field: str) -> str:
        return self._fields.get(field, "")

    def amount(self, field: str) -> int:
        """Đồng; what is no number is below zero, which is refused further on."""
        text = self[field]
        return int(text) if text.isdecimal() else -1

    def moment(self, field: str) -> datetime:
        """Fourteen digits."""
        text = self[field]
        if len(text) != _DIGITS or not text.isdecimal():
            raise Trouble("content", f"{field} không đúng dạng yyyyMMddHHmmss.")
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)


class Face:
    """The product's face."""

    def __init__(self, office: Office, *, integration_key: str) -> None:
        """`integration_key` is what the province's other systems put into KhoaKetNoi."""
        self._office, self._key = office, integration_key
        self._sessions: dict[str, Official] = {}

    def start_over(self) -> None:
        """Forget sessions."""
        self._sessions.clear()

    def answer(self, asked: Asked) -> Told:
        """Answer one call; trouble is a SOAP fault with status 500, as SOAP 1.1 says."""
        if (asked.method, asked.path) != ("POST", _PATH):
            return Told(404, "text/plain; charset=utf-8", f"POST {_PATH}".encode())
        try:
            call = _Call(asked.body)
            number = call["MaGiaoDich"]
            return _soap(200, self._office.once(number, lambda: self._do(call)))
        except Trouble as trouble:
            return _soap(500, _fault(trouble))

    def _do(self, call: _Call) -> bytes:
        office = self._office
        acts: dict[str, Callable[[], Nodes]] = {
            "DangNhap": lambda: self._sign_in(call),
            "DanhSachHoSo": lambda: [self._write(dossier) for dossier in office.desk(self._who(call))],
            "LayHoSo": lambda: [self._write(office.look(self._who(call), call["MaHoSo"]))],
            "TiepNhan": lambda: [self._write(office.receive(self._who(call), _handed(call)))],
            "TiepNhanTrucTuyen": lambda: [self._write(office.accept(self._who(call), call["MaHoSo"]))],
            "YeuCauBoSung": lambda: [
                self._write(office.ask_supplement(self._who(call), call["MaHoSo"], call["NoiDung"]))
            ],
            "NopBoSung": lambda: [self._write(office.supplement(self._who(call), call["MaHoSo"], call["NoiDung"]))],
            "ThamDinh": lambda: [
                self._write(office.examine(self._who(call), call["MaHoSo"], words.OUTCOMES.get(call["YKien"], "")))
            ],
            "PheDuyet": lambda: [
                self._write(office.decide(self._who(call), call["MaHoSo"], words.OUTCOMES.get(call["QuyetDinh"], "")))
            ],
            "TraKetQua": lambda: [
                self._write(
                    office.hand_back(
                        self._who(call), call["MaHoSo"], words.DELIVERIES.get(call["HinhThucTra"], ""),
                        call.amount("TienThu"),
                    )
                )
            ],
            "NhanHoSo": lambda: self._take(call),
            "NhanBoSung": lambda: self._take(call),
            "NhanThanhToan": lambda: self._take(call),
            "NhanBuuGui": lambda: self._take(call),
            "LayThayDoi": lambda: self._changes(call),
        }  # fmt: skip
        if call.name not in acts:
            raise Trouble("unknown", f"Không có thao tác {call.name}.")
        return etree.tostring(words.element(f"{call.name}Response", children=acts[call.name]()))

    def _sign_in(self, call: _Call) -> Nodes:
        official = self._office.sign_in(call["TaiKhoan"], call["MatKhau"])
        session = self._office.new_session()
        self._sessions[session] = official
        return [words.element("PhienLamViec", session), words.element("HoTen", official.name)]

    def _who(self, call: _Call) -> Official:
        official = self._sessions.get(call["PhienLamViec"])
        if official is None and not call["PhienLamViec"] and self._office.quirky("anonymous-session"):
            official = next(iter(self._office.agreement.staff.values()))
        if official is None:
            raise Trouble("sign-in", "Chưa đăng nhập.")
        return official

    def _take(self, call: _Call) -> Nodes:
        self._check_key(call)
        match call.name:
            case "NhanHoSo":
                fee, at = call.amount("LePhi"), call.moment("NgayNop")
                self._office.submit(call["MaHoSo"], call["MaDonVi"], _handed(call), fee=fee, at=at)
            case "NhanBoSung":
                self._office.supplement(None, call["MaHoSo"], call["NoiDung"])
            case "NhanThanhToan":
                self._office.pay(call["MaHoSo"], call["SoLenh"], call.amount("SoTien"))
            case "NhanBuuGui":
                self._office.follow_parcel(call["SoBuuGui"])
        return [words.element("KetQua", "0")]

    def _changes(self, call: _Call) -> Nodes:
        self._check_key(call)
        after = max(call.amount("Sau"), 0)
        utc = self._office.quirky("utc-times")
        with self._office.lock:
            return [words.news(news, utc=utc) for news in self._office.news if news.number > after]

    def _check_key(self, call: _Call) -> None:
        if not hmac.compare_digest(call["KhoaKetNoi"].encode(), self._key.encode()):
            raise Trouble("sign-in", "Sai khoá kết nối.")

    def _write(self, dossier: Dossier) -> _Element:
        return words.dossier(dossier, utc=self._office.quirky("utc-times"))


def _handed(call: _Call) -> Handed:
    return Handed(
        procedure=call["MaTTHC"], number=call["SoDinhDanh"], name=call["HoVaTen"], company=call["MaSoThue"],
        delivery=words.DELIVERIES.get(call["HinhThucTra"], ""), cash=call.amount("TienThu"),
    )  # fmt: skip


def _fault(trouble: Trouble) -> bytes:
    fault = etree.Element(f"{{{words.SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = words.FAULTS[trouble.kind]
    etree.SubElement(fault, "faultstring").text = trouble.detail
    detail = etree.SubElement(fault, "detail")
    for name, why in trouble.fields.items():
        detail.append(words.element("Truong", f"{words.FIELDS[name]}: {why}"))
    return etree.tostring(fault)


def _soap(status: int, inner: bytes) -> Told:
    head = f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{words.SOAP}"><soap:Body>'.encode()
    return Told(status, "text/xml; charset=utf-8", head + inner + b"</soap:Body></soap:Envelope>")
