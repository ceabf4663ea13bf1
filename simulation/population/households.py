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
from simulation.population.lottery import Lottery, threshold

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

_MAX_CHILDREN = 6
#: Mean of each of the two waits that a birth takes beyond the least, for the first and for later ones (assumed).
_BIRTH_SCALES = np.array([0.4, 1.05], dtype=np.float32)
_BIRTH_LEAST = np.array([FIRST_BIRTH_AFTER, BIRTHS_APART], dtype=np.float32)
#: By kind: whether children may live there.
_HAS_CHILDREN = np.array([kind in {Kind.COUPLE, Kind.LONE, Kind.UPPER, Kind.STEM, Kind.SKIP} for kind in Kind])
#: What sixteen bits stay below for a second grandchild or sibling, and for a woman among siblings (assumed).
_SECOND, _HALF = threshold(0.4), threshold(0.5)
#: Year of a child's birth from which boys are chosen more often (the published ratio has risen since).
_MORE_BOYS_SINCE = 2006


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
        self._year = year
        known = tables.households()
        self._son_stays = threshold(known.customs.son_stays)
        self._woman_heads = threshold(known.customs.woman_heads_couple)
        self._woman_alone = threshold(known.customs.woman_is_lone_parent)
        self._never_married = threshold(known.customs.mother_unmarried)
        self._gap_mean = np.float32(known.marriage.mean_gap_years)
        self._gap_spread = np.float32(known.marriage.gap_spread_years)
        # Age at marriage: 18 years and a gamma of shape 2, whose scale follows from the mean.
        self._marriage_scale = np.float32((marriage_age_women - WOMAN_MARRIES_FROM) / 2)
        self._families = Lottery([family.shares for family in known.births.families])
        self._family_until = np.array([family.until for family in known.births.families[:-1]])
        self._boys = threshold(known.births.boys_share)
        self._boys_since = threshold(known.births.boys_share_since_2006)
        self._stay = threshold(known.leaving.by_age())

    def draw(self, rng: np.random.Generator, kinds: NDArray[np.uint8], anchors: F) -> Households:
        """Draw one household per kind.

        The anchor is an age in years: of the woman in the middle generation (the man, for a single man), of the old
        woman where the old generation heads the household.
        """
        count = len(kinds)
        elder_headed = (kinds == Kind.STEM) | (kinds == Kind.SKIP)
        upper = kinds == Kind.UPPER
        bits = rng.integers(0, 2**16, (8, count), dtype=np.uint16)
        mans_side = bits[0] < self._son_stays
        gap = np.clip(rng.standard_normal(count, np.float32) * self._gap_spread + self._gap_mean, -5, 14)

        woman, man, old_woman = self._couple(rng, kinds, anchors, gap, mans_side)
        old_man = old_woman + np.clip(rng.standard_normal(count, np.float32) * 3 + 3, -4, 12)
        ages = np.full((count, PLACES), NOBODY)
        female = np.zeros((count, PLACES), dtype=bool)
        female[:, [HEAD_WOMAN, WOMAN, OLD_WOMAN]] = True

        self._children(rng, ages, female, woman=woman, man=man, kinds=kinds)
        self._siblings(rng, ages, female, kinds=kinds, anchors=anchors)

        single = (kinds == Kind.SINGLE) | (kinds == Kind.SIBLINGS)
        lone = kinds == Kind.LONE
        # Old people alone are mostly widows; young ones are about half men.
        is_woman = np.where(
            lone,
            bits[1] < self._woman_alone,
            bits[1] < threshold(np.clip(0.44 + (anchors - 40) * 0.009, 0.40, 0.82)),
        )
        away = kinds == Kind.SKIP
        ages[:, WOMAN] = np.where((single | lone) & ~is_woman | away, NOBODY, np.where(single, anchors, woman))
        ages[:, MAN] = np.where((single | lone) & is_woman | away, NOBODY, np.where(single, anchors, man))

        lives = self._old_lives(bits[2], bits[3], old_man, old_woman)
        old_man, old_woman = np.where(lives[0], old_man, NOBODY), np.where(lives[1], old_woman, NOBODY)
        for place, old in ((HEAD_MAN, old_man), (HEAD_WOMAN, old_woman)):
            ages[:, place] = np.where(elder_headed, old, NOBODY)
        for place, old in ((OLD_MAN, old_man), (OLD_WOMAN, old_woman)):
            ages[:, place] = np.where(upper & (old <= OLDEST), old, NOBODY)

        wants = bits[4] < self._woman_heads
        first_man, first_woman = (
            np.where(elder_headed, ages[:, old], ages[:, middle]) for old, middle in ((0, MAN), (1, WOMAN))
        )
        woman_heads = (first_woman >= 0) & (wants | (first_man < 0))
        return Households(
            kinds=kinds,
            variants=(woman_heads * np.uint8(WOMAN_HEADS) + mans_side * np.uint8(MANS_SIDE)).astype(np.uint8),
            unmarried=lone & is_woman & (bits[5] < self._never_married),
            ages=ages,
            female=female,
        )

    def _couple(
        self, rng: np.random.Generator, kinds: NDArray[np.uint8], anchors: F, gap: F, mans_side: B
    ) -> tuple[F, F, F]:
        """Ages of the middle couple, and of the mother of the one whose parents live there."""
        mother_at_birth = np.clip(rng.standard_normal(len(kinds), np.float32) * 5 + 25, 18.5, 42)
        stem = kinds == Kind.STEM
        # The child who stayed is grown up, so an old woman of 45 had her early.
        mother_at_birth = np.where(stem, np.minimum(mother_at_birth, anchors - MARRIED_CHILD_FROM), mother_at_birth)
        linked = np.where(stem, anchors - mother_at_birth, anchors)
        # Of the couple, the linked one has the age; the other follows from the gap.
        of_man = stem & mans_side
        woman = np.maximum(np.where(of_man, linked - gap, linked), WOMAN_MARRIES_FROM)
        man = np.maximum(np.where(of_man, linked, woman + gap), MAN_MARRIES_FROM)
        old_woman = np.where((kinds == Kind.UPPER), np.where(mans_side, man, woman) + mother_at_birth, anchors)
        return woman, man, old_woman

    def _children(
        self,
        rng: np.random.Generator,
        ages: F,
        female: B,
        *,
        woman: F,
        man: F,
        kinds: NDArray[np.uint8],
    ) -> None:
        count = len(kinds)
        # Three gammas of shape 2 (wedding, first birth, further births), each the sum of two exponentials.
        waits = rng.standard_exponential((count, _MAX_CHILDREN + 1), np.float32)
        waits += rng.standard_exponential((count, _MAX_CHILDREN + 1), np.float32)
        bits = rng.integers(0, 2**16, (3, count, _MAX_CHILDREN), dtype=np.uint16)
        # Grandchildren whose parents are away have no mother here to count from.
        alone = np.flatnonzero(kinds == Kind.SKIP)
        fixed = self._grandchildren(bits[0, alone, 2:], woman[alone])
        cohort = np.searchsorted(self._family_until, self._year - woman, side="left")
        wanted = np.minimum(self._families.draw(bits[0, :, 0], cohort).astype(np.int64), _MAX_CHILDREN)
        wanted[alone] = 1 + (bits[0, alone, 1] < _SECOND)
        wanted[~_HAS_CHILDREN[kinds]] = 0
        _give_birth(
            ages[:, CHILDREN], female[:, CHILDREN], waits, bits, wanted, woman, man, alone, fixed,
            self._marriage_scale, self._stay, np.array([self._boys, self._boys_since]), self._year - _MORE_BOYS_SINCE,
        )  # fmt: skip

    @staticmethod
    def _grandchildren(bits: NDArray[np.uint16], grandmother: F) -> F:
        """Ages of up to six grandchildren: under 17, with two births between 18 and 42 in between."""
        share = np.zeros((len(bits), _MAX_CHILDREN), dtype=np.float32)
        share[:, : bits.shape[1]] = bits / np.float32(2**16)
        low = np.clip(grandmother - 84, 0.2, 16)[:, None]
        high = np.clip(grandmother - 38, 1, 17)[:, None]
        drawn: F = low + share * np.maximum(high - low, 0.5)
        return drawn

    @staticmethod
    def _siblings(rng: np.random.Generator, ages: F, female: B, *, kinds: NDArray[np.uint8], anchors: F) -> None:
        rows = np.flatnonzero(kinds == Kind.SIBLINGS)
        bits = rng.integers(0, 2**16, (3, len(rows), 2), dtype=np.uint16)
        apart = np.array([1.2, -1.2], dtype=np.float32) * (1 + bits[0] / np.float32(2**16) * 4)
        old = np.maximum(anchors[rows, None] + apart, 16)
        old[:, 1] = np.where(bits[1, :, 1] < _SECOND, old[:, 1], NOBODY)
        ages[rows, SIBLINGS] = old
        female[rows, SIBLINGS] = bits[2] < _HALF

    @staticmethod
    def _old_lives(man_bits: NDArray[np.uint16], woman_bits: NDArray[np.uint16], man: F, woman: F) -> tuple[B, B]:
        """Who of the old couple is still alive; one of them always is (assumed: half the men by 77, women by 84)."""
        men = man_bits < threshold(1 / (1 + np.exp((man - 77) / 6)))
        women = woman_bits < threshold(1 / (1 + np.exp((woman - 84) / 6)))
        return men & (man <= OLDEST), (women & (woman <= OLDEST)) | ~men


