"""Draws households whose people fit together: marriages at lawful ages, births after marriages, parents old enough.

Every household is a row of fourteen places (see kinship.py). Ages are years as floats, so that "born nine months after
the wedding" means what it says; -1 stands for nobody. Nothing here knows of communes, names or numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.population import tables
from simulation.population.kernel import HOUSEHOLD_BITS, NOBODY, WOMAN_MARRIES_FROM, Customs, live_together
from simulation.population.kinship import PLACES
from simulation.population.lottery import GAMMA, NORMAL, lottery, sixteens, threshold

F = NDArray[np.float32]
B = NDArray[np.bool_]


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
        habits, births = known.customs, known.births
        # Age at marriage: 18 years and a gamma of shape 2, whose scale follows from the mean.
        scale = (marriage_age_women - WOMAN_MARRIES_FROM) / 2
        marriage = known.marriage
        self.customs = Customs(
            shares=tuple(
                threshold(
                    [
                        habits.son_stays,
                        habits.woman_heads_couple,
                        habits.woman_is_lone_parent,
                        habits.mother_unmarried,
                        births.boys_share,
                        births.boys_share_since_2006,
                    ]
                )
            ),
            lengths=tuple(
                np.array([marriage.mean_gap_years, marriage.gap_spread_years, scale, year], dtype=np.float32)
            ),
            families=lottery([family.shares for family in births.families]),
            family_until=np.array([family.until for family in births.families[:-1]]),
            stay=threshold(known.leaving.by_age()),
            normal=NORMAL,
            gamma=GAMMA,
        )

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
        bits = sixteens(rng, count, HOUSEHOLD_BITS)
        live_together(bits, kinds, anchors, made.variants, made.unmarried, made.ages, made.female, self.customs)
        return made
