"""Trúc's dialect: SOAP 1.1, states as letters, moments of fourteen digits, news fetched with a running number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from lxml import etree
from lxml.etree import _Element

from verification.conformance.access import Access
from verification.conformance.dialects import common
from verification.conformance.listener import Listener
from verification.conformance.product import (
    Accept,
    Act,
    Answer,
    AskSupplement,
    Decide,
    Examine,
    Field,
    HandBack,
    News,
    Receive,
    Refusal,
    Sight,
    Step,
    Submission,
    Supplement,
    Told,
    Unreadable,
    Who,
    Why,
)
from verification.conformance.wire import Pace, Wire

_SOAP, _OWN = "http://schemas.xmlsoap.org/soap/envelope/", "urn:truc:mot-cua:2"
_FORM = "%Y%m%d%H%M%S"
_STATES: Mapping[str, str] = {
    "CHO": "submitted", "TN": "received", "BS": "awaiting_supplement", "TD": "examined", "DY": "approved",
    "TC": "rejected", "GBD": "posted", "XONG": "returned",
}  # fmt: skip
_WHY: Mapping[str, Why] = {
    "CHUA_DANG_NHAP": "sign-in", "KHONG_QUYEN": "rights", "KHONG_TIM_THAY": "unknown", "SAI_TRINH_TU": "order",
    "CHUA_NOP_DU": "fee", "DU_LIEU_LOI": "content",
}  # fmt: skip
_FIELDS: Mapping[str, Field] = {
    "MaTTHC": "procedure", "SoDinhDanh": "number", "HoVaTen": "name", "TienThu": "cash", "HinhThucTra": "delivery",
    "NoiDung": "what",
}  # fmt: skip
_DELIVERIES = {"counter": "1", "online": "2", "post": "3"}
_OUTCOMES = {"approve": "DY", "reject": "TC"}


class Truc:
    """A product that speaks Trúc."""

    name = "Trúc"
    resolution = timedelta(seconds=1)

    def __init__(self, access: Access, _listener: Listener, pace: Pace | None = None) -> None:
        """Nothing is sent by it, so the listener hears nothing."""
        self._wire, self._access = Wire(access.url, pace), access
        self.last = ""

    def sign_in(self, account: str, passcode: str) -> Who:
        """Let an official in."""
        answer = self._ask("DangNhap", {"TaiKhoan": account, "MatKhau": passcode})
        return Who(account, _text(answer, "PhienLamViec"))

    def do(self, who: Who, act: Act, *, key: str) -> Answer:  # noqa: PLR0911 -- one way out for each act
        """Do one act."""
        match act:
            case Receive():
                fields = {
                    "MaTTHC": act.procedure, "SoDinhDanh": act.number, "HoVaTen": act.name, "TienThu": str(act.cash),
                    "HinhThucTra": _DELIVERIES.get(act.delivery, act.delivery),
                }  # fmt: skip
                return self._act(who, "TiepNhan", fields, key)
            case Accept():
                return self._act(who, "TiepNhanTrucTuyen", {"MaHoSo": act.code}, key)
            case AskSupplement():
                return self._act(who, "YeuCauBoSung", {"MaHoSo": act.code, "NoiDung": act.what}, key)
            case Supplement():
                return self._act(who, "NopBoSung", {"MaHoSo": act.code, "NoiDung": act.what}, key)
            case Examine():
                return self._act(who, "ThamDinh", {"MaHoSo": act.code, "YKien": _OUTCOMES[act.proposal]}, key)
            case Decide():
                return self._act(who, "PheDuyet", {"MaHoSo": act.code, "QuyetDinh": _OUTCOMES[act.decision]}, key)
            case HandBack():
                fields = {"MaHoSo": act.code, "HinhThucTra": _DELIVERIES[act.by], "TienThu": str(act.cash)}
                return self._act(who, "TraKetQua", fields, key)

    def receive_together(self, who: Who, acts: Sequence[Receive]) -> list[Answer]:
        """Receive several at once."""
        return common.in_threads(self, who, acts)

    def look(self, who: Who, code: str) -> Sight:
        """Show one dossier."""
        return _sight(self._dossiers(self._ask("LayHoSo", {"MaHoSo": code}, who=who))[0])

    def desk(self, who: Who) -> list[str]:
        """List open dossiers."""
        return [_text(row, "MaHoSo") for row in self._dossiers(self._ask("DanhSachHoSo", {}, who=who), least=0)]

    def submit(self, submission: Submission, *, key: str) -> None:
        """Pass a dossier on."""
        fields = {
            "MaHoSo": submission.code, "MaTTHC": submission.procedure, "MaDonVi": submission.agency,
            "SoDinhDanh": submission.number, "HoVaTen": submission.name, "LePhi": str(submission.fee),
            "NgayNop": submission.submitted_at.strftime(_FORM), "HinhThucTra": "1", "TienThu": "0",
        }  # fmt: skip
        self._pass_on("NhanHoSo", fields, key)

    def pay(self, code: str, order: str, amount: int, *, key: str) -> None:
        """Tell of a payment."""
        self._pass_on("NhanThanhToan", {"MaHoSo": code, "SoLenh": order, "SoTien": str(amount)}, key)

    def deliver(self, parcel: str) -> None:
        """Tell of a delivery."""
        self._pass_on("NhanBuuGui", {"SoBuuGui": parcel}, parcel)

    def told(self, code: str) -> Told:
        """Fetch all news; portal and national portal fetch the same."""
        answer = self._ask("LayThayDoi", {"KhoaKetNoi": self._access.integration_key, "Sau": "0"})
        news = tuple(
            News(
                seq=common.whole(_text(item, "ThuTu"), "ThuTu"),
                state=common.translated(_text(item, "TrangThai"), _STATES, "TrangThai"),
                national=_text(item, "TrangThaiHoSo"), whole=etree.tostring(item, encoding="unicode"),
            )
            for item in answer.iterfind(f"{{{_OWN}}}ThayDoi")
            if _text(item, "MaHoSo") == code
        )  # fmt: skip
        return Told(news, news)

    def close(self) -> None:
        """End the connection."""
        self._wire.close()

    def _act(self, who: Who, operation: str, fields: Mapping[str, str], key: str) -> Answer:
        row = self._dossiers(self._ask(operation, fields, who=who, key=key))[0]
        sight = _sight(row)
        return Answer(sight.code, sight.state, sight.due_at, _text(row, "SoBuuGui"))

    def _pass_on(self, operation: str, fields: Mapping[str, str], key: str) -> None:
        self._ask(operation, {"KhoaKetNoi": self._access.integration_key, **fields}, key=key)

    def _dossiers(self, answer: _Element, least: int = 1) -> list[_Element]:
        rows = list(answer.iterfind(f"{{{_OWN}}}HoSo"))
        if len(rows) < least:
            message = f"{answer.tag}: thiếu phần tử HoSo"
            raise Unreadable(message)
        return rows

    def _ask(self, operation: str, fields: Mapping[str, str], *, who: Who | None = None, key: str = "") -> _Element:
        envelope = etree.Element(f"{{{_SOAP}}}Envelope")
        call = etree.SubElement(etree.SubElement(envelope, f"{{{_SOAP}}}Body"), f"{{{_OWN}}}{operation}")
        head = {"PhienLamViec": who.session if who else "", "MaGiaoDich": key}
        for name, text in (head | dict(fields)).items():
            etree.SubElement(call, f"{{{_OWN}}}{name}").text = text
        self.last = f"POST /MotCuaService {operation}"
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{_OWN}:{operation}"'}
        reply = self._wire.request("POST", "/MotCuaService", etree.tostring(envelope), headers)
        return _opened(reply.body, operation)


def _opened(raw: bytes, operation: str) -> _Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        answer = etree.fromstring(raw, parser).find(f"{{{_SOAP}}}Body/*")
    except etree.XMLSyntaxError as error:
        message = f"{operation}: không phải XML ({error})"
        raise Unreadable(message) from error
    if answer is not None and answer.tag == f"{{{_SOAP}}}Fault":
        code, said = answer.findtext("faultcode", ""), answer.findtext("faultstring", "")
        named = [(field.text or "").partition(":")[0] for field in answer.iterfind(f"detail/{{{_OWN}}}Truong")]
        raise Refusal(_WHY.get(code, "unclear"), f"{code}: {said}", [_FIELDS.get(name, "other") for name in named])
    if answer is None or answer.tag != f"{{{_OWN}}}{operation}Response":
        message = f"{operation}: thiếu phần tử {operation}Response"
        raise Unreadable(message)
    return answer


def _sight(row: _Element) -> Sight:
    return Sight(
        code=_text(row, "MaHoSo"),
        procedure=_text(row, "MaTTHC"),
        agency=_text(row, "MaDonVi"),
        state=common.translated(_text(row, "TrangThai"), _STATES, "TrangThai"),
        name=_text(row, "HoVaTen"),
        number=_text(row, "SoDinhDanh"),
        fee=common.whole(_text(row, "LePhi"), "LePhi"),
        paid=common.whole(_text(row, "DaNop"), "DaNop"),
        received_at=common.moment(_text(row, "NgayTiepNhan"), _FORM, "NgayTiepNhan"),
        due_at=common.moment(_text(row, "NgayHenTra"), _FORM, "NgayHenTra"),
        steps=tuple(
            Step(
                common.whole(_text(step, "ThuTu"), "ThuTu"),
                common.translated(_text(step, "TrangThai"), _STATES, "QuaTrinh/TrangThai"),
                _text(step, "NguoiXuLy"),
                common.needed(common.moment(_text(step, "ThoiDiem"), _FORM, "ThoiDiem"), "ThoiDiem"),
            )
            for step in row.iterfind(f"{{{_OWN}}}QuaTrinh/{{{_OWN}}}Buoc")
        ),
    )


def _text(row: _Element, name: str) -> str:
    found = row.find(f"{{{_OWN}}}{name}")
    if found is None:
        message = f"thiếu phần tử {name}"
        raise Unreadable(message)
    return found.text or ""
