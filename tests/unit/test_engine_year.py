"""A simulated year of the toy province: what adds up, what a change of habit moves, and what it leaves alone."""

from __future__ import annotations

import math
from functools import cache

import msgspec
import numpy as np
import pytest

from simulation import province_files, scenario_files
from simulation.engine import kernel
from simulation.engine.running import Outcome
from simulation.mistakes import BadInputError
from simulation.province import Province
from simulation.year import INDICATORS, Year, differences, find, simulate
from simulation.year.conduct import conduct_of
from simulation.year.intervals import interval, t_quantile
from simulation.year.offices import groups_of
from simulation.year.simulating import replicate, setting_of


@cache
def year(what_if: str = "") -> Year:
    """Three replications of the toy's year."""
    scenario = scenario_files.load("toy")
    change = find(what_if) if what_if else None
    return simulate(province_files.load(scenario.province), scenario, seed=3, replications=3, what_if=change)


def test_every_dossier_is_decided_withdrawn_or_still_open() -> None:
    """Counted from the first day: received = on time + late + withdrawn + open."""
    scenario = scenario_files.load("toy")
    province = province_files.load(scenario.province)
    setting = setting_of(province, scenario, conduct_of(province, scenario))
    from_the_start = type(setting)(
        **{name: getattr(setting, name) for name in setting.__struct_fields__} | {"warm_up": 0.0}
    )

    seen = replicate(from_the_start, seed=3, number=0).outcome

    total = {name: seen.total(name) for name in ("received", "on time", "late", "withdrawn", "approved", "rejected")}
    still_open = total["received"] - total["on time"] - total["late"] - total["withdrawn"]
    assert total["received"] > 10_000
    assert 0 <= still_open <= (seen.open_at < setting.paths.documents_from).sum()
    assert total["approved"] + total["rejected"] == total["on time"] + total["late"]
    assert seen.born == seen.ended + seen.live


def test_shares_come_out_as_they_were_put_in() -> None:
    """The share filed online is the province's figure times what can be filed at all; rejections are the figure."""
    scenario = scenario_files.load("toy")
    province = province_files.load(scenario.province)
    can_file = sum(one.share_of_demand for one in province.procedures if one.level >= 3)
    conduct = year().conduct

    assert year().interval("online_share").mean == pytest.approx(conduct["online_share"] * can_file, rel=0.15)
    assert year().interval("rejected_share").mean == pytest.approx(conduct["rejection_share"], rel=0.1)


def test_what_is_granted_automatically_costs_no_official_and_is_never_late() -> None:
    """SYS-OPENDATA: with every free online service automatic, what is filed online under them needs nobody's desk."""
    scenario = scenario_files.load("toy")
    province = province_files.load(scenario.province)
    automatic = msgspec.structs.replace(
        province,
        procedures=tuple(
            msgspec.structs.replace(one, automatic=one.level >= 3 and not one.online_fee) for one in province.procedures
        ),
    )

    def counted(which: Province) -> Outcome:
        return replicate(setting_of(which, scenario, conduct_of(which, scenario)), seed=3, number=0).outcome

    before, after = counted(province), counted(automatic)
    granted = after.total("granted at once")

    assert before.total("granted at once") == 0
    assert granted > 500
    assert after.total("received online") == pytest.approx(before.total("received online"), rel=0.02)
    assert after.total("work examination") < before.total("work examination")
    assert after.total("late") <= before.total("late")


def test_when_leaders_sign_on_screen_the_detour_disappears_and_dossiers_do_not_notice() -> None:
    """TRB-WETSIGN: all documents signed, no printing and scanning, the same dossiers come."""
    moved = differences(year(), year("leaders-sign-digitally"))

    assert year("leaders-sign-digitally").interval("signed_share").mean == pytest.approx(1.0, abs=0.01)
    assert year("leaders-sign-digitally").interval("clerk_years_detour").mean == 0.0
    assert moved["clerk_years_detour"].mean < 0
    assert moved["dossiers_received"].mean == moved["supplement_share"].mean == 0.0


