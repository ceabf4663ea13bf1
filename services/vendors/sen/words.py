"""Sen's words: field names, state numbers, money as text with dots, moments as milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.vendors.engine.dossier import Dossier, News

STATES: Mapping[str, int] = {
    "submitted": 0, "received": 1, "awaiting_supplement": 2, "examined": 3, "approved": 4, "rejected": 5,
    "posted": 6, "returned": 7,
}  # fmt: skip
UNDOCUMENTED = 99
ERRORS: Mapping[str, int] = {"sign-in": 401, "rights": 403, "unknown": 404, "order": 409, "fee": 402, "content": 422}
FIELDS: Mapping[str, str] = {
    "procedure": "maThuTuc", "number": "nguoiNop.soDinhDanh", "name": "nguoiNop.hoTen", "cash": "tienMat",
    "delivery": "cachTra", "by": "cachTra", "what": "noiDung", "proposal": "yKien", "decision": "quyetDinh",
    "code": "maHoSo",
}  # fmt: skip
DELIVERIES: Mapping[str, str] = {"TAI_QUAY": "counter", "TRUC_TUYEN": "online", "BUU_CHINH": "post"}
OUTCOMES: Mapping[str, str] = {"DONG_Y": "approve", "TU_CHOI": "reject"}


def money(amount: int, *, thousands: bool = False) -> str:
    """212500 -> "212.500"."""
    return f"{amount // 1000 if thousands else amount:,}".replace(",", ".")


def amount(text: str) -> int:
    """Read "212.500"; what is no amount is below zero, which is refused further on."""
    digits = text.replace(".", "")
    return int(digits) if digits.removeprefix("-").isdecimal() else -1


def milliseconds(moment: datetime | None) -> int | None:
    """Write a moment."""
    return round(moment.timestamp() * 1000) if moment else None


def state(name: str, *, undocumented: bool) -> int:
    """Number of a state."""
    return UNDOCUMENTED if undocumented and name == "examined" else STATES[name]


def dossier(of: Dossier, *, thousands: bool, undocumented: bool) -> dict[str, Any]:
    """Write a dossier as officials see it."""
    return {
        "maHoSo": of.code,
        "maThuTuc": of.procedure,
        "maCoQuan": of.agency,
        "kenh": 1 if of.channel == "online" else 0,
        "nguoiNop": {"hoTen": of.name, "soDinhDanh": "*" * (len(of.number) - 3) + of.number[-3:]},
        "trangThai": state(of.state, undocumented=undocumented),
        "ngayTiepNhan": milliseconds(of.received_at),
        "ngayHenTra": milliseconds(of.due_at),
        "lePhi": money(of.fee, thousands=thousands),
        "daNop": money(of.paid),
        "maBuuGui": of.parcel or None,
        "lichSu": [
            {
                "thuTu": step.seq,
                "viec": step.event,
                "trangThai": state(step.state, undocumented=undocumented),
                "nguoiLam": step.actor,
                "luc": milliseconds(step.at),
            }
            for step in of.steps
        ],
    }


def news(of: News, *, undocumented: bool) -> dict[str, Any]:
    """Write what a webhook carries."""
    written: dict[str, Any] = {
        "soTin": of.number,
        "maHoSo": of.code,
        "maThuTuc": of.procedure,
        "maCoQuan": of.agency,
        "trangThai": state(of.state, undocumented=undocumented),
        "trangThaiQuocGia": of.national,
        "thuTu": of.seq,
        "luc": milliseconds(of.at),
        "ngayHenTra": milliseconds(of.due_at),
    }
    return written | ({"soDinhDanh": of.applicant} if of.applicant else {})
