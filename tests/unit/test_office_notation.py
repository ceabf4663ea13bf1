"""Numbers of documents: what follows the number."""

from __future__ import annotations

import pytest

from services.office.notation import abbreviation, known_kind, nearest_kind, notation


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Sở Nội vụ", "SNV"),
        ("Sở Tài nguyên và Môi trường", "STNMT"),
        ("Sở Lao động - Thương binh và Xã hội", "SLĐTBXH"),
        ("Ủy ban nhân dân xã Thới Thạnh", "UBND"),
        ("UBND thành phố Bến Tre", "UBND"),
        ("Văn phòng Ủy ban nhân dân tỉnh Bến Tre", "VPUBND"),
        ("", "CQ"),
    ],
)
def test_an_agency_is_abbreviated_as_officials_do(name: str, short: str) -> None:
    """First letters without tone marks, đ kept, the place left out."""
    assert abbreviation(name) == short


def test_letters_and_reports_have_different_notations() -> None:
    """A letter begins with the agency, everything else with its kind."""
    assert notation("Công văn", "Ủy ban nhân dân xã Thới Thạnh") == "UBND-VP"
    assert notation("Báo cáo", "Sở Nội vụ") == "BC-SNV"


def test_kinds_are_found_however_they_are_written() -> None:
    """Case does not matter; a misspelt one gets the nearest name."""
    assert known_kind(" tờ trình ") == "Tờ trình"
    assert known_kind("Tờ chình") is None
    assert nearest_kind("Tờ chình") == "Tờ trình"
    assert nearest_kind("xyz") == ""
