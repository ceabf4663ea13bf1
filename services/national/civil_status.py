"""The ministry's civil-status system as one-stop systems reach it (apiHoTichTuPhap of the Quảng Bình guide).

The guide names columns (Trạng thái, Mô tả trạng thái, Giá trị, Mã lỗi, Mô tả lỗi) and not the answer's JSON: the names
of the fields here are assumed. So is how fast the ministry works; that it does, is by official time.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from lxml import etree
from starlette.requests import Request

from services.kit.clock import VIETNAM
from services.kit.edxml.parsing import parse
from services.kit.edxml.trouble import EdxmlError
from services.kit.kit import Kit
from services.kit.operations import Consumer, Operation
from services.kit.problems import decode
from services.national.shared_lists import SharedLists

AGENCY_ID, PROVINCE_ID, UNCOMPLETE, NOT_FOUND, DATA_TYPE, DATA = 106, 108, 200, 201, 302, 500
_ERRORS = {
    AGENCY_ID: "AGENCY_ID_INCORRECT - Mã đơn vị không chính xác",
    PROVINCE_ID: "PROVINCE_ID_INCORRECT - Mã tỉnh không chính xác",
    UNCOMPLETE: "RECORD_UNCOMPLETE - Hồ sơ chưa hoàn thành đăng ký",
    NOT_FOUND: "RECORD_NOT_FOUND - Hồ sơ không tồn tại, đề nghị xem lại số phiếu tiếp nhận",
    DATA_TYPE: "DATA_TYPE_INVALID - Loại dữ liệu danh mục không hợp lệ",
    DATA: "DATA_INCORRECT",
}
RECEIVED, WANTING, ELIGIBLE, REGISTERED = 1, 2, 3, 4
_STATES = {
    RECEIVED: "Đã tiếp nhận hồ sơ, chờ xử lý",
    ELIGIBLE: "Hồ sơ đủ điều kiện giải quyết",
    REGISTERED: "Đã hoàn thành đăng ký",
}
#: How long after it came a dossier is found eligible, and registered. Assumed: the same day, as the Law on Civil Status
#: (60/2014/QH13) asks of most registrations.
_ELIGIBLE_AFTER, _REGISTERED_AFTER = timedelta(hours=1), timedelta(hours=4)
#: Elements of the message that name a person by number. Assumed: the message's own description is not public.
_NAMES_A_PERSON = re.compile(r"(sodinhdanh|sogiaytotuythan)$", re.IGNORECASE)
#: loaiDanhMuc -> shared list (5, identity papers, is a list of this system's own).
_LISTS = {"1": "maquocgia", "2": "maquocgia", "3": "madantoc", "4": "donvihanhchinhcap1", "5": "giaytotuythan"}
_PAGE = 200  # entries to a register's book; assumed


class _Registration(msgspec.Struct, rename="camel"):
    ma_don_vi: str | int
    module: str
    ma_ho_so: str
    ngay_tiep_nhan: str
    data: str


class _Named(msgspec.Struct, rename="camel"):
    ma_don_vi: str | int
    ma_ho_so: str


class _Changed(msgspec.Struct, rename="camel"):
    module: str
    ngay_cap_nhat: str


class _One(msgspec.Struct, rename="camel"):
    module: str
    ma_ho_so: str | int


class _Several(msgspec.Struct, rename="camel"):
    module: str
    ds_ma_ho_so: list[str | int]
    ma_tinh: str | int = ""


class _List(msgspec.Struct, rename="camel"):
    loai_danh_muc: str | int


class CivilStatus:
    """`national.civil.*`."""

    def __init__(self, kit: Kit, lists: SharedLists) -> None:
        """Registrations are kept in the service's database; people are looked up in the population."""
        self._kit, self._lists = kit, lists
        self._units = {agency.unit for agency in kit.reference.agencies.values() if agency.unit}

    def operations(self) -> dict[str, Operation]:
        """By name, as the guide spells them."""
        return {
            "civil.dangKyHoTich": Operation(at_once=self._register),
            "civil.danhMuc": Operation(at_once=self._list),
            "civil.traTrangThaiHoSo": Operation(at_once=self._state),
            "civil.ketQuaDangKyHS": Operation(at_once=self._result),
            "civil.dsHoSoDangKy": Operation(at_once=self._changed),
            "civil.traHoSo": Operation(at_once=self._one),
            "civil.traDanhSachHoSo": Operation(at_once=self._several),
        }

    async def _register(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Registration = decode(await request.body(), _Registration)
        unit, received = str(asked.ma_don_vi), day(asked.ngay_tiep_nhan)
        if unit not in self._units:
            return failed(AGENCY_ID)
        mistakes = [] if received else [f"ngayTiepNhan “{asked.ngay_tiep_nhan[:20]}” không phải ngày"]
        mistakes += [f"{name} trống" for name in ("module", "maHoSo") if not _field(asked, name).strip()]
        numbers: list[str] = []
        try:
            numbers = _people(parse(asked.data.encode()))
        except EdxmlError as error:
            mistakes.append(f"data: {error}")
        if mistakes:
            return failed(DATA, "; ".join(mistakes))
        known = await self._kit.pool.fetch(
            "SELECT personal_number FROM person WHERE personal_number = ANY($1)", numbers
        )
        strangers = sorted(set(numbers) - {row["personal_number"] for row in known})
        try:
            stored = await self._kit.pool.fetchval(
                "INSERT INTO civil_registration (unit, number, module, received_on, data, wanting, at) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
                unit, asked.ma_ho_so, asked.module, received, asked.data, strangers, self._kit.clock.now(),
            )  # fmt: skip
        except asyncpg.DataError as error:
            return failed(DATA, str(error))
        if stored is None and not await self._is_repetition(unit, asked):
            return failed(DATA, f"maHoSo {asked.ma_ho_so} đã được gửi với nội dung khác")
        return done()

    async def _is_repetition(self, unit: str, asked: _Registration) -> bool:
        row = await self._row(unit, asked.ma_ho_so)
        return row is not None and (row["module"], row["data"]) == (asked.module, asked.data)

    async def _state(self, request: Request, _consumer: Consumer) -> Any:
        row = await self._found(request)
        if isinstance(row, dict):
            return row
        state = self._state_of(row)
        if state == WANTING:
            missing = ", ".join(row["wanting"])
            text = f"Hồ sơ cần bổ sung thông tin: số định danh {missing} không có trong CSDL quốc gia về dân cư"
            return {"trangThai": WANTING, "moTa": text, "giaTri": None}
        return {"trangThai": state, "moTa": _STATES[state], "giaTri": None}

    async def _result(self, request: Request, _consumer: Consumer) -> Any:
        row = await self._found(request)
        if isinstance(row, dict):
            return row
        return done([_entry(row)]) if self._state_of(row) == REGISTERED else failed(UNCOMPLETE)

    async def _found(self, request: Request) -> Any:
        """The registration asked for, or the failure to answer."""
        asked: _Named = decode(await request.body(), _Named)
        unit = str(asked.ma_don_vi)
        if unit not in self._units:
            return failed(AGENCY_ID)
        return await self._row(unit, asked.ma_ho_so) or failed(NOT_FOUND)

    async def _row(self, unit: str, number: str) -> Any:
        return await self._kit.pool.fetchrow(
            "SELECT * FROM civil_registration WHERE unit = $1 AND number = $2", unit, number
        )

    async def _changed(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Changed = decode(await request.body(), _Changed)
        wanted = day(asked.ngay_cap_nhat)
        if wanted is None:
            return failed(DATA, f"ngayCapNhat “{asked.ngay_cap_nhat[:20]}” không phải ngày")
        begin = datetime.combine(wanted, datetime.min.time(), tzinfo=VIETNAM)
        rows = await self._kit.pool.fetch(
            "SELECT id, unit FROM civil_registration WHERE module = $1 AND at >= $2 AND at < $3 ORDER BY id",
            asked.module, begin, begin + timedelta(days=1),
        )  # fmt: skip
        return done([{"id": str(row["id"]), "maDonVi": row["unit"]} for row in rows])

    async def _one(self, request: Request, _consumer: Consumer) -> Any:
        asked: _One = decode(await request.body(), _One)
        return await self._entries(asked.module, [asked.ma_ho_so])

    async def _several(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Several = decode(await request.body(), _Several)
        if str(asked.ma_tinh) not in {"", self._kit.reference.province.code}:
            return failed(PROVINCE_ID)
        return await self._entries(asked.module, asked.ds_ma_ho_so)

    async def _entries(self, module: str, wanted: list[str | int]) -> Any:
        identities = [int(one) for one in map(str, wanted) if one.isascii() and one.isdigit() and len(one) < 18]  # noqa: PLR2004 -- fits a bigint
        rows = await self._kit.pool.fetch(
            "SELECT * FROM civil_registration WHERE module = $1 AND id = ANY($2) ORDER BY id", module, identities
        )
        if len(rows) < len(set(map(str, wanted))) or not rows:
            return failed(NOT_FOUND)
        if any(self._state_of(row) != REGISTERED for row in rows):
            return failed(UNCOMPLETE)
        return done([_entry(row) for row in rows])

    async def _list(self, request: Request, _consumer: Consumer) -> Any:
        asked: _List = decode(await request.body(), _List)
        code = _LISTS.get(str(asked.loai_danh_muc))
        if code is None or code not in self._lists.lists:
            return failed(DATA_TYPE)
        return done(msgspec.json.encode(self._lists.lists[code].records).decode())  # a text of JSON, as the guide says

    def _state_of(self, row: Any) -> int:
        if row["wanting"]:
            return WANTING
        since = self._kit.clock.now() - row["at"]
        return REGISTERED if since >= _REGISTERED_AFTER else ELIGIBLE if since >= _ELIGIBLE_AFTER else RECEIVED


def done(value: Any = None) -> dict[str, Any]:
    """State 1: it worked."""
    return {"trangThai": 1, "moTa": "Giao dịch thành công", "giaTri": value}


def failed(code: int, detail: str = "") -> dict[str, Any]:
    """State 0 with the guide's error code."""
    text = f"{_ERRORS[code]}: {detail}" if detail else _ERRORS[code]
    return {"trangThai": 0, "moTa": "Đã có lỗi xảy ra trong quá trình gửi thông tin", "giaTri": None,
            "maLoi": code, "moTaLoi": text}  # fmt: skip


def day(text: str) -> date | None:
    """A day written dd/mm/yyyy or yyyy-mm-dd; the guide says only "Date"."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=VIETNAM).date()
        except ValueError:
            continue
    return None


def _field(asked: _Registration, name: str) -> str:
    return asked.module if name == "module" else asked.ma_ho_so


def _people(root: etree._Element) -> list[str]:
    """Numbers of the people that the message names."""
    return [
        (one.text or "").strip()
        for one in root.iter()
        if isinstance(one.tag, str) and _NAMES_A_PERSON.search(one.tag) and (one.text or "").strip()
    ]


def _entry(row: Any) -> dict[str, str]:
    """Where a registration stands in the books: number, book, page."""
    number = row["id"]
    return {
        "id": str(number),
        "so": str((number - 1) % _PAGE + 1),
        "quyenSo": f"{(number - 1) // _PAGE + 1:02d}/{row['received_on'].year}",
        "trangSo": str((number - 1) % _PAGE + 1),
        "maDonVi": row["unit"],
        "maHoSo": row["number"],
        "ngayDangKy": f"{(row['at'] + _REGISTERED_AFTER).astimezone(VIETNAM):%d/%m/%Y}",
    }
