"""Fits how frequent each kind of household is, so that the people in them make up the province's pyramid.

A household brings people of several ages at once, so a pyramid cannot be drawn person by person. Each cell (a kind of
household whose anchor is in a five-year age group) gets a weight; what a household of the cell brings is measured on a
sample. Weights that reproduce the pyramid best, starting from the shares in households.toml, come from the EM update
for mixtures, which keeps them above 0 and needs no solver. More rows hold the number of households, how many of them
have one person, and (less strictly) the shares of the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.population import tables
from simulation.population.households import HouseholdMaker
from simulation.population.kinship import Kind, kind_shares
from simulation.streams import Streams

#: Five-year groups of anchors: first and last lower bound, by kind. Outside them a kind makes no sense.
_ANCHORS = {
    Kind.SINGLE: (20, 85),
    Kind.COUPLE: (20, 85),
    Kind.LONE: (25, 85),
    Kind.UPPER: (20, 60),
    Kind.STEM: (45, 85),
    Kind.SKIP: (50, 75),
    Kind.SIBLINGS: (20, 35),
}
GROUP_YEARS = 5
_LAST_GROUP_YEARS = 9.0  #: the open group 85 and over is drawn up to this many years beyond 85
_SAMPLE = 300  #: households per cell
_ROUNDS = 1500
#: The sample is the same for every seed: a population's seed moves people, not the shares they are drawn by.
_SEED = 20180822
#: How much the rows on men and women, on the number of households, and on its kinds count beside those on people.
_SEX_ROW_WEIGHT = 8.0
_COUNT_ROW_WEIGHT = 6.0
_KIND_ROW_WEIGHT = 0.2


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Cells and their weights."""

    kinds: NDArray[np.uint8]  #: per cell
    lowest: NDArray[np.float32]  #: per cell: youngest anchor, in years
    span: NDArray[np.float32]  #: per cell: years above that
    weights: NDArray[np.float64]  #: per cell: share of households, adding up to 1
    mean_size: float  #: people in a household
    expected: NDArray[np.float64]  #: shares of all people by age group and sex that the weights lead to


def fit(maker: HouseholdMaker, pyramid: NDArray[np.float64], *, mean_size: float, one_person: float) -> Fit:
    """Find the weights for a pyramid (shares of all people, 18 age groups by men and women)."""
    kinds, lowest = _cells()
    span = np.where(lowest >= 5 * (tables.AGE_GROUPS - 1), _LAST_GROUP_YEARS, GROUP_YEARS).astype(np.float32)
    brings, alone = _measure(maker, kinds, lowest, span)
    # Rows, all per household of the cell: people by age and sex; men and women; the household; whether it has one
    # person; its kind.
    people = brings.reshape(len(kinds), -1)
    of_kind = kinds[:, None] == np.arange(len(Kind))
    rows = np.concatenate(
        [
            people,
            _SEX_ROW_WEIGHT * brings.sum(axis=1),
            np.full((len(kinds), 1), _COUNT_ROW_WEIGHT),
            alone[:, None],
            _KIND_ROW_WEIGHT * of_kind,
        ],
        axis=1,
    )
    shares = kind_shares() / kind_shares().sum()
    counted = np.array([_COUNT_ROW_WEIGHT, one_person, *(_KIND_ROW_WEIGHT * shares)]) / mean_size
    wanted = np.concatenate([pyramid.ravel(), _SEX_ROW_WEIGHT * pyramid.sum(axis=0), counted])
    weights = _start(kinds) / mean_size
    for _ in range(_ROUNDS):
        got = weights @ rows
        ratio = np.where(wanted > 0, wanted / np.maximum(got, 1e-12), 0.0)
        weights *= (rows @ ratio) / rows.sum(axis=1)
    weights = np.rint(weights / weights.sum() * 1e6) / 1e6  # so that the last bits of a machine's sums do not matter
    weights /= weights.sum()
    total = weights @ people
    return Fit(
        kinds=kinds,
        lowest=lowest,
        span=span,
        weights=weights,
        mean_size=float(total.sum()),
        expected=(total / total.sum()).reshape(pyramid.shape),
    )


def age_group(ages: NDArray[np.floating]) -> NDArray[np.int64]:
    """Five-year group of each age in years, the last one open."""
    made: NDArray[np.int64] = np.minimum(ages.astype(np.int64) // GROUP_YEARS, tables.AGE_GROUPS - 1)
    return made


def _cells() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    cells = [(kind, low) for kind, (first, last) in _ANCHORS.items() for low in range(first, last + 1, GROUP_YEARS)]
    return np.array([kind for kind, _ in cells], dtype=np.uint8), np.array([low for _, low in cells], dtype=np.float32)


def _start(kinds: NDArray[np.uint8]) -> NDArray[np.float64]:
    shares = kind_shares()
    counts = np.bincount(kinds, minlength=len(shares))
    start: NDArray[np.float64] = (shares / shares.sum() / counts)[kinds]
    return start


def _measure(
    maker: HouseholdMaker, kinds: NDArray[np.uint8], lowest: NDArray[np.float32], span: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per cell: people by age group and sex in one household, and the share of households of one."""
    rng = Streams(_SEED)["people.fit"]
    cell = np.repeat(np.arange(len(kinds)), _SAMPLE)
    anchors = lowest[cell] + span[cell] * rng.random(len(cell), np.float32)
    drawn = maker.draw(rng, kinds[cell], anchors)
    here = drawn.ages >= 0
    household, place = np.nonzero(here)
    where = (cell[household] * tables.AGE_GROUPS + age_group(drawn.ages[household, place])) * 2
    where += drawn.female[household, place]
    people = np.bincount(where, minlength=len(kinds) * tables.AGE_GROUPS * 2)
    alone = np.bincount(cell[drawn.sizes == 1], minlength=len(kinds))
    return people.reshape(len(kinds), tables.AGE_GROUPS, 2) / _SAMPLE, alone / _SAMPLE
