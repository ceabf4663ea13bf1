"""Troubles of the brief, switched on and off in the toy's year: each costs what it is said to cost."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from simulation import province_files, scenario_files
from simulation.mistakes import BadInputError
from simulation.streams import Streams
from simulation.year import INDICATORS, TROUBLES, WHAT_IFS, Year, differences, find, neglect, simulate
from simulation.year.conduct import OF_A_YEAR, Conduct, conduct_of
from simulation.year.indicators import Counts, Offer, score

#: The brief's troubles, what each must move in the toy's year, and which way.
MOVES = {
    "TRB-WETSIGN": ("clerk_years_detour", 1),
    "TRB-DELEGATE": ("clerk_years_detour", 1),
    "TRB-SIGNFORMAT": ("clerk_years_again", 1),
    "TRB-TWO-TRACK": ("clerk_years_two_track", 1),
    "TRB-VENDOR-MISMATCH": ("official_years", 1),
    "TRB-UNBOUND-CATALOGUE": ("score", -1),
    "TRB-HOLLOW-SERVICE": ("visits_per_dossier", 1),
    "TRB-NO-ECITIZEN": ("online_share", -1),
    "TRB-NO-SHARING": ("official_years", 1),
    "TRB-SLOW-MINISTRY": ("hours_to_decide", 1),
    "TRB-NO-ENFORCEMENT": ("on_time_share", -1),
    "TRB-WEAK-INFRA": ("gave_up", 1),
}


@cache
def year(what_if: str = "") -> Year:
    """Four replications of the toy's year."""
    scenario = scenario_files.load("toy")
    change = find(what_if) if what_if else None
    return simulate(province_files.load(scenario.province), scenario, seed=3, replications=4, what_if=change)


def test_every_trouble_of_the_brief_has_two_sides() -> None:
    """Twelve rows, each with a what-if that takes it away, and what-ifs that name troubles that exist."""
    assert set(TROUBLES) == set(MOVES)
    assert {what.trouble for what in WHAT_IFS.values()} == set(TROUBLES)
    for trouble in TROUBLES.values():
        assert not WHAT_IFS[trouble.without].brings
        assert not trouble.with_it or WHAT_IFS[trouble.with_it].brings


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_costs_what_it_is_said_to_cost(trouble: str) -> None:
    """The year with it less the year without moves its indicator the right way, and the interval leaves out zero."""
    indicator, way = MOVES[trouble]
    gap = differences(year(TROUBLES[trouble].without), year(TROUBLES[trouble].with_it))[indicator]

    assert gap.mean * way > 0
    assert gap.excludes_zero


@pytest.mark.parametrize("name", WHAT_IFS)
def test_a_what_if_only_sets_numbers_that_exist(name: str) -> None:
    """It can be applied to any province's conduct, and changes something there."""
    scenario = scenario_files.load("toy")
    before = conduct_of(province_files.load(scenario.province), scenario)

    after = find(name).change(before)

    assert set(after.figures) == set(before.figures)
    if name != "vendors-match":  # nothing to take away where there is one vendor
        assert any(after[number] != before[number] for number in before.figures)


def test_the_board_works_where_neglect_was_worst() -> None:
    """TRB-NO-ENFORCEMENT: after a quarter the worst agencies neglect less; those below the mean are left alone."""
    scenario = scenario_files.load("toy")
    usual = conduct_of(province_files.load(scenario.province), scenario).changed(neglected_share=0.1)
    rng = np.random.default_rng(1)
    moments, places = rng.uniform(0.0, 365.0 * 86400.0, 40_000), rng.integers(0, 10, 40_000)

    def shares(**changed: float) -> NDArray[np.float64]:
        lies = neglect.drawn(
            usual.changed(**changed),
            moments=moments,
            places=places,
            has_limit=np.ones(len(moments), dtype=np.bool_),
            many=10,
            streams=Streams(4),
        )
        return np.bincount(places[lies], minlength=10) / np.bincount(places, minlength=10)

    before, after = shares(), shares(board_acted_upon=1.0)

    assert after.mean() < 0.6 * before.mean()
    assert (before - after)[np.argmax(before)] == (before - after).max()
    assert (before - after).min() >= 0.0


