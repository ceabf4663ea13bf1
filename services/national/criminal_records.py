"""The shared criminal-records system as one-stop systems reach it (apiLyLichTuPhap of the Quảng Bình guide)."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.clock import VIETNAM
from services.kit.kit import Kit
from services.kit.operations import Consumer, Operation
from services.kit.problems import decode
from services.national.civil_status import day
from services.national.shared_lists import SharedLists

OK, WRONG, UNKNOWN = "1", "0", "404"  # STATUS: the guide gives no values; assumed
RECEIVED, IN_WORK, ISSUED = 3, 4, 5
_NAMES = {RECEIVED: "STP đã tiếp nhận", IN_WORK: "Đang xử lý", ISSUED: "Đã có phiếu"}
#: Ten days at most: Law on Criminal Records 28/2009/QH12, article 48 (from memory, unverified [M]). Work begins the
#: next day: assumed.
_IN_WORK_AFTER, _ISSUED_AFTER = timedelta(days=1), timedelta(days=10)

#: Fields that the guide's appendix marks "Bắt buộc", with those that are numbers.
_WANTED = {
    "fullName": str, "genderId": int, "birthDateStr": str, "nationalityId": int, "idTypeId": int, "identifyNo": str,
    "phone": str, "declareDate": str, "declareTypeId": int, "requestQty": int, "objectRequestId": int, "formType": int,
}  # fmt: skip
_RESIDENCE = ("fromDateStr", "toDateStr", "residencePlace")
#: Values that the appendix lists.
_CHOICES = {
    "genderId": {0, 1}, "idTypeId": {0, 1, 2, 3}, "declareTypeId": {3844, 3845, 3846, 3847},
    "objectRequestId": {71, 72, 73, 74}, "formType": {1, 2}, "isBanPosition": {0, 1}, "delivery": {0, 1},
}  # fmt: skip
_AGENT = 3845  # declareTypeId of a request through somebody else
_DAY = re.compile(r"(\d{2}/)?\d{2}/\d{4}|\d{4}")  # DD/MM/YYYY, MM/YYYY or YYYY
_BORN_BY_CARD = {1, 3}  # idTypeId of the two cards that carry a personal number
_LISTS = {"1": "donvihanhchinhcap3", "2": "maquocgia", "3": "madantoc", "4": "qlvanbandieuhanhcap2",
          "5": "qlvanbandieuhanhcap1"}  # fmt: skip


class _Request(msgspec.Struct):
    """Body of nhanHoSoDangKy."""

    id_ministry_justice: str = msgspec.field(name="idMinistryJustice")
    id_received_dec: str = msgspec.field(name="idReceivedDec")
    date_received_dec: str = msgspec.field(name="dateReceivedDec")
    date_promissory_dec: str = msgspec.field(name="datePromissoryDec")
    declaration: dict[str, Any] = msgspec.field(name="declarationWSForm")
    residence: list[dict[str, Any]] = msgspec.field(name="residenceWSForm", default_factory=list)
    mandator: dict[str, Any] = msgspec.field(name="mandatorWSForm", default_factory=dict)
    id_money_receipt: str = msgspec.field(name="idMoneyReceipt", default="")


class _Asked(msgspec.Struct, rename="camel"):
    info_type: str
    id_received_dec: str = ""
    identify_no: str = ""


class _Mark(msgspec.Struct, rename="camel"):
    declaration_id: str
    info_type: str


class CriminalRecords:
    """`national.criminal.*`."""

    def __init__(self, kit: Kit, lists: SharedLists) -> None:
        """Requests are kept in the service's database; applicants must be in the population."""
        self._kit, self._lists = kit, lists

    def operations(self) -> dict[str, Operation]:
        """By name, as the guide spells them."""
        return {
            "criminal.nhanHoSoDangKy": Operation(at_once=self._take),
            "criminal.traTrangThaiHs": Operation(at_once=self._state),
            "criminal.traHoSo": Operation(at_once=self._requests),
            "criminal.traDanhMuc": Operation(at_once=self._list),
            "criminal.danhDauHsThanhCong": Operation(at_once=self._mark),
            "criminal.traDsTrangThaiHs": Operation(at_once=self._states),
        }

    async def _take(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Request = decode(await request.body(), _Request)
        wrong = mistakes(asked.declaration, asked.residence, asked.mandator)
        wrong += [
            f"{name}: cần dd/mm/yyyy"
            for name, text in (
                ("dateReceivedDec", asked.date_received_dec), ("datePromissoryDec", asked.date_promissory_dec),
            )
            if day(text) is None
        ]  # fmt: skip
        if not wrong and asked.declaration["idTypeId"] in _BORN_BY_CARD:
            wrong += await self._stranger(asked.declaration)
        if wrong:
            return {"STATUS": WRONG, "DESCRIPTION": "; ".join(wrong), "ID": None}
        content = msgspec.json.encode(asked).decode()
        identity = await self._kit.pool.fetchval(
            "INSERT INTO criminal_record_request (id, number, unit, asked, at) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (number) DO NOTHING RETURNING id",
            secrets.token_hex(12), asked.id_received_dec, asked.id_ministry_justice, content, self._kit.clock.now(),
        )  # fmt: skip
        if identity is None:
            row = await self._row(asked.id_received_dec)
            if row["asked"] != content:
                text = f"idReceivedDec {asked.id_received_dec} đã dùng cho hồ sơ khác"
                return {"STATUS": WRONG, "DESCRIPTION": text, "ID": None}
            identity = row["id"]
        return {"STATUS": OK, "DESCRIPTION": "", "ID": identity}

    async def _stranger(self, declaration: dict[str, Any]) -> list[str]:
        name = await self._kit.pool.fetchval(
            "SELECT full_name FROM person WHERE personal_number = $1", declaration["identifyNo"]
        )
        if name is None:
            return [f"identifyNo: {declaration['identifyNo'][:20]} không có trong CSDL quốc gia về dân cư"]
        return [] if name == declaration["fullName"] else ["fullName: không khớp với số giấy tờ"]

    async def _row(self, number: str) -> Any:
        return await self._kit.pool.fetchrow("SELECT * FROM criminal_record_request WHERE number = $1", number)

    async def _state(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Asked = decode(await request.body(), _Asked)
        row = await self._row(asked.id_received_dec) if asked.info_type == "2" else None
        if row is None:
            return {"STATUS": UNKNOWN, "DESCRIPTION": f"Không có hồ sơ “{asked.id_received_dec[:60]}”"}
        told = self._told(row)
        return {"STATUS": OK, "DESCRIPTION": "", **told}

    async def _states(self, request: Request, _consumer: Consumer) -> Any:
        """Requests whose state has changed since the one-stop marked it as fetched."""
        asked: _Asked = decode(await request.body(), _Asked)
        rows = await self._kit.pool.fetch("SELECT * FROM criminal_record_request ORDER BY at, id")
        changed = [row for row in rows if self._state_of(row) != row["told"]] if asked.info_type == "2" else []
        listed = [{"DECLARATION_ID": row["id"], **self._told(row), "RECEIVE_NO": row["number"]} for row in changed]
        return {"STATUS": OK, "DESCRIPTION": "", "LISTCONTENT": listed}

    async def _mark(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Mark = decode(await request.body(), _Mark)
        wanted = [one.strip() for one in asked.declaration_id.split(";") if one.strip()]
        rows = await self._kit.pool.fetch("SELECT * FROM criminal_record_request WHERE id = ANY($1)", wanted)
        strangers = sorted(set(wanted) - {row["id"] for row in rows})
        if strangers or not wanted or asked.info_type not in {"1", "2", "3"}:
            text = (
                f"Không có hồ sơ {', '.join(strangers)}" if strangers else "Cần declarationId và infoType 1, 2 hoặc 3"
            )
            return {"STATUS": WRONG, "DESCRIPTION": text}
        if asked.info_type == "2":
            marks = [(row["id"], self._state_of(row)) for row in rows]
            await self._kit.pool.executemany("UPDATE criminal_record_request SET told = $2 WHERE id = $1", marks)
        else:
            await self._kit.pool.execute("UPDATE criminal_record_request SET fetched = true WHERE id = ANY($1)", wanted)
        return {"STATUS": OK, "DESCRIPTION": ""}

    async def _requests(self, request: Request, _consumer: Consumer) -> Any:
        """Requests that were handed in at a one-stop and not marked as fetched; online ones are not simulated."""
        asked: _Asked = decode(await request.body(), _Asked)
        rows = await self._kit.pool.fetch(
            "SELECT * FROM criminal_record_request WHERE NOT fetched AND $1 ORDER BY at, id", asked.info_type == "2"
        )
        return [self._returned(row) for row in rows]

    def _returned(self, row: Any) -> dict[str, Any]:
        asked = msgspec.json.decode(row["asked"], type=_Request)
        told = self._told(row)
        declaration = {
            **asked.declaration,
            "declarationId": row["id"],
            "receiveDate": asked.date_received_dec,
            "appointmentDate": asked.date_promissory_dec,
            "issueDate": told["ISSUE_DATE"],
            "decStatusId": told["DEC_STATUS_ID"],
            "decStatusName": told["DEC_STATUS_NAME"],
        }
        return {"declarationTraHoSoForm": declaration, "residenceWSForm": asked.residence,
                "mandatorWSForm": asked.mandator}  # fmt: skip

    async def _list(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Asked = decode(await request.body(), _Asked)
        known = self._lists.lists.get(_LISTS.get(asked.info_type, ""))
        if known is None:
            return []
        name = known.properties[1].PropertyCode
        return [{"ID": record[known.key], "NAME": record[name]} for record in known.records]

    def _told(self, row: Any) -> dict[str, Any]:
        state = self._state_of(row)
        issued = _written(row["at"] + _ISSUED_AFTER) if state == ISSUED else None
        return {"DEC_STATUS_ID": state, "DEC_STATUS_NAME": _NAMES[state], "APPROVE_DATE": issued, "ISSUE_DATE": issued}

    def _state_of(self, row: Any) -> int:
        since = self._kit.clock.now() - row["at"]
        return ISSUED if since >= _ISSUED_AFTER else IN_WORK if since >= _IN_WORK_AFTER else RECEIVED


def mistakes(declaration: dict[str, Any], residence: list[dict[str, Any]], mandator: dict[str, Any]) -> list[str]:
    """Everything by which a request departs from the guide's appendix."""
    wrong = []
    for name, kind in _WANTED.items():
        value = declaration.get(name)
        if value is None or value == "":
            wrong.append(f"{name}: bắt buộc")
        elif kind is int and (not isinstance(value, int) or isinstance(value, bool)):
            wrong.append(f"{name}: cần một số")
        elif kind is str and not isinstance(value, str):
            wrong.append(f"{name}: cần một chuỗi")
    for name, allowed in _CHOICES.items():
        value = declaration.get(name)
        if isinstance(value, int) and value not in allowed:
            wrong.append(f"{name}: {value} không có trong danh sách {sorted(allowed)}")
    wrong += [
        f"{name}: cần DD/MM/YYYY, MM/YYYY hoặc YYYY"
        for name in ("birthDateStr", "dadDob", "momDob", "partnerDob")
        if isinstance(declaration.get(name), str) and declaration[name] and not _DAY.fullmatch(declaration[name])
    ]
    wrong += [
        f"residenceWSForm[{number}].{name}: bắt buộc"
        for number, one in enumerate(residence)
        for name in _RESIDENCE
        if not one.get(name)
    ]
    if declaration.get("declareTypeId") == _AGENT and not mandator.get("fullName"):
        wrong.append("mandatorWSForm.fullName: bắt buộc khi ủy quyền")
    return wrong


def _written(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y}"
