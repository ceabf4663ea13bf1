"""Look-ups of the social insurance's household register (apiBHXH of the Quảng Bình guide), over the population."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit
from services.kit.operations import Consumer, Operation
from services.kit.problems import decode

#: The last ten characters of a health insurance card are the social insurance number (Decision 595/QĐ-BHXH; from
#: memory [M]).
_DIGITS = 10
_KNOWN, _UNKNOWN = "1", "0"  # trangThai: the guide gives no values; assumed
_NOT_FOUND, _NOT_ONE, _INCOMPLETE = "404", "409", "400"  # errorCode: likewise
_SEX = {"male": "1", "female": "2"}
_FULL, _YEAR, _MONTH = "0", "1", "2"  # loaiNgaySinh
_INDEXES = (
    f"CREATE INDEX IF NOT EXISTS person_insurance ON person (right(insurance_card, {_DIGITS}))",
    "CREATE INDEX IF NOT EXISTS person_name ON person (full_name, born)",
)
_PERSON = f"full_name, sex, born, commune, right(insurance_card, {_DIGITS}) AS number"
_BY_CRITERIA = f"""
    SELECT {_PERSON} FROM person
    WHERE full_name = $1 AND ($3 = '' OR sex = $3) AND ($4 = '' OR commune = $4) AND insurance_card <> ''
      AND born BETWEEN to_date(rpad($2, 8, '0101'), 'YYYYMMDD')
                   AND CASE length($2) WHEN 8 THEN to_date($2, 'YYYYMMDD')
                       WHEN 6 THEN (to_date($2 || '01', 'YYYYMMDD') + interval '1 month - 1 day')::date
                       ELSE to_date($2 || '1231', 'YYYYMMDD') END
    ORDER BY born, number LIMIT 2
"""  # noqa: S608 -- our own columns
_LENGTHS = {_FULL: 8, _YEAR: 4, _MONTH: 6}


class _Number(msgspec.Struct, rename="camel"):
    ma_so_bhxh: str


class _Criteria(msgspec.Struct, rename="camel"):
    ho_ten: str
    ngay_sinh: str
    loai_ngay_sinh: str = _FULL
    gioi_tinh: str = ""
    ma_tinh_ks: str = ""
    ma_huyen_ks: str = ""
    ma_xa_ks: str = ""
    is_ks: str = "0"


class _Household(msgspec.Struct, rename="camel"):
    ma_tinh: str = ""
    ho_ten: str = ""
    ngay_sinh: str = ""
    loai_ngay_sinh: str = _FULL
    gioi_tinh: str = ""
    so_so: str = ""
    ma_the: str = ""
    is_ks: str = "0"


class SocialInsurance:
    """`national.insurance.get…`."""

    def __init__(self, kit: Kit) -> None:
        """Indexes are made when somebody first asks, so that a province without such traffic starts faster."""
        self._kit = kit
        self._indexed = False
        self._making = asyncio.Lock()
        self._places = {one.unit: one.name.removeprefix("UBND ") for one in kit.reference.agencies.values() if one.unit}

    def operations(self) -> dict[str, Operation]:
        """By name, as the guide spells them."""
        return {
            "insurance.getTraCuuTtHgdByMaSoBhxh": Operation(at_once=self._by_number),
            "insurance.getMaSoBhxhTheoTieuChi": Operation(at_once=self._number),
            "insurance.getTraCuuThongTinHgd": Operation(at_once=self._household),
        }

    async def _by_number(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Number = decode(await request.body(), _Number)
        row = await self._with_number(asked.ma_so_bhxh)
        if row is None:
            return {"trangThai": _UNKNOWN}
        return {
            "hoTen": row["full_name"], "soSoCu": row["number"], **self._born(row), "maTinhKs": self._province(),
            "maHuyenKs": None, "maXaKs": row["commune"], "trangThai": _KNOWN,
        }  # fmt: skip

    async def _number(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Criteria = decode(await request.body(), _Criteria)
        if not _dated(asked.ngay_sinh, asked.loai_ngay_sinh) or not asked.ho_ten:
            return {"maSoBhxh": None, "trangThai": _UNKNOWN, "errorCode": _INCOMPLETE}
        rows = []
        if asked.ma_tinh_ks in {"", self._province()}:
            rows = await self._by_criteria(asked.ho_ten, asked.ngay_sinh, asked.gioi_tinh, asked.ma_xa_ks)
        if len(rows) != 1:  # several people: none is named
            return {"maSoBhxh": None, "trangThai": _UNKNOWN, "errorCode": _NOT_ONE if rows else _NOT_FOUND}
        return {"maSoBhxh": rows[0]["number"], "trangThai": _KNOWN, "errorCode": ""}

    async def _household(self, request: Request, _consumer: Consumer) -> Any:
        asked: _Household = decode(await request.body(), _Household)
        number = asked.so_so or asked.ma_the[-_DIGITS:]
        rows: list[Any] = []
        if number:
            row = await self._with_number(number)
            rows = [row] if row and asked.ho_ten in {"", row["full_name"]} else []
        elif asked.ho_ten and _dated(asked.ngay_sinh, asked.loai_ngay_sinh):
            rows = await self._by_criteria(asked.ho_ten, asked.ngay_sinh, asked.gioi_tinh, "")
        return [
            {
                "maSo": row["number"], "hoTen": row["full_name"], **self._born(row),
                "maHo": None,  # the population's registers do not carry households
                "diaChi": self._places.get(row["commune"], ""), "trangThai": _KNOWN,
            }
            for row in rows
        ]  # fmt: skip

    async def _with_number(self, number: str) -> Any:
        await self._ready()
        return await self._kit.pool.fetchrow(
            f"SELECT {_PERSON} FROM person WHERE right(insurance_card, {_DIGITS}) = $1 AND insurance_card <> ''",  # noqa: S608
            number,
        )

    async def _by_criteria(self, name: str, born: str, sex: str, commune: str) -> list[Any]:
        await self._ready()
        wanted = {told: ours for ours, told in _SEX.items()}.get(sex, "")
        return await self._kit.pool.fetch(_BY_CRITERIA, name, born, wanted, commune)  # type: ignore[no-any-return]

    async def _ready(self) -> None:
        async with self._making:
            if not self._indexed:
                for statement in _INDEXES:
                    await self._kit.pool.execute(statement, timeout=120)
                self._indexed = True

    def _province(self) -> str:
        return self._kit.reference.province.code

    @staticmethod
    def _born(row: Any) -> dict[str, str]:
        return {"ngaySinh": f"{row['born']:%Y%m%d}", "loaiNgaySinh": _FULL, "gioiTinh": _SEX.get(row["sex"], "3")}


def _dated(born: str, kind: str) -> bool:
    """Whether a date of birth is written as its kind says, and is one."""
    if len(born) != _LENGTHS.get(kind) or not (born.isascii() and born.isdigit()):
        return False
    try:
        date.fromisoformat((born + "0101")[:8])
    except ValueError:
        return False
    return True