def test_common_luck_makes_a_difference_sharper_than_its_parts() -> None:
    """Paired intervals are narrower than what independent years would give."""
    now, then = year(), year("nobody-stands-in")
    paired = differences(now, then)["hours_leader_wait"]
    apart = math.hypot(
        *(seen.high - seen.mean for seen in (now.interval("hours_leader_wait"), then.interval("hours_leader_wait")))
    )

    assert paired.mean > 0
    assert paired.high - paired.mean < apart


def test_somebody_who_stands_in_shortens_the_wait_for_a_leader() -> None:
    """TRB-DELEGATE: always < sometimes < never."""
    waits = [
        year(name).interval("hours_leader_wait").mean for name in ("somebody-always-stands-in", "", "nobody-stands-in")
    ]

    assert waits == sorted(waits)
    assert waits[0] < 0.8 * waits[2]


def test_one_track_saves_the_paper_copies_and_nothing_else() -> None:
    """TRB-TWO-TRACK: no copies; the paper detour of those who sign by hand stays as it was."""
    moved = differences(year(), year("one-track"))

    assert year("one-track").interval("clerk_years_two_track").mean == 0.0
    assert moved["clerk_years_detour"].mean == pytest.approx(0.0, abs=0.005)


def test_every_agency_is_seen_and_adds_up_to_the_province() -> None:
    """Counts by agency sum to the total; nobody works at an agency that does not exist."""
    counts = year().replications[0]

    assert len(year().by_agency("on_time_share")) == len(year().agencies)
    assert counts.count("received").sum() == pytest.approx(INDICATORS["dossiers_received"].total(counts))
    assert (counts.count("on time") + counts.count("late")).sum() > 0
    assert kernel.S_COUNT == 0


@pytest.mark.parametrize(
    ("name", "above"),
    [
        ("dien_bien_2018", {"district"}),
        ("dien_bien_2026", {"province", "department"}),
    ],
)
def test_a_commune_writes_to_its_district_or_where_there_is_none_to_all_departments(name: str, above: set[str]) -> None:
    """With the districts gone, departments share what went to them; the Committee's own office is one of many."""
    agencies = province_files.load(name).agencies
    ways = groups_of(province_files.load(name))["above"]
    commune = next(number for number, agency in enumerate(agencies) if agency.tier == "commune")

    assert {agencies[other].tier for other in ways[commune]} == above
    departments = sum(agency.tier == "department" for agency in agencies)
    assert len(ways[commune]) == (1 if above == {"district"} else 1 + departments)


def test_in_2026_documents_are_issued_within_two_working_hours_as_in_2018() -> None:
    """No leader's desk is so loaded that papers pile up over the year: it took 43 hours when a few read everything."""
    name = "dien_bien_2026"
    seen = simulate(province_files.load(name), scenario_files.load(name), seed=1, replications=1)

    assert 0.1 < seen.interval("hours_to_issue").mean < 2.0


def test_an_unknown_what_if_names_the_nearest() -> None:
    """The error tells what was meant."""
    with pytest.raises(BadInputError, match="leaders-sign-digitally"):
        find("leader-sign-digitaly")


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [(0.975, 1, 12.706), (0.975, 2, 4.303), (0.975, 4, 2.776), (0.975, 9, 2.262), (0.95, 30, 1.697), (0.995, 5, 4.032)],
)
def test_students_t_has_the_tabled_quantiles(probability: float, freedom: int, expected: float) -> None:
    """Printed tables of Student's t, to their last digit."""
    assert t_quantile(probability, freedom) == pytest.approx(expected, abs=6e-4)


def test_an_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Of 2000 intervals over five normal values each, 95 % (within 1.5 points) hold the mean."""
    rng = np.random.default_rng(4)
    held = [low <= 1.0 <= high for _, low, high in (interval(rng.normal(1.0, 2.0, 5)) for _ in range(2000))]

    assert sum(held) / 2000 == pytest.approx(0.95, abs=0.015)


def test_a_single_replication_has_no_interval() -> None:
    """One value has no scatter."""
    assert math.isnan(interval([1.0]).low)