@numba.njit(cache=True, nogil=True)
def _give_birth(  # noqa: PLR0913, PLR0917 -- compiled: everything is handed in
    ages: F,
    female: B,
    waits: F,
    bits: NDArray[np.uint16],
    wanted: NDArray[np.int64],
    woman: F,
    man: F,
    alone: NDArray[np.int64],
    fixed: F,
    marriage_scale: np.float32,
    stay: NDArray[np.uint32],
    boys: NDArray[np.uint32],
    more_boys_until: int,
) -> None:
    """Fill the places of children of each household: those born while she could, and still living there."""
    turn = 0
    for row in range(woman.shape[0]):
        is_alone = turn < alone.shape[0] and alone[turn] == row
        turn += is_alone
        moment = np.float32(0)
        wedding = max(
            np.float32(WOMAN_MARRIES_FROM) + waits[row, 0] * marriage_scale,
            np.float32(MAN_MARRIES_FROM) - (man[row] - woman[row]),
        )
        wedding = min(wedding, woman[row])
        for child in range(wanted[row]):
            if is_alone:
                birth, born = np.float32(0), fixed[turn - 1, child]
            else:
                later = child > 0
                moment += waits[row, child + 1] * _BIRTH_SCALES[int(later)] + _BIRTH_LEAST[int(later)]
                birth = moment + wedding
                born = woman[row] - birth
            if born < 0 or birth > LAST_BIRTH:
                continue
            year = int(min(born, np.float32(tables.MAX_AGE)))
            girl = bits[1, row, child] >= boys[int(year <= more_boys_until)]
            if bits[2, row, child] < stay[int(girl), year]:
                ages[row, child] = born
                female[row, child] = girl
