"""The toy province: small enough for every change, and a day of it goes down every path."""

from __future__ import annotations

import pytest

from simulation.province import Procedure, Province
from simulation.province_files import available, load


@pytest.fixture(scope="module")
def toy() -> Province:
    """The province as it ships."""
    return load("toy")


def expected(toy: Province, procedures: list[Procedure], *shares: str) -> float:
    """Dossiers of a day under these procedures, thinned by the named figures."""
    count = toy.figures["dossiers_per_day"].value * sum(procedure.share_of_demand for procedure in procedures)
    for share in shares:
        count *= toy.figures[share].value
    return count


def test_it_is_small(toy: Province) -> None:
    """Two districts, five communes, a thousand people, four departments, six schools, four health facilities."""
    assert (len(toy.districts), len(toy.communes), toy.population) == (2, 5, 1000)
    assert sum(agency.tier == "department" for agency in toy.agencies) == 4
    assert (len(toy.schools), len(toy.health)) == (6, 4)
    assert len(toy.staff) < 100
    assert "toy" in available()


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_every_service_level_is_asked_for(toy: Province, level: int) -> None:
    """A day has at least three dossiers of every level."""
    assert expected(toy, [procedure for procedure in toy.procedures if procedure.level == level]) >= 3


@pytest.mark.parametrize("tier", ["commune", "district", "department"])
def test_every_tier_receives(toy: Province, tier: str) -> None:
    """A day has at least three dossiers at every tier."""
    assert expected(toy, [procedure for procedure in toy.procedures if procedure.tier == tier]) >= 3


def test_fees_are_paid_online(toy: Province) -> None:
    """SYS-PAY: at least three online payments a day are to be expected."""
    paid = [procedure for procedure in toy.procedures if procedure.level == 4 and procedure.fee > 0]

    assert expected(toy, paid, "online_share") >= 3


def test_agents_file_for_companies(toy: Province) -> None:
    """FIG-BT-BIZ: at least two dossiers of companies a day come online through an agent."""
    companies = [procedure for procedure in toy.procedures if procedure.applicant == "company" and procedure.level >= 3]

    assert expected(toy, companies, "online_share", "company_agent_share") >= 2


def test_dossiers_are_supplemented_rejected_posted_and_rated(toy: Province) -> None:
    """Each of these paths is taken at least twice a day."""
    online = [procedure for procedure in toy.procedures if procedure.level >= 3]

    assert expected(toy, online, "online_share", "supplement_share") >= 2
    assert expected(toy, list(toy.procedures), "rejection_share") >= 2
    assert expected(toy, list(toy.procedures), "post_return_share") >= 2
    assert expected(toy, online, "online_share", "rating_share") >= 2


def test_leaders_sign_both_ways(toy: Province) -> None:
    """TRB-WETSIGN: at every tier some leader signs on screen and some on paper."""
    tiers = {agency.code: agency.tier for agency in toy.agencies}
    seen = {(tiers[member.agency], member.signs_digitally) for member in toy.staff if member.role == "leader"}

    assert seen == {(tier, digital) for tier in set(tiers.values()) for digital in (True, False)}


def test_dossiers_pass_through_other_agencies_and_stay_with_specialists(toy: Province) -> None:
    """Linked procedures, procedures that a specialist decides, same-day results and long ones are all there."""
    assert any(procedure.linked_agencies for procedure in toy.procedures)
    assert {procedure.needs_leader for procedure in toy.procedures} == {True, False}
    assert {procedure.same_day for procedure in toy.procedures} == {True, False}
    assert {procedure.certified_copies for procedure in toy.procedures} == {True, False}


def test_its_demand_replaces_the_catalogues(toy: Province) -> None:
    """Only what the profile's demand names is offered, with the profile's shares and their source."""
    shares = {procedure.code: procedure.share_of_demand for procedure in toy.procedures}

    assert len(shares) == 20
    assert shares["2.000815"] == pytest.approx(0.22)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert toy.procedures[0].sources["share_of_demand"].startswith("assumed: chosen")


def test_documents_have_several_offices_to_go_to(toy: Province) -> None:
    """Agencies sit on seven office installations, some shared, so documents cross the hub."""
    assert len({agency.installation for agency in toy.agencies}) == 7
