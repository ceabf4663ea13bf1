"""What further registers know about an applicant, for the fields that ask for it (SYS-DB-INSURANCE, SYS-DB-LAND)."""

from __future__ import annotations

import structlog

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.reference import Procedure
from services.portal.electronic_forms import Known

log = structlog.get_logger()
_INSURANCE_FIELDS = frozenset({"Bảo hiểm xã hội", "Y tế"})
_LAND_FIELDS = frozenset({"Đất đai", "Xây dựng", "Môi trường"})


async def known_more(kit: Kit, procedure: Procedure, account: str) -> list[Known]:
    """Ask the registers that the procedure's field calls for. One out of reach costs its rows only."""
    rows: list[Known] = []
    try:
        if procedure.field in _INSURANCE_FIELDS:
            rows += await _insurance(kit, account)
        if procedure.field in _LAND_FIELDS:
            rows += await _land(kit, account)
    except Problem as problem:
        log.warning("register-out-of-reach", field=procedure.field, error=problem.title)
    return rows


async def _insurance(kit: Kit, account: str) -> list[Known]:
    answer = await kit.lgsp.ask(
        "national", "insurance.check", query={"personal_number": account}, purpose="fill-in-form"
    )
    card = answer.json().get("card") if answer.good else None
    return [Known("insurance_card", Text("Số thẻ bảo hiểm y tế", "Health insurance card"), str(card))] if card else []


async def _land(kit: Kit, account: str) -> list[Known]:
    answer = await kit.lgsp.ask("national", "land.lookup", query={"personal_number": account}, purpose="fill-in-form")
    parcel = answer.json().get("parcel") if answer.good else None
    if not parcel:
        return []
    return [
        Known(
            "land_certificate",
            Text("Giấy chứng nhận quyền sử dụng đất", "Certificate of land use"),
            str(parcel["certificate"]),
        ),
        Known(
            "land_parcel",
            Text("Tờ bản đồ, thửa", "Map sheet and parcel"),
            Text(
                f"tờ {parcel['sheet']}, thửa {parcel['number']}", f"sheet {parcel['sheet']}, parcel {parcel['number']}"
            ),
        ),
        Known("land_area", Text("Diện tích", "Area"), f"{parcel['area_m2']} m²"),
    ]
