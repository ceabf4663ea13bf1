"""Kinds of documents and the notation after their number: `15/UBND-VP`, `7/BC-SNV`.

Kinds and abbreviations after the list of administrative documents of Nghị định 30/2020/NĐ-CP and, before it, Thông tư
01/2011/TT-BNV; from memory, unverified [M]. Abbreviations of agencies are not in the province's data: they are derived
from the name (assumed).
"""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from functools import lru_cache

#: Kind -> abbreviation; an empty one is a letter, whose notation begins with the agency instead.
KINDS = {
    "Công văn": "",
    "Nghị quyết": "NQ",
    "Quyết định": "QĐ",
    "Chỉ thị": "CT",
    "Quy chế": "QC",
    "Quy định": "QyĐ",
    "Thông cáo": "TC",
    "Thông báo": "TB",
    "Hướng dẫn": "HD",
    "Chương trình": "CTr",
    "Kế hoạch": "KH",
    "Phương án": "PA",
    "Đề án": "ĐA",
    "Dự án": "DA",
    "Báo cáo": "BC",
    "Biên bản": "BB",
    "Tờ trình": "TTr",
    "Hợp đồng": "HĐ",
    "Công điện": "CĐ",
    "Bản ghi nhớ": "BGN",
    "Bản thỏa thuận": "BTT",
    "Giấy ủy quyền": "GUQ",
    "Giấy mời": "GM",
    "Giấy giới thiệu": "GGT",
    "Giấy nghỉ phép": "GNP",
    "Phiếu gửi": "PG",
    "Phiếu chuyển": "PC",
    "Phiếu báo": "PB",
    "Thư công": "",
}
_BY_FOLDED = {kind.casefold(): kind for kind in KINDS}
_DRAFTING_UNIT = "VP"  # văn phòng: the unit that drafts letters (assumed for every agency)
_LEFT_OUT = {"và", "các", "-"}
_PLACE_BEGINS = {"tỉnh", "thành", "huyện", "quận", "thị", "xã", "phường"}


def known_kind(name: str) -> str | None:
    """Return the kind as listed, whatever its letters' case; None for an unknown one."""
    return _BY_FOLDED.get(name.strip().casefold())


def nearest_kind(name: str) -> str:
    """Return the listed kind that looks most like `name`; empty when none does."""
    close = get_close_matches(name.strip().casefold(), _BY_FOLDED, n=1)
    return _BY_FOLDED[close[0]] if close else ""


def notation(kind: str, agency_name: str) -> str:
    """What follows the number: "BC-SNV" for a report, "SNV-VP" for a letter."""
    agency = abbreviation(agency_name)
    return f"{KINDS[kind]}-{agency}" if KINDS[kind] else f"{agency}-{_DRAFTING_UNIT}"


@lru_cache(maxsize=1024)
def abbreviation(agency_name: str) -> str:
    """First letters of an agency's name up to the name of its place: "Sở Giao thông vận tải" -> "SGTVT"."""
    letters = []
    for word in agency_name.replace(",", " ").split():
        if word in _PLACE_BEGINS:
            break
        if word in _LEFT_OUT:
            continue
        letters.append(word if len(word) > 1 and word.isupper() else _bare(word[0]).upper())
    return "".join(letters) or "CQ"


def _bare(letter: str) -> str:
    """Ủ -> U, but Đ stays: it is a letter of its own."""
    return unicodedata.normalize("NFD", letter)[0]
