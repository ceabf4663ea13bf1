"""Households: people who live together fit together, and together they make up the pyramid."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.population import tables
from simulation.population.fit import age_group, fit
from simulation.population.households import HouseholdMaker, Households
from simulation.population.kernel import BIRTHS_APART, LAST_BIRTH
from simulation.population.kinship import (
    CHILDREN,
    HEAD_MAN,
    HEAD_WOMAN,
    KIN,
    KIN_OF,
    MAN,
    MANS_SIDE,
    OLD_MAN,
    OLD_WOMAN,
    PLACES,
    ROLE_OF,
    ROLES,
    WOMAN,
    Kind,
    codes,
)

#: Ages are floats of 32 bits: a hundredth of a year is far below what the rules mean.
NEAR = 0.01
#: How far the fitted people may be from the pyramid, in percentage points of an age group and sex.
PYRAMID_POINTS = 0.5
#: How far the men per 100 women may be.
SEX_RATIO_POINTS = 2.0

MAKER = HouseholdMaker(year=2018, marriage_age_women=22.5)


def _drawn(seed: int, kind: Kind, anchor: float, count: int = 40) -> Households:
    kinds = np.full(count, kind, dtype=np.uint8)
    return MAKER.draw(np.random.default_rng(seed), kinds, np.full(count, anchor, dtype=np.float32))


SEEDS = st.integers(0, 2**32)
#: Kinds of household whose middle couple has its children with it.
PARENTS = st.sampled_from([Kind.COUPLE, Kind.LONE, Kind.UPPER, Kind.STEM])


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, kind=PARENTS, anchor=st.floats(20, 88))
def test_mothers_are_grown_up_when_they_give_birth(seed: int, kind: Kind, anchor: float) -> None:
    """A child in the house was born to a mother between 18 and 45, and children of one mother are a year apart."""
    made = _drawn(seed, kind, anchor if kind != Kind.STEM else max(anchor, 45))
    children = made.ages[:, CHILDREN]
    mothers = made.ages[:, WOMAN]
    born = np.where((children >= 0) & (mothers[:, None] >= 0), mothers[:, None] - children, np.nan)
    assert not (born < 18.8 - NEAR).any()
    assert not (born > LAST_BIRTH + NEAR).any()
    older = np.where(children >= 0, children, np.nan)
    assert not (-np.diff(older, axis=1) < BIRTHS_APART - NEAR).any()


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, kind=st.sampled_from([Kind.COUPLE, Kind.UPPER, Kind.STEM]), anchor=st.floats(20, 88))
def test_couples_are_of_lawful_age(seed: int, kind: Kind, anchor: float) -> None:
    """A wife is 18 at least, a husband 20, and a father was 20 when his child was born."""
    made = _drawn(seed, kind, anchor if kind != Kind.STEM else max(anchor, 45))
    man, woman, children = made.ages[:, MAN], made.ages[:, WOMAN], made.ages[:, CHILDREN]
    assert (woman >= 18 - NEAR).all()
    assert (man >= 20 - NEAR).all()
    father_at_birth = np.where(children >= 0, man[:, None] - children, np.nan)
    assert not (father_at_birth < 20 - NEAR).any()


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, kind=st.sampled_from([Kind.STEM, Kind.UPPER]), anchor=st.floats(25, 85))
def test_grandmothers_had_their_grown_up_child_in_time(seed: int, kind: Kind, anchor: float) -> None:
    """The old woman was between 18 and 45 when the one of the couple who is her child was born."""
    made = _drawn(seed, kind, max(anchor, 45) if kind == Kind.STEM else min(anchor, 60))
    old = made.ages[:, HEAD_WOMAN if kind == Kind.STEM else OLD_WOMAN]
    mans_side = (made.variants & MANS_SIDE) > 0
    linked = np.where(mans_side, made.ages[:, MAN], made.ages[:, WOMAN])
    at_birth = (old - linked)[(old >= 0) & (linked >= 0)]
    assert (at_birth >= 18 - NEAR).all()
    assert (at_birth <= LAST_BIRTH + NEAR).all()


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, anchor=st.floats(50, 80))
def test_grandchildren_left_with_their_grandparents_are_children(seed: int, anchor: float) -> None:
    """They are under 18, at least one of them is there mostly, and two births fit in between."""
    made = _drawn(seed, Kind.SKIP, anchor)
    children = made.ages[:, CHILDREN]
    assert (children < 18).all()
    assert np.mean((children >= 0).any(axis=1)) > 0.5
    woman = made.ages[:, [HEAD_WOMAN]]
    assert not (np.where((children >= 0) & (woman >= 0), woman - children, np.nan) < 36).any()


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, kind=st.sampled_from(list(Kind)), anchor=st.floats(20, 94))
def test_nobody_lives_in_an_empty_house_and_nobody_is_impossibly_old(seed: int, kind: Kind, anchor: float) -> None:
    """Every household has a head, exactly one, and all ages are ages of living people."""
    made = _drawn(seed, kind, max(anchor, 45) if kind in {Kind.STEM, Kind.SKIP} else anchor)
    assert (made.sizes >= 1).all()
    assert made.ages.max() < 110
    code = codes(made.kinds, made.variants)[:, None] + np.arange(PLACES)
    heads = (ROLE_OF[code] == ROLES.index("head")) & (made.ages >= 0)
    assert (heads.sum(axis=1) == 1).all()
    assert not ((KIN_OF[code] == KIN.index("unrelated")) & (made.ages >= 0)).any()


def test_heads_stand_first() -> None:
    """In every kind of household the head or the spouse has the first places that are taken."""
    for kind in Kind:
        made = _drawn(3, kind, 52, count=200)
        first = np.argmax(made.ages >= 0, axis=1)
        assert set(first.tolist()) <= {HEAD_MAN, HEAD_WOMAN, MAN, WOMAN}
        assert not (np.isin([OLD_MAN, OLD_WOMAN], first)).any()


@pytest.mark.parametrize("place", range(4), ids=["mekong-2018", "nation-2018", "mekong-2026", "nation-2026"])
def test_fitted_households_make_up_the_pyramid(place: int) -> None:
    """People of every age group and sex come within half a percentage point of the table, sexes within two in 100."""
    pyramid = tables.pyramids()[place].shares()
    found = fit(MAKER, pyramid, mean_size=3.4, one_person=0.105)
    assert np.abs(found.expected - pyramid).max() * 100 < PYRAMID_POINTS
    men, women = found.expected.sum(axis=0)
    wanted_men, wanted_women = pyramid.sum(axis=0)
    assert abs(100 * men / women - 100 * wanted_men / wanted_women) < SEX_RATIO_POINTS
    assert abs(found.mean_size - 3.4) < 0.15


def test_age_groups_are_five_years_wide_and_the_last_is_open() -> None:
    """0 to 4 is the first group, 85 and over the eighteenth."""
    assert age_group(np.array([0.0, 4.99, 5.0, 84.99, 85.0, 104.0])).tolist() == [0, 0, 1, 16, 17, 17]


def test_every_table_says_where_it_is_from() -> None:
    """No table of fixtures/people is without its source or the word assumed."""
    known: list[Any] = [
        *tables.pyramids(),
        *tables.households().mean_size,
        tables.households().kinds,
        tables.households().marriage,
        tables.households().births,
        tables.households().leaving,
        tables.households().customs,
        *tables.names().male,
        *tables.names().female,
        *tables.habits().phone,
        *tables.habits().smartphone,
        *tables.habits().willing,
        *tables.habits().ethnicity.values(),
        tables.habits().insured,
        tables.companies().shares,
        tables.companies().kinds,
        tables.companies().trades,
        tables.companies().names,
        tables.companies().outside,
    ]
    words = ("assumed", "published", "calibrated", "from memory")
    assert all(any(word in table.source for word in words) for table in known)
    assert all(any(word in table["source"] for word in words) for table in tables.names().surnames.values())


def test_pyramids_have_eighteen_groups_and_add_up() -> None:
    """A table that lost a number is seen here rather than in crooked people."""
    for pyramid in tables.pyramids():
        assert pyramid.shares().shape == (18, 2)
        assert 98.0 < sum(pyramid.men) + sum(pyramid.women) < 102.5
    occupations = tables.occupations()
    sums = pl.Series([sum(row) for row in occupations.weights.values()])
    assert (sums - 100).abs().max() < 0.11  # type: ignore[operator]
    assert len(occupations.weights) == 4 * len(occupations.from_ages)
