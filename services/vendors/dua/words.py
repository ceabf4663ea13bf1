"""Dừa's words: columns, Vietnamese states and acts, dd/mm/yyyy HH:MM, UTF-8 with a byte-order mark, semicolons."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from services.vendors.engine.dossier import Dossier, News

STATES: Mapping[str, str] = {
    "submitted": "Mới nộp", "received": "Đang thụ lý", "awaiting_supplement": "Chờ bổ sung",
    "examined": "Trình lãnh đạo", "approved": "Đồng ý", "rejected": "Không đồng ý", "posted": "Gửi bưu điện",
    "returned": "Đã trả",
}  # fmt: skip
RESULTS: Mapping[str, str] = {
    "sign-in": "SAI_MA", "rights": "KHONG_QUYEN", "unknown": "KHONG_CO", "order": "SAI_BUOC", "fee": "THIEU_TIEN",
    "content": "LOI",
}  # fmt: skip
DONE = "OK"
FIELDS: Mapping[str, str] = {
    "procedure": "MA_TTHC", "number": "SO_GIAY_TO", "name": "HO_TEN", "cash": "TIEN", "delivery": "CACH_TRA",
    "by": "CACH_TRA", "what": "NOI_DUNG", "proposal": "Y_KIEN", "decision": "Y_KIEN", "code": "MA_HO_SO",
}  # fmt: skip
DELIVERIES: Mapping[str, str] = {"quầy": "counter", "mạng": "online", "bưu điện": "post"}
OUTCOMES: Mapping[str, str] = {"đồng ý": "approve", "không": "reject"}
ANSWER = (
    "SO_YC", "KET_QUA", "LY_DO", "COT_LOI", "MA_HO_SO", "MA_TTHC", "CO_QUAN", "HO_TEN", "SO_GIAY_TO", "TRANG_THAI",
    "TIEP_NHAN", "HEN_TRA", "LE_PHI", "DA_NOP", "BUU_GUI", "QUA_TRINH",
)  # fmt: skip
NEWS: tuple[str, ...] = ("SO_TIN", "MA_HO_SO", "MA_TTHC", "CO_QUAN", "TRANG_THAI", "MA_QG", "THU_TU", "LUC", "HEN_TRA")

Quirky = Callable[[str], bool]


def read(raw: bytes) -> list[dict[str, str]]:
    """Rows of a file."""
    text = raw.decode("utf-8-sig", "replace")
    return [
        {name: value or "" for name, value in row.items()} for row in csv.DictReader(io.StringIO(text), delimiter=";")
    ]


def write(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Make a file of rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def moment(at: datetime | None, *, quirky: Quirky) -> str:
    """To the minute."""
    return at.strftime("%m/%d/%Y %H:%M" if quirky("month-before-day") else "%d/%m/%Y %H:%M") if at else ""


def agency(code: str, *, quirky: Quirky) -> str:
    """Write an agency's code."""
    if quirky("agency-zeros-lost"):
        return ".".join(part.lstrip("0") or "0" for part in code.split("."))
    return code


def procedure(code: str, *, quirky: Quirky) -> str:
    """Write a procedure's code."""
    return code.rstrip("0") if quirky("procedure-as-number") else code


def dossier(of: Dossier, *, quirky: Quirky) -> dict[str, str]:
    """Write a dossier as officials see it; steps are parted by bars, their fields by commas."""
    number = of.number.lstrip("0") if quirky("identity-zero-lost") else of.number
    name = of.name.encode("cp1252", "replace").decode("cp1252") if quirky("question-marks") else of.name
    steps = (
        f"{step.seq},{step.event},{STATES[step.state]},{step.actor},{moment(step.at, quirky=quirky)}"
        for step in of.steps
    )
    return {
        "MA_HO_SO": of.code,
        "MA_TTHC": procedure(of.procedure, quirky=quirky),
        "CO_QUAN": agency(of.agency, quirky=quirky),
        "HO_TEN": name,
        "SO_GIAY_TO": "*" * (len(number) - 3) + number[-3:],
        "TRANG_THAI": STATES[of.state],
        "TIEP_NHAN": moment(of.received_at, quirky=quirky),
        "HEN_TRA": moment(of.due_at, quirky=quirky),
        "LE_PHI": str(of.fee),
        "DA_NOP": str(of.paid),
        "BUU_GUI": of.parcel,
        "QUA_TRINH": "|".join(steps),
    }


def news(of: News, *, quirky: Quirky) -> dict[str, str]:
    """Write one change."""
    return {
        "SO_TIN": str(of.number),
        "MA_HO_SO": of.code,
        "MA_TTHC": procedure(of.procedure, quirky=quirky),
        "CO_QUAN": agency(of.agency, quirky=quirky),
        "TRANG_THAI": STATES[of.state],
        "MA_QG": of.national,
        "THU_TU": str(of.seq),
        "LUC": moment(of.at, quirky=quirky),
        "HEN_TRA": moment(of.due_at, quirky=quirky),
    }
