"""The business register as the Quảng Bình guide shows it (apiCSDLDKDN): a company whole, and registration dossiers.

The population's companies carry tax code, name, director and province; fields it has nothing for are null. Dossiers
are derived from the companies, each with its day in the year, so that the same company always has the same one.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.clock import VIETNAM
from services.kit.kit import Kit
from services.kit.operations import Consumer, Operation

_OK, _FAILED = "1", "0"
_LONGEST = timedelta(days=5)  # between from_date and to_date: the guide's own rule
_MOST = 500  # records at a time; assumed
#: Three working days for registration (Law on Enterprises 59/2020/QH14, article 26; from memory [M]); days here.
_PROMISED = timedelta(days=3)
_KINDS = ("Đăng ký mới", "Đăng ký thay đổi", "Tạm ngừng", "Giải thể", "Hoạt động trở lại")
#: Out of 256: shares of the five kinds; assumed.
_KIND_BELOW = (140, 220, 236, 248, 256)
_OPENS, _MINUTES = time(7, 0), 600  # receptions between 7 and 17 o'clock
_COMPANY = """
    SELECT c.tax_code, c.name, c.province_code, c.director, p.full_name, p.commune
    FROM company AS c LEFT JOIN person AS p ON p.personal_number = c.director
"""


class _Dossier(msgspec.Struct, frozen=True):
    number: int
    kind: str
    at: datetime
    row: Any


class BusinessRegister:
    """`national.business.*` of the guide."""

    def __init__(self, kit: Kit) -> None:
        """Answer from the register of companies."""
        self._kit = kit
        self._places = {one.unit: one.name.removeprefix("UBND ") for one in kit.reference.agencies.values() if one.unit}

    def operations(self) -> dict[str, Operation]:
        """By name, as the guide spells them."""
        return {
            "business.chiTietDoanhNghiep": Operation(at_once=self._company),
            "business.danhSachHoSoTrongNgay": Operation(at_once=self._today),
            "business.danhSachHoSo": Operation(at_once=self._received),
            "business.tinhTrangHoSo": Operation(at_once=self._state),
        }

    async def _company(self, request: Request, _consumer: Consumer) -> Any:
        row = await self._kit.pool.fetchrow(f"{_COMPANY} WHERE c.tax_code = $1", request.query_params.get("msdn", ""))
        if row is None:
            return _failed("Không có doanh nghiệp với mã số này")
        founded = _dossier(row, self._kit.clock.now().year - 1).at
        return {
            "MainInformation": {
                "ENTERPRISE_ID": _identity(row), "ENTERPRISE_GDT_CODE": row["tax_code"], "IMP_BUSINESS_CODE": None,
                "ENTERPRISE_TYPE_ID": None, "ENTERPRISE_TYPE_NAME": None, "NAME": row["name"], "SHORT_NAME": None,
                "NAME_F": None, "FOUNDING_DATE": _written(founded), "LAST_AMEND_DATE": None, "NUMBER_CHANGES": 0,
                "ENTERPRISE_STATUS": "NNT đang hoạt động", "LEGAL_NAMES": row["full_name"], "CAPITAL_AMOUNT": None,
            },
            "HOAdress": {
                "CityID": int(row["province_code"]), "CityName": self._province(row), "DistrictID": None,
                "DistrictName": None, "WardID": int(row["commune"]) if (row["commune"] or "").isdigit() else None,
                "WardName": self._places.get(row["commune"]), "StreetNumber": None, "AddressFullText": None,
            },
            "BusinessActivity": [],
            "Member": [{"MEMBER_NAME": row["full_name"], "AMOUNT": None, "RATIO_PERCENT": None, "COUNTRY": "Việt Nam"}],
            "DataCount": 1, "Status": _OK, "Message": "success",
        }  # fmt: skip

    def _province(self, row: Any) -> str | None:
        own = self._kit.reference.province
        return own.name if row["province_code"] == own.code else None

    async def _today(self, request: Request, _consumer: Consumer) -> Any:
        try:
            since, until = (_clock(request, name) for name in ("from_ts", "to_ts"))
        except ValueError as error:
            return _failed(str(error))
        today = self._kit.clock.now().date()
        found = [one for one in await self._dossiers(today, today) if since <= one.at.time() <= until]
        return self._listed(request, found, ("PROCESSED_DATE",))

    async def _received(self, request: Request, _consumer: Consumer) -> Any:
        try:
            since, until = (_day(request, name) for name in ("from_date", "to_date"))
        except ValueError as error:
            return _failed(str(error))
        if not timedelta() <= until - since <= _LONGEST:
            return _failed("Khoảng thời gian giữa from_date và to_date tối đa 05 ngày")
        return self._listed(
            request, await self._dossiers(since, until), ("ENTERPRISE_CODE", "RECEIPT_DATE", "PLAN_DATE")
        )

    async def _state(self, request: Request, _consumer: Consumer) -> Any:
        wanted = request.query_params.get("in_journal_no", "")
        today = self._kit.clock.now().date()
        every = await self._dossiers(date(today.year, 1, 1), today)
        found = next((one for one in every if str(one.number) == wanted), None)
        if found is None:
            return _failed("Không có hồ sơ với mã này")
        more = {
            "ENTERPRISE_TYPE_ID": None,
            "REGISTRATION_DATE": _written(found.at + _PROMISED) if self._processed(found) else None,
            "SUPPLEMENT_DATE": None, "SUBMISSION_TYPE": "Trực tuyến", "CONTACT_FULL_NAME": found.row["full_name"],
            "CONTACT_ADDRESS": self._places.get(found.row["commune"]), "CONTACT_ID_NO": found.row["director"],
            "CONTACT_PHONE": None, "CONTACT_EMAIL": None,
        }  # fmt: skip
        plain = self._plain(found, ("ENTERPRISE_CODE", "RECEIPT_DATE", "PLAN_DATE"))
        return {"MainInformation": {**plain, **more}, "DataCount": 1, "Status": _OK, "Message": "success"}

    async def _dossiers(self, since: date, until: date) -> list[_Dossier]:
        """Received from one day to another, those that have come by now, by the moment they came."""
        now = self._kit.clock.now()
        rows = await self._kit.pool.fetch(_COMPANY)
        every = (_dossier(row, year) for year in range(since.year, until.year + 1) for row in rows)
        found = [one for one in every if since <= one.at.date() <= until and one.at <= now]
        return sorted(found, key=lambda one: (one.at, one.number))

    def _processed(self, one: _Dossier) -> bool:
        return self._kit.clock.now() >= one.at + _PROMISED

    def _listed(self, request: Request, found: list[_Dossier], more: tuple[str, ...]) -> Any:
        try:
            offset, limit = (_whole(request, name, least) for name, least in (("offset", 0), ("limit", _MOST)))
        except ValueError as error:
            return _failed(str(error))
        page = found[offset : offset + min(limit, _MOST)]
        listed = [self._plain(one, more) for one in page]
        return {"MainInformation": listed, "DataCount": len(found), "Status": _OK, "Message": "success"}

    def _plain(self, one: _Dossier, more: tuple[str, ...]) -> dict[str, Any]:
        processed = self._processed(one)
        fields: dict[str, Any] = {
            "ENTERPRISE_CODE": str(_identity(one.row)),
            "RECEIPT_DATE": _written(one.at),
            "PLAN_DATE": _written(one.at + _PROMISED),
            "PROCESSED_DATE": _written(one.at + _PROMISED if processed else one.at),
        }
        return {
            "IN_JOURNAL_NO": one.number, "DOCUMENT_TYPE": one.kind, "ENTERPRISE_GDT_CODE": one.row["tax_code"],
            "NAME": one.row["name"], "SITE_ID": int(one.row["province_code"]),
            "PROCESS_STATUS": "Đã cấp" if processed else "Đang xử lý", **{name: fields[name] for name in more},
        }  # fmt: skip


def _drawn(row: Any) -> bytes:
    return hashlib.sha256(f"business|{row['tax_code']}".encode()).digest()


def _identity(row: Any) -> int:
    return int.from_bytes(_drawn(row)[:4])


def _dossier(row: Any, year: int) -> _Dossier:
    """The one dossier of a company in a year."""
    drawn = _drawn(row)
    first = datetime.combine(date(year, 1, 1), _OPENS, tzinfo=VIETNAM)
    at = first + timedelta(days=int.from_bytes(drawn[4:6]) % 365, minutes=int.from_bytes(drawn[6:8]) % _MINUTES)
    kind = next(name for name, below in zip(_KINDS, _KIND_BELOW, strict=True) if drawn[8] < below)
    return _Dossier(year * 10**10 + _identity(row), kind, at, row)


def _written(at: datetime) -> str:
    return f"{at:%d/%m/%Y}"


def _day(request: Request, name: str) -> date:
    given = request.query_params.get(name, "")
    try:
        return datetime.strptime(given, "%d/%m/%Y").replace(tzinfo=VIETNAM).date()
    except ValueError as error:
        raise ValueError(f"{name} là “{given[:20]}”; cần dd/MM/yyyy") from error


def _clock(request: Request, name: str) -> time:
    given = request.query_params.get(name, "")
    try:
        return time.fromisoformat(given)
    except ValueError as error:
        raise ValueError(f"{name} là “{given[:20]}”; cần HH:mm") from error


def _whole(request: Request, name: str, usual: int) -> int:
    given = request.query_params.get(name, str(usual))
    if not (given.isascii() and given.isdigit() and len(given) <= 9):  # noqa: PLR2004
        raise ValueError(f"{name} là “{given[:20]}”; cần một số nguyên không âm")
    return int(given)


def _failed(message: str) -> dict[str, Any]:
    return {"MainInformation": None, "DataCount": 0, "Status": _FAILED, "Message": message}