def test_a_gate_keeps_off_the_net_what_nobody_wants() -> None:
    """SYS-CONSULT: fewer services are online, and fewer of them are unused."""
    before, after = (year(name).replications[0].offer for name in ("", "consultation-gate"))

    assert after.online < before.online
    assert after.online - after.used <= before.online - before.used


def test_training_in_the_year_moves_signatures_up_and_not_to_the_top() -> None:
    """TRB-WETSIGN: those who were sent to nobody's training in time, or sent a deputy, go on by hand."""
    shares = [
        year(name).interval("signed_share").mean for name in ("", "leaders-are-trained", "leaders-sign-digitally")
    ]

    assert shares == sorted(shares)
    assert shares[0] < shares[1] < shares[2]


def test_the_habit_spreads_from_what_the_province_has_today() -> None:
    """At the year's end more file online than at its beginning; the year's share lies above `online_share`, not far."""
    seen, conduct = year().interval("online_share_level_3").mean, year().conduct["online_share"]

    assert seen == pytest.approx(conduct, rel=0.25)
    assert year("citizens-go-online").interval("online_share_level_3").mean > seen


@cache
def usual() -> Conduct:
    """The toy's numbers."""
    scenario = scenario_files.load("toy")
    return conduct_of(province_files.load(scenario.province), scenario)


def counts(*, stats: dict[str, float], offer: Offer, **conduct: float) -> Counts:
    """One agency with these counts."""
    rows = {name: np.array([[many, 0.0, 0.0]]) for name, many in stats.items()}
    return Counts(rows, np.zeros(1), np.zeros(1), 250.0, usual().changed(**conduct), offer)


def test_the_score_is_that_of_the_formula_by_hand() -> None:
    """QĐ 766 as others worked it out: a perfect province has 100 points (satisfaction 18 of 18), an empty one few."""
    perfect = {
        "received": 100.0,
        "on time": 100.0,
        "received online": 60.0,
        "fee at level 4": 10.0,
        "paid online": 10.0,
    }
    best = counts(
        stats=perfect,
        offer=Offer(level_4_share=0.9, payable_share=1.0, online=40, used=40),
        results_published_share=1.0,
        digitised_share=1.0,
        data_shared_share=0.8,
        satisfied_share=1.0,
    )
    half = counts(
        stats=perfect | {"on time": 50.0, "late": 50.0},
        offer=Offer(level_4_share=0.4, payable_share=0.5, online=40, used=20),
        results_published_share=0.5,
        digitised_share=0.0,
        data_shared_share=0.0,
        satisfied_share=0.8,
        angry_if_late=0.0,
    )

    assert score(best)[0] == pytest.approx(100.0)
    # 9 + 10 + (1 + 2 + 6) + min(10, 3 + 1.25 + 2.5) + 0 + (6 x 0.8 / 0.9 + 12 x 0.8)
    assert score(half)[0] == pytest.approx(9 + 10 + 9 + 6.75 + 0 + 5.3333 + 9.6, abs=1e-3)


@given(late=st.integers(0, 1000), on_time=st.integers(1, 1000), online=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_no_year_scores_above_100_or_below_0(late: int, on_time: int, online: int) -> None:
    """Whatever happened."""
    stats = {"received": 1000.0, "late": float(late), "on time": float(on_time), "received online": float(online)}
    one = counts(stats=stats, offer=Offer(level_4_share=0.1, payable_share=0.1, online=40, used=20))

    assert 0.0 <= score(one)[0] <= 100.0
    assert INDICATORS["satisfied_share"].total(one) <= 1.0


def test_every_number_of_a_year_has_a_unit_and_a_source() -> None:
    """Assumed, or a document."""
    assert [name for name, figure in OF_A_YEAR.items() if not figure.unit or len(figure.source) < 12] == []


def test_an_unknown_what_if_is_told() -> None:
    """With the nearest name."""
    with pytest.raises(BadInputError, match="systems-hold"):
        find("system-hold")
