"""Trúc's words: element names, states as letters, moments as yyyyMMddHHmmss, faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from lxml import etree
from lxml.etree import _Element

from services.vendors.engine.dossier import Dossier, News

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OWN = "urn:truc:mot-cua:2"
STATES: Mapping[str, str] = {
    "submitted": "CHO", "received": "TN", "awaiting_supplement": "BS", "examined": "TD", "approved": "DY",
    "rejected": "TC", "posted": "GBD", "returned": "XONG",
}  # fmt: skip
FAULTS: Mapping[str, str] = {
    "sign-in": "CHUA_DANG_NHAP", "rights": "KHONG_QUYEN", "unknown": "KHONG_TIM_THAY", "order": "SAI_TRINH_TU",
    "fee": "CHUA_NOP_DU", "content": "DU_LIEU_LOI",
}  # fmt: skip
FIELDS: Mapping[str, str] = {
    "procedure": "MaTTHC", "number": "SoDinhDanh", "name": "HoVaTen", "cash": "TienThu", "delivery": "HinhThucTra",
    "by": "HinhThucTra", "what": "NoiDung", "proposal": "YKien", "decision": "QuyetDinh", "code": "MaHoSo",
}  # fmt: skip
DELIVERIES: Mapping[str, str] = {"1": "counter", "2": "online", "3": "post"}
OUTCOMES: Mapping[str, str] = {"DY": "approve", "TC": "reject"}


def moment(at: datetime | None, *, utc: bool = False) -> str:
    """Fourteen digits of Việt Nam's time, or nothing."""
    return (at.astimezone(UTC) if utc else at).strftime("%Y%m%d%H%M%S") if at else ""


def element(name: str, text: str = "", children: Iterable[_Element] = ()) -> _Element:
    """One element of Trúc's namespace."""
    made = etree.Element(f"{{{OWN}}}{name}")
    made.text = text or None
    made.extend(list(children))
    return made


def dossier(of: Dossier, *, utc: bool) -> _Element:
    """Write a dossier as officials see it."""
    fields = {
        "MaHoSo": of.code,
        "MaTTHC": of.procedure,
        "MaDonVi": of.agency,
        "HoVaTen": of.name,
        "SoDinhDanh": "*" * (len(of.number) - 3) + of.number[-3:],
        "TrangThai": STATES[of.state],
        "NgayTiepNhan": moment(of.received_at, utc=utc),
        "NgayHenTra": moment(of.due_at, utc=utc),
        "LePhi": str(of.fee),
        "DaNop": str(of.paid),
        "SoBuuGui": of.parcel,
    }
    steps = [
        element(
            "Buoc",
            children=[
                element("ThuTu", str(step.seq)),
                element("Viec", step.event),
                element("TrangThai", STATES[step.state]),
                element("NguoiXuLy", step.actor),
                element("ThoiDiem", moment(step.at, utc=utc)),
            ],
        )
        for step in of.steps
    ]
    children = [element(name, text) for name, text in fields.items()]
    return element("HoSo", children=[*children, element("QuaTrinh", children=steps)])


def news(of: News, *, utc: bool) -> _Element:
    """Write one change."""
    fields = {
        "SoHieu": str(of.number),
        "MaHoSo": of.code,
        "MaTTHC": of.procedure,
        "TrangThai": STATES[of.state],
        "TrangThaiHoSo": of.national,
        "ThuTu": str(of.seq),
        "ThoiDiemXuLy": moment(of.at, utc=utc),
        "NgayHenTra": moment(of.due_at, utc=utc),
    }
    return element("ThayDoi", children=[element(name, text) for name, text in fields.items()])
