"""Draws households whose people fit together: marriages at lawful ages, births after marriages, parents old enough.

Every household is a row of fourteen places (see kinship.py). Ages are years as floats, so that "born nine months after
the wedding" means what it says; -1 stands for nobody. Nothing here knows of communes, names or numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from simulation.population import tables
from simulation.population.kinship import (
    CHILDREN,
    HEAD_MAN,
    HEAD_WOMAN,
    MAN,
    MANS_SIDE,
    OLD_MAN,
    OLD_WOMAN,
    PLACES,
    SIBLINGS,
    WOMAN,
    WOMAN_HEADS,
    Kind,
)
from simulation.population.lottery import BITS, GAMMA, NORMAL, QUANTILES, Lottery, sixteens, threshold

F = NDArray[np.float32]
B = NDArray[np.bool_]

NOBODY = np.float32(-1)
#: Ages of marriage by law (women, men), and of the last birth that is drawn, in years.
WOMAN_MARRIES_FROM, MAN_MARRIES_FROM, LAST_BIRTH = 18.0, 20.0, 45.0
#: From the wedding to the first birth at the least, and between births.
FIRST_BIRTH_AFTER, BIRTHS_APART = 0.8, 1.4
#: Age from which a child of a household may stay there with a spouse.
MARRIED_CHILD_FROM = 21.5
OLDEST = 103.0

#: Mean of each of the two waits that a birth takes beyond the least, for the first and for later ones (assumed).
FIRST_SCALE, LATER_SCALE = 0.4, 1.05
#: What sixteen bits stay below for a second grandchild or sibling, and for a woman among siblings (assumed).
SECOND, HALF = int(threshold(0.4)), int(threshold(0.5))
#: Year of a child's birth from which boys are chosen more often (the published ratio has risen since).
MORE_BOYS_SINCE = 2006
MAX_CHILDREN = 6
#: Bits of the draw of how many children: finer than the shares of households.toml.
FAMILY_BITS = 12
#: Sixteens of random bits that a household has: 0-5 yes or no, 6-8 ages of the old and the gap, 9 how many children (10
#: grandchildren), 11 wedding or first grandchild, 12-17 births, 18-23 sexes, 24-29 who stays, 30-34 siblings.
_BITS = 36
#: Draws to a step of a table of quantiles.
PER_STEP = 2**BITS // QUANTILES
#: Names of kinds and places as numbers, which compiled code can read.
SINGLE, LONE, UPPER, STEM, SKIP, SIBLINGS_KIND = (
    int(kind) for kind in (Kind.SINGLE, Kind.LONE, Kind.UPPER, Kind.STEM, Kind.SKIP, Kind.SIBLINGS)
)
FIRST_CHILD, FIRST_SIBLING = CHILDREN.start, SIBLINGS.start


@dataclass(frozen=True, kw_only=True)
class Households:
    """Households as rows, places as columns."""

    kinds: NDArray[np.uint8]
    variants: NDArray[np.uint8]  #: bits of kinship.WOMAN_HEADS and kinship.MANS_SIDE
    unmarried: B  #: a mother who was never married: the children have her surname
    ages: F  #: years, one column per place; below 0 where nobody is
    female: B

    @property
    def sizes(self) -> NDArray[np.int64]:
        """People in each household."""
        made: NDArray[np.int64] = np.count_nonzero(self.ages >= 0, axis=1)
        return made


class HouseholdMaker:
    """Draws households of given kinds and ages; holds the tables of one region and year."""

    def __init__(self, *, year: int, marriage_age_women: float) -> None:
        """Take the year that ages refer to and the mean age at which women marry."""
        known = tables.households()
        customs, births = known.customs, known.births
        self._shares = threshold(
            [
                customs.son_stays,
                customs.woman_heads_couple,
                customs.woman_is_lone_parent,
                customs.mother_unmarried,
                births.boys_share,
                births.boys_share_since_2006,
            ]
        )
        # Age at marriage: 18 years and a gamma of shape 2, whose scale follows from the mean.
        scale = (marriage_age_women - WOMAN_MARRIES_FROM) / 2
        marriage = known.marriage
        self._lengths = np.array([marriage.mean_gap_years, marriage.gap_spread_years, scale, year], dtype=np.float32)
        self._families = Lottery([family.shares for family in known.births.families], bits=FAMILY_BITS)
        self._family_until = np.array([family.until for family in known.births.families[:-1]])
        self._stay = threshold(known.leaving.by_age())

    def draw(self, rng: np.random.Generator, kinds: NDArray[np.uint8], anchors: F) -> Households:
        """Draw one household per kind.

        The anchor is an age in years: of the woman in the middle generation (the man, for a single man), of the old
        woman where the old generation heads the household.
        """
        count = len(kinds)
        made = Households(
            kinds=kinds,
            variants=np.empty(count, dtype=np.uint8),
            unmarried=np.zeros(count, dtype=bool),
            ages=np.full((count, PLACES), NOBODY),
            female=np.zeros((count, PLACES), dtype=bool),
        )
        _live_together(
            sixteens(rng, count, _BITS), kinds, anchors, made.variants, made.unmarried, made.ages, made.female,
            self._shares, self._lengths, self._families.table, self._family_until, self._stay, NORMAL, GAMMA,
        )  # fmt: skip
        return made


@numba.njit(cache=True, nogil=True)
def _live_together(  # noqa: C901, PLR0912, PLR0913, PLR0917 -- compiled: everything is handed in
    bits: NDArray[np.uint16],
    kinds: NDArray[np.uint8],
    anchors: F,
    variants: NDArray[np.uint8],
    unmarried: B,
    ages: F,
    female: B,
    shares: NDArray[np.uint32],
    lengths: F,
    families: NDArray[np.uint8],
    family_until: NDArray[np.int64],
    stay: NDArray[np.uint32],
    normal: F,
    gamma: F,
) -> None:
    """Fill the places of households, one a row, from the bits of the row."""
    son_stays, heads_couple, woman_alone, never_married, boys, boys_since = shares
    gap_mean, gap_spread, marriage_scale, this_year = lengths
    for row in range(kinds.shape[0]):
        bit, age, girl = bits[row], ages[row], female[row]
        kind, anchor = np.int64(kinds[row]), anchors[row]
        stem, upper, skip = kind == STEM, kind == UPPER, kind == SKIP
        mans_side = bit[0] < son_stays
        girl[HEAD_WOMAN] = girl[WOMAN] = girl[OLD_WOMAN] = True

        # --- the couple in the middle, and the mother of the one whose parents live there
        gap = _within(_between(normal, bit[6]) * gap_spread + gap_mean, -5.0, 14.0)
        mother_at_birth = _within(_between(normal, bit[7]) * np.float32(5) + np.float32(25), 18.5, 42.0)
        linked = anchor
        if stem:
            # The child who stayed is grown up, so an old woman of 45 had her early.
            mother_at_birth = min(mother_at_birth, anchor - np.float32(MARRIED_CHILD_FROM))
            linked = anchor - mother_at_birth
        # Of the couple, the linked one has the age; the other follows from the gap.
        of_man = stem and mans_side
        woman = max(linked - gap if of_man else linked, np.float32(WOMAN_MARRIES_FROM))
        man = max(linked if of_man else woman + gap, np.float32(MAN_MARRIES_FROM))

        # --- children
        if kind == SIBLINGS_KIND:
            _siblings(bit, anchor, age, girl)
        elif skip:
            _grandchildren(bit, woman, age, girl, stay, boys, boys_since, this_year)
        elif kind != SINGLE:
            _children(bit, woman, man, age, girl, marriage_scale, families, family_until, stay, boys, boys_since,
                      this_year, gamma)  # fmt: skip

        # --- who of the middle generation is there
        alone = kind in {SINGLE, SIBLINGS_KIND}
        lone = kind == LONE
        is_woman = False
        if lone:
            is_woman = bit[1] < woman_alone
        elif alone:
            # Old people alone are mostly widows; young ones are about half men.
            share = _within(np.float32(0.44) + (anchor - np.float32(40)) * np.float32(0.009), 0.40, 0.82)
            is_woman = bit[1] < share * np.float32(2**BITS)
        if not skip:
            if not (alone or lone) or is_woman:
                age[WOMAN] = anchor if alone else woman
            if not (alone or lone) or not is_woman:
                age[MAN] = anchor if alone else man

        # --- the old couple
        if stem or skip or upper:
            old_woman = (man if mans_side else woman) + mother_at_birth if upper else anchor
            old_man = old_woman + _within(_between(normal, bit[8]) * np.float32(3) + np.float32(3), -4.0, 12.0)
            he = bit[2] < _lives(old_man, 77.0) and old_man <= OLDEST
            she = (bit[3] < _lives(old_woman, 84.0) and old_woman <= OLDEST) or not he
            if he:
                age[OLD_MAN if upper else HEAD_MAN] = old_man
            if she and not (upper and old_woman > OLDEST):
                age[OLD_WOMAN if upper else HEAD_WOMAN] = old_woman

        first_man, first_woman = (age[HEAD_MAN], age[HEAD_WOMAN]) if stem or skip else (age[MAN], age[WOMAN])
        woman_heads = first_woman >= 0 and (bit[4] < heads_couple or first_man < 0)
        variants[row] = np.uint8(WOMAN_HEADS * woman_heads + MANS_SIDE * mans_side)
        unmarried[row] = lone and is_woman and bit[5] < never_married


@numba.njit(cache=True, nogil=True)
def _between(quantiles: F, bits: np.uint16) -> np.float32:
    """Draw from a table of quantiles: the upper bits choose a step, the lower ones the place on it."""
    step = np.int64(bits) // PER_STEP
    below = quantiles[step]
    share = np.float32(np.int64(bits) - step * PER_STEP) * np.float32(1 / PER_STEP)
    drawn: np.float32 = below + (quantiles[step + 1] - below) * share
    return drawn


@numba.njit(cache=True, nogil=True)
def _within(value: np.float32, low: float, high: float) -> np.float32:
    return np.float32(min(max(value, np.float32(low)), np.float32(high)))


@numba.njit(cache=True, nogil=True)
def _lives(age: np.float32, half: float) -> np.float32:
    """What sixteen bits stay below for somebody still alive (assumed: half the men by 77, women by 84)."""
    below: np.float32 = np.float32(2**BITS) / (np.float32(1) + np.exp((age - np.float32(half)) / np.float32(6)))
    return below


@numba.njit(cache=True, nogil=True)
def _siblings(bit: NDArray[np.uint16], anchor: np.float32, age: F, girl: B) -> None:
    """One brother or sister, sometimes two, each more than a year older or younger."""
    for place in range(1 + (bit[32] < SECOND)):
        apart = np.float32(1.2) * (np.float32(1) + np.float32(bit[30 + place]) * np.float32(4 / 2**BITS))
        age[FIRST_SIBLING + place] = max(anchor - apart if place else anchor + apart, np.float32(16))
        girl[FIRST_SIBLING + place] = bit[33 + place] < HALF


@numba.njit(cache=True, nogil=True)
def _grandchildren(
    bit: NDArray[np.uint16],
    grandmother: np.float32,
    age: F,
    girl: B,
    stay: NDArray[np.uint32],
    boys: np.uint32,
    boys_since: np.uint32,
    this_year: np.float32,
) -> None:
    """One or two whose parents are away: under 17, with two births between 18 and 42 in between."""
    low = _within(grandmother - np.float32(84), 0.2, 16.0)
    high = _within(grandmother - np.float32(38), 1.0, 17.0)
    for child in range(1 + (bit[10] < SECOND)):
        born = low + np.float32(bit[11 + child]) * np.float32(1 / 2**BITS) * max(high - low, np.float32(0.5))
        _stay_at_home(bit, child, born, age, girl, stay, boys, boys_since, this_year)


@numba.njit(cache=True, nogil=True)
def _children(  # noqa: PLR0913, PLR0917 -- compiled: everything is handed in
    bit: NDArray[np.uint16],
    woman: np.float32,
    man: np.float32,
    age: F,
    girl: B,
    marriage_scale: np.float32,
    families: NDArray[np.uint8],
    family_until: NDArray[np.int64],
    stay: NDArray[np.uint32],
    boys: np.uint32,
    boys_since: np.uint32,
    this_year: np.float32,
    gamma: F,
) -> None:
    """Those born while she could, and still living there."""
    cohort = 0
    while cohort < family_until.shape[0] and family_until[cohort] < this_year - woman:
        cohort += 1
    wanted = min(int(families[(cohort << FAMILY_BITS) + (int(bit[9]) >> (BITS - FAMILY_BITS))]), MAX_CHILDREN)
    # Three gammas of shape 2: wedding, first birth, further births.
    wedding = max(
        np.float32(WOMAN_MARRIES_FROM) + _between(gamma, bit[11]) * marriage_scale,
        np.float32(MAN_MARRIES_FROM) - (man - woman),
    )
    birth = min(wedding, woman)
    for child in range(wanted):
        if child:
            birth += _between(gamma, bit[12 + child]) * np.float32(LATER_SCALE) + np.float32(BIRTHS_APART)
        else:
            birth += _between(gamma, bit[12]) * np.float32(FIRST_SCALE) + np.float32(FIRST_BIRTH_AFTER)
        if birth > woman or birth > LAST_BIRTH:
            break
        _stay_at_home(bit, child, woman - birth, age, girl, stay, boys, boys_since, this_year)


@numba.njit(cache=True, nogil=True)
def _stay_at_home(
    bit: NDArray[np.uint16],
    child: int,
    born: np.float32,
    age: F,
    girl: B,
    stay: NDArray[np.uint32],
    boys: np.uint32,
    boys_since: np.uint32,
    this_year: np.float32,
) -> None:
    """Draw the sex of a child so many years old, and whether it still lives there."""
    years = int(born)
    is_girl = bit[18 + child] >= (boys_since if years <= this_year - MORE_BOYS_SINCE else boys)
    if bit[24 + child] < stay[int(is_girl), min(years, tables.MAX_AGE)]:
        age[FIRST_CHILD + child] = born
        girl[FIRST_CHILD + child] = is_girl
