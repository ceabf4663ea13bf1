"""The catalogue of 2018: enough real procedures, every number with its source."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from simulation.province import Province
from simulation.province_files import load

CATALOGUE = Path(__file__).resolve().parents[2] / "fixtures" / "procedures" / "2018.toml"


@pytest.fixture(scope="module")
def province() -> Province:
    """A province that offers the whole catalogue."""
    return load("ben_tre_2018")


def test_it_holds_at_least_sixty_procedures_of_every_level(province: Province) -> None:
    """SYS-LEVELS: all four levels are there, level 4 the rarest, and codes are unique."""
    levels = Counter(procedure.level for procedure in province.procedures)

    assert len(province.procedures) >= 60
    assert set(levels) == {1, 2, 3, 4}
    assert min(levels, key=lambda level: levels[level]) == 4
    assert len({procedure.code for procedure in province.procedures}) == len(province.procedures)


def test_every_number_has_a_source(province: Province) -> None:
    """Code, level, fee, deadline and share each name a document, a figure's id, or an assumption."""
    for procedure in province.procedures:
        assert set(procedure.sources) == {"code", "level", "fee", "deadline_hours", "share_of_demand"}
        assert all(len(source) > 10 for source in procedure.sources.values()), procedure.code


def test_codes_from_memory_say_so(province: Province) -> None:
    """A code is either seen in public copies of the national catalogue or marked as unverified."""
    marks = {procedure.sources["code"].split("(")[0].strip() for procedure in province.procedures}

    assert marks == {"code: seen in public copies of the national catalogue of procedures", "code: unverified"}


def test_shares_of_demand_add_up_and_communes_dominate(province: Province) -> None:
    """Certification and civil status at the communes are most of what is asked for."""
    total = sum(procedure.share_of_demand for procedure in province.procedures)
    commune = sum(
        procedure.share_of_demand
        for procedure in province.procedures
        if procedure.tier == "commune" and procedure.field in {"Chứng thực", "Hộ tịch"}
    )

    assert total == pytest.approx(1.0, abs=1e-6)
    assert commune > 0.5


def test_birth_and_marriage_are_at_level_three_in_communes(province: Province) -> None:
    """FIG-BT-THANHPHU: both are received by communes at level 3, and the source says for whom that was published."""
    by_code = {procedure.code: procedure for procedure in province.procedures}

    for code in ("1.001193", "1.000894"):
        assert (by_code[code].tier, by_code[code].level) == ("commune", 3)
        assert "Thạnh Phú" in by_code[code].sources["level"]


def test_fees_can_be_paid_online(province: Province) -> None:
    """SYS-PAY: several level 4 procedures ask for a fee, so that online payment occurs."""
    paid = [procedure for procedure in province.procedures if procedure.level == 4 and procedure.fee > 0]

    assert len(paid) >= 3
    assert all(procedure.tier == "department" for procedure in paid)


def test_essential_services_are_in_the_traffic(province: Province) -> None:
    """SYS-ESSENTIAL: business registration, tax, customs and social insurance are asked for."""
    fields = {procedure.field for procedure in province.procedures if procedure.share_of_demand > 0}

    assert {"Đăng ký kinh doanh", "Thuế", "Hải quan", "Bảo hiểm xã hội"} <= fields


def test_some_online_services_are_hollow(province: Province) -> None:
    """FIG-HD-L3, TRB-HOLLOW-SERVICE: procedures at level 3 or 4 that still ask for certified copies are marked."""
    assert any(procedure.certified_copies for procedure in province.procedures if procedure.level >= 3)


def test_departments_are_agencies_of_the_province(province: Province) -> None:
    """The catalogue names kinds of department; a loaded province names its own agencies, in links, too."""
    codes = {agency.code for agency in province.agencies}
    kinds = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["departments"]

    for procedure in province.procedures:
        assert (procedure.department in codes) == (procedure.tier == "department")
        for linked in procedure.linked_agencies:
            assert linked in codes | {"province", "district", "commune"}
            assert linked not in kinds


def test_every_agency_of_a_route_has_its_own_time_within_the_whole(province: Province) -> None:
    """SYS-ONESTOP: linked agencies have the hours that the catalogue states, or equal parts of half the limit."""
    linked = {procedure.code: procedure for procedure in province.procedures if procedure.linked_agencies}

    assert linked["2.000889"].linked_hours == (16.0, 24.0)
    assert linked["1.002252"].linked_hours == (50.0, 50.0)
    for procedure in linked.values():
        assert len(procedure.linked_hours) == len(procedure.linked_agencies)
        assert 0 < sum(procedure.linked_hours) <= procedure.deadline_hours
