"""Reference data of a province with two agencies and a handful of procedures, written by hand for tests of services.

Tests of one service may write further files into the same folder (a keystore, say) from a fixture of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from infra.reference import ADMINISTRATOR

DEPARTMENT = "000.00.12.H07"
COMMUNE = "000.01.32.H07"
OTHER_COMMUNE = "000.02.32.H07"
#: Citizens by personal number.
LAN, BINH, AGENT = "083190000001", "083085000002", "079080000003"
COMPANY = "1300000011"

INFORMATION, FORM, ONLINE, PAID, FREE, SAME_DAY = (
    "1.000001", "1.000002", "1.000003", "1.000004", "1.000005", "1.000006",
)  # fmt: skip


def _procedure(code: str, name: str, **more: Any) -> dict[str, Any]:
    plain = {
        "field": "Hộ tịch", "level": 3, "tier": "commune", "applicant": "person", "fee": 0, "deadline_hours": 16.0,
        "same_day": False, "needs_leader": True, "share_of_demand": 0.1, "sources": {},
    }  # fmt: skip
    return plain | {"code": code, "name": name} | more


PROCEDURES = [
    _procedure(INFORMATION, "Xác nhận thông tin hộ tịch", level=1),
    _procedure(FORM, "Đăng ký lại khai sinh", level=2, fee=8000),
    _procedure(ONLINE, "Đăng ký khai sinh", level=3, fee=8000),
    _procedure(
        PAID, "Cấp phép kinh doanh vận tải bằng xe ô tô", field="Đường bộ", level=4, tier="department",
        department=DEPARTMENT, applicant="company", fee=200_000, deadline_hours=40.0,
    ),
    _procedure(
        FREE, "Cấp phù hiệu xe nội bộ", field="Đường bộ", level=4, tier="department", department=DEPARTMENT,
        needs_leader=False,
    ),
    _procedure(SAME_DAY, "Chứng thực bản sao từ bản chính", field="Chứng thực", level=2, fee=2000, same_day=True,
               deadline_hours=0.0),
]  # fmt: skip

#: The nation's catalogue: one fee and one level differ, one procedure is missing and one is new.
NATIONAL_PROCEDURES = [
    *(procedure for procedure in PROCEDURES if procedure["code"] not in {INFORMATION, FORM, ONLINE}),
    _procedure(FORM, "Đăng ký lại khai sinh", level=3, fee=8000),
    _procedure(ONLINE, "Đăng ký khai sinh", level=3, fee=5000),
    _procedure("2.000099", "Liên thông khai sinh, thường trú, thẻ bảo hiểm y tế"),
]

#: What happens in life, and what it brings with it.
LIFE_EVENTS = [
    {"id": "birth", "applicant": "person", "name": "Có con nhỏ", "english": "Birth and small children",
     "procedures": [FORM, ONLINE]},
    {"id": "business-start", "applicant": "company", "name": "Khởi sự kinh doanh", "english": "Starting a business",
     "procedures": [PAID]},
]  # fmt: skip

AGENCIES = [
    {"code": DEPARTMENT, "name": "Sở Giao thông vận tải", "tier": "department", "installation": "tinh"},
    {"code": COMMUNE, "name": "UBND xã An Mẫu", "tier": "commune", "unit": "28999", "installation": "an-mau"},
    {"code": OTHER_COMMUNE, "name": "UBND xã Bình Mẫu", "tier": "commune", "unit": "28998", "installation": "an-mau"},
]


def account(role: str, agency: str) -> str:
    """Log-in name of the official with that role in that agency."""
    return f"{role}.{agency}.1"


STAFF = [
    {
        "account": account(role, agency["code"]),
        "name": f"{name} {agency['name']}",
        "agency": agency["code"],
        "role": role,
        "signs_digitally": role == "leader" and agency["code"] == DEPARTMENT,
    }
    for agency in AGENCIES
    for role, name in (
        ("reception_clerk", "Cán bộ một cửa"),
        ("specialist", "Chuyên viên"),
        ("leader", "Lãnh đạo"),
        ("document_clerk", "Văn thư"),
    )
] + [
    {"account": f"poller.{installation}", "role": "poller", "name": f"Máy {installation}", "agency": "",
     "installation": installation}
    for installation in ("tinh", "an-mau")
]  # fmt: skip

PEOPLE = {
    LAN: {"personal_number": LAN, "full_name": "Nguyễn Thị Lan", "sex": "female", "born": "1990-03-08",
          "commune": "28999", "insurance_card": "DN4830000000001"},
    BINH: {"personal_number": BINH, "full_name": "Trần Văn Bình", "sex": "male", "born": "1985-11-20",
           "commune": "28998", "insurance_card": ""},
    AGENT: {"personal_number": AGENT, "full_name": "Đỗ Hữu Đức", "sex": "male", "born": "1980-01-01",
            "commune": "", "insurance_card": "GD4790000000003"},
}  # fmt: skip

COMPANIES = {
    COMPANY: {"tax_code": COMPANY, "name": "Công ty TNHH Vận tải Mẫu", "director": BINH, "province_code": "83"}
}

CONTRACTS = [
    {"consumer": consumer, "provider": provider, "operation": operation}
    for consumer, provider, operation in (
        ("portal", "national", "population.verify"),
        ("portal", "national", "business.lookup"),
        ("portal", "national", "payment.create"),
        ("portal", "national", "procedures.list"),
        ("portal", "national", "procedures.get"),
        ("portal", "national", "payment.list"),
        ("portal", "national", "payment.refund"),
        ("portal", "national", "dvcqg.offer"),
        ("portal", "national", "dvcqg.lookup"),
        ("portal", "national", "dvcqg.numbered"),
        ("portal", "national", "dvcqg.questions"),
        ("portal", "national", "land.lookup"),
        ("portal", "national", "insurance.check"),
        ("portal", "national", "identity.register"),
        ("portal", "national", "identity.token"),
        ("portal", "national", "identity.keys"),
        ("portal", "onestop", "dossiers.submit"),
        ("portal", "onestop", "supplements.add"),
        ("portal", "onestop", "payments.add"),
        ("portal", "onestop", "dossiers.withdraw"),
        ("portal", "onestop", "results.paper"),
        ("portal", "onestop", "apologies.paper"),
        ("onestop", "portal", "dossiers.progress"),
        ("onestop", "portal", "dossiers.apology"),
        ("onestop", "portal", "attachments.list"),
        ("onestop", "portal", "attachments.get"),
        ("onestop", "office", "papers.seal"),
        ("onestop", "national", "dvcqg.dossiers"),
        ("onestop", "national", "dvcqg.progress"),
        ("onestop", "national", "post.parcels"),
        ("national", "onestop", "parcels.status"),
        ("national", "portal", "payments.notify"),
        ("national", "portal", "dossiers.receive"),
        ("office", "dochub", "envelopes.send"),
        ("office", "dochub", "envelopes.list"),
        ("office", "dochub", "envelopes.get"),
        ("office", "dochub", "envelopes.received"),
        ("office", "dochub", "statuses.send"),
        ("office", "dochub", "statuses.list"),
        ("office", "national", "signing.timestamp"),
        ("office", "national", "signing.revocations"),
        ("dochub", "office", "envelopes.push"),
        ("sector", "national", "population.verify"),
        ("sector", "national", "insurance.check"),
    )
]


def write(folder: Path) -> None:
    """Write the files of docs/reference-data.md but for keys and certificates."""
    files: dict[str, Any] = {
        "province.json": {"id": "mau_2018", "name": "Tỉnh Mẫu", "code": "83", "agency_code": "H07", "era": "2018"},
        "agencies.json": AGENCIES,
        "procedures.json": PROCEDURES,
        "national_procedures.json": NATIONAL_PROCEDURES,
        "life_events.json": LIFE_EVENTS,
        "staff.json": [*STAFF, ADMINISTRATOR],
        "sites.json": {
            "schools": [{"code": "83-001", "name": "Trường THCS An Mẫu", "kind": "thcs", "commune": "28999"}],
            "health": [{"code": "83-101", "name": "Trạm Y tế xã An Mẫu", "kind": "tram_y_te", "commune": "28999"}],
        },
        "contracts.json": CONTRACTS,
    }
    for name, content in files.items():
        (folder / name).write_bytes(msgspec.json.encode(content))
    for name, rows in (("people.csv", PEOPLE), ("companies.csv", COMPANIES)):
        lines = [",".join(next(iter(rows.values()))), *(",".join(row.values()) for row in rows.values())]
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")


def write_empty_registers(folder: Path) -> None:
    """Write the nation's registers of people and companies with nobody in them."""
    (folder / "people.csv").write_text("personal_number,full_name,sex,born,commune,insurance_card\n")
    (folder / "companies.csv").write_text("tax_code,name,director,province_code\n")
