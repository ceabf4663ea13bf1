"""Bến Tre 2018: what press report 4 counts is in the fixtures, and everything fits together."""

from __future__ import annotations

import csv
import time
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from simulation.agency_code import parse
from simulation.province import Province
from simulation.province_files import load

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.fixture(scope="module")
def ben_tre() -> Province:
    """The province as it ships."""
    return load("ben_tre_2018")


def test_the_published_counts_are_met(ben_tre: Province) -> None:
    """FIG-BT-COMMUNES, FIG-BT-SCHOOLS, FIG-BT-HEALTH: 164 communes, 366 schools, 152 health facilities."""
    assert len(ben_tre.districts) == 9
    assert len(ben_tre.communes) == 164
    assert len(ben_tre.schools) == 366
    assert len(ben_tre.health) == 152
    kinds = Counter(commune.name.split()[0] for commune in ben_tre.communes)
    assert kinds == {"Xã": 147, "Phường": 10, "Thị": 7}


def test_communes_add_up_to_the_population_of_2018(ben_tre: Province) -> None:
    """The communes' estimates sum up to 1.268 million within half a per cent, and none is absurd."""
    assert ben_tre.population == pytest.approx(1_268_200, rel=0.005)
    assert all(3_000 < commune.population < 20_000 for commune in ben_tre.communes)


def test_communes_are_those_before_the_mergers_of_2020() -> None:
    """Ten old communes stand in place of the three that followed them; the rest is the list of 2021."""
    with (FIXTURES / "admin-units" / "units-2021.csv").open(encoding="utf-8") as lines:
        units = list(csv.DictReader(lines))
    districts = {unit["code"] for unit in units if unit["level"] == "district" and unit["parent_code"] == "83"}
    later = {unit["code"] for unit in units if unit["level"] == "commune" and unit["parent_code"] in districts}
    with (FIXTURES / "provinces" / "ben_tre_2018" / "communes.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))

    restored = {row["name"] for row in rows if row["unit_source"].startswith("restored")}

    assert {row["code"] for row in rows} >= later
    assert restored == {
        "Phường 1", "Phường 2", "Phường 3", "Xã Mỹ Thành", "Xã Giao Hòa", "Xã Phong Mỹ", "Xã Phước Tuy", "Xã Phú Ngãi",
        "Xã Bình Khánh Đông", "Xã Bình Khánh Tây",
    }  # fmt: skip


def test_agencies_form_the_four_levels_of_the_state(ben_tre: Province) -> None:
    """One committee for each unit, each below the one its code names; about thirty office installations."""
    tiers = Counter(agency.tier for agency in ben_tre.agencies)
    codes = {agency.code for agency in ben_tre.agencies}

    assert tiers == {"province": 1, "department": 21, "district": 9, "commune": 164}
    assert ben_tre.agency_code == "H07"
    for agency in ben_tre.agencies:
        above = parse(agency.code).parent
        assert agency.parent == (above.spell("old") if above else "")
        assert agency.parent in codes or agency.tier == "province"
    assert len({agency.installation for agency in ben_tre.agencies}) == 30


def test_every_agency_can_take_in_examine_decide_and_issue(ben_tre: Province) -> None:
    """Each agency has all four roles, and no account is given twice."""
    roles: dict[str, set[str]] = {agency.code: set() for agency in ben_tre.agencies}
    for member in ben_tre.staff:
        roles[member.agency].add(member.role)

    assert all(found == {"reception_clerk", "specialist", "leader", "document_clerk"} for found in roles.values())
    assert len({member.account for member in ben_tre.staff}) == len(ben_tre.staff)
    assert "leader.000.00.12.H07.1" in {member.account for member in ben_tre.staff}


def test_leaders_sign_digitally_as_often_as_stated(ben_tre: Province) -> None:
    """TRB-WETSIGN: the stated share of leaders sign on screen, and nobody but leaders signs."""
    share = ben_tre.figures["leader_signs_digitally_share"].value
    leaders = [member for member in ben_tre.staff if member.role == "leader"]

    assert sum(member.signs_digitally for member in leaders) == pytest.approx(share * len(leaders), abs=1)
    assert not any(member.signs_digitally for member in ben_tre.staff if member.role != "leader")


def test_online_business_registration_meets_the_published_figure(ben_tre: Province) -> None:
    """FIG-BT-BIZ: 300 online dossiers a year at level 3, with a fee of 100,000 đồng at the counter."""
    registry = [
        procedure
        for procedure in ben_tre.procedures
        if procedure.field == "Đăng ký kinh doanh" and procedure.tier == "department"
    ]
    figure = {name: found.value for name, found in ben_tre.figures.items()}

    share = sum(procedure.share_of_demand for procedure in registry)
    online = share * figure["dossiers_per_day"] * figure["online_share"] * figure["working_days_per_year"]

    assert online == pytest.approx(300, rel=0.01)
    assert all(procedure.level == 3 for procedure in registry)
    assert Counter(procedure.fee for procedure in registry)[100_000] == len(registry) - 1  # dissolution is free


def test_every_figure_says_where_it_comes_from(ben_tre: Province) -> None:
    """No figure without a unit and a source; what nobody published says "assumed" or "calibrated"."""
    for name, figure in ben_tre.figures.items():
        assert figure.unit, name
        assert figure.source, name
    assert ben_tre.figures["poll_interval_minutes"].value == 5
    assert ben_tre.figures["online_share"].source.startswith("calibrated:")


def test_the_six_fixed_people_live_in_the_province(ben_tre: Province) -> None:
    """Each persona is registered in one of the communes."""
    communes = {commune.code for commune in ben_tre.communes}

    assert {persona.id for persona in ben_tre.personas} == {
        "old-farmer", "accountant", "newborn", "mother-of-two", "out-of-province-director", "retired-officer",
    }  # fmt: skip
    assert all(persona.commune in communes for persona in ben_tre.personas)


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("admin-units", "eras", "procedures", "provinces")
        for path in sorted((FIXTURES / folder).rglob("*"))
        if path.suffix in {".csv", ".toml", ".md"}
    ],
    ids=lambda path: str(path.relative_to(FIXTURES)),
)
def test_files_are_composed_unicode(path: Path) -> None:
    """Every file is UTF-8 in NFC without a byte order mark."""
    text = path.read_text(encoding="utf-8")

    assert unicodedata.is_normalized("NFC", text)
    assert not text.startswith("\ufeff")


def test_loading_takes_less_than_half_a_second() -> None:
    """Reading and checking the whole province is quick: processor time, so that a busy machine does not matter."""
    before = time.process_time()

    load("ben_tre_2018")

    assert time.process_time() - before < 0.5
