"""The shared code lists as the national side is placed with them: fixtures/ndxp/shared_lists.toml, and the province."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from simulation.province import Province

_FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
_PLAIN = (("Ma", "Mã"), ("Ten", "Tên"))
#: Fields of the one list that the guide spells out.
_AGENCY = (
    ("MaDinhDanh", "Mã định danh"), ("TenDonVi", "Tên đơn vị"), ("DiaChi", "Địa chỉ"), ("Email", "Email"),
    ("SoDienThoai", "Số điện thoại"), ("Fax", "Fax"), ("Website", "Website"),
    ("QdBanHanhQdSuaDoi", "QĐ ban hành/ QĐ sửa đổi"), ("NgayBanHanhQd", "Ngày ban hành QĐ"),
    ("CoQuanBanHanhQd", "Cơ quan ban hành QĐ"),
)  # fmt: skip
#: Level of an agency's code (QCVN 102:2016): the province itself, departments and districts, communes.
_LEVELS = {"1": ("province",), "2": ("department", "district"), "3": ("commune",), "4": ()}


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    title: str
    fill: str = ""  #: agencies or units of a level, from the province
    names: str = ""  #: numbered 01, 02, …
    records: tuple[tuple[str, str], ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    list: tuple[_List, ...]
    empty: dict[str, str]


def of(province: Province) -> dict[str, Any]:
    """Every list by its code: title, properties, records."""
    text = (_FIXTURES / "ndxp" / "shared_lists.toml").read_text("utf-8")
    file = msgspec.convert(tomllib.loads(text), _File)
    lists = {one.code: _filled(one, province) for one in file.list}
    return {**lists, **{code: _shape(title, _PLAIN, []) for code, title in file.empty.items()}}


def _filled(one: _List, province: Province) -> dict[str, Any]:
    what, _, level = one.fill.partition(":")
    if what == "agencies":
        fields = ((f"MaDinhDanhCap{level}", f"Mã định danh cấp {level}"), *_AGENCY[1:])
        tiers = _LEVELS[level]
        return _shape(one.title, fields, [(one.code, one.name) for one in province.agencies if one.tier in tiers])
    if what == "units":
        return _shape(one.title, _PLAIN, _units(level, province))
    names = [name.strip() for name in one.names.replace("\n", " ").split(",")] if one.names else []
    rows = [*one.records, *((f"{number:02d}", name) for number, name in enumerate(names, 1))]
    return _shape(one.title, _PLAIN, rows)


def _units(level: str, province: Province) -> list[tuple[str, str]]:
    if level == "2":
        return [(one.code, one.name) for one in province.districts]
    if level == "3":
        return [(one.code, one.name) for one in province.communes]
    file, name = ("units-2026.csv", "full_name") if province.era == "2026" else ("province-codes-2018.csv", "name")
    with (_FIXTURES / "admin-units" / file).open(encoding="utf-8", newline="") as lines:
        return [(row["code"], row[name]) for row in csv.DictReader(lines) if row.get("level", "province") == "province"]


def _shape(title: str, fields: tuple[tuple[str, str], ...], rows: list[tuple[str, str]]) -> dict[str, Any]:
    kinds = {"NgayBanHanhQd": "DateTime"}
    properties = [
        {"PropertyCode": code, "PropertyName": name, "PropertyType": kinds.get(code, "String")} for code, name in fields
    ]
    codes = [code for code, _ in fields]
    records = [dict(zip(codes, (*row, *[None] * (len(codes) - len(row))), strict=True)) for row in rows]
    return {"title": title, "properties": properties, "records": records}
