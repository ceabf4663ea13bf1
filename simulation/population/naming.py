"""Names by sex and generation: họ, đệm, tên, in this order. All words come from fixtures/people/names.toml."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.population import spelling, tables
from simulation.population.lottery import BITS, Lottery
from simulation.population.tables import Generation

U16 = NDArray[np.uint16]


class NameBook:
    """Draws names as numbers of words, many at once, and spells them."""

    def __init__(self, *, surnames: str, more_surnames: Sequence[str] = ()) -> None:
        """Take the list of surnames (nation, north or south) and surnames that have to be known besides."""
        words, weights = tables.weights(tables.names().surnames[surnames]["weights"])
        self.surnames = (*words, *dict.fromkeys(word for word in more_surnames if word not in words))
        self._surname = Lottery(weights)
        known = _generations()
        self._until = np.array([generation.until for generation in known[0][:-1]])
        groups = [pools(generation) for sex in known for generation in sex]
        self._groups = len(known[0])
        self.middles, self._middle, self._middle_base = _merge([middle for middle, _ in groups])
        self.given, self._given, self._given_base = _merge([given for _, given in groups])
        self._given_count = np.array([len(words) for _, (words, _) in groups])
        self._last_middle = _word_numbers([middle.rsplit(" ", 1)[-1] for middle in self.middles], self.given)
        self._given_word = _word_numbers(self.given, self.given)
        self._spelt = (
            spelling.Lexicon([f"{word} " for word in self.surnames]),
            spelling.Lexicon([f"{word} " if word else "" for word in self.middles]),
            spelling.Lexicon(self.given),
        )

    def draw_surnames(self, bits: U16) -> U16:
        """Draw surnames, as numbers of `surnames`."""
        return self._surname.draw(bits).astype(np.uint16)

    def draw_rest(
        self, bits: NDArray[np.uint16], *, female: NDArray[np.bool_], years: NDArray[np.integer]
    ) -> tuple[U16, U16]:
        """Draw middle and given names, as numbers of `middles` and `given`, for people of given sex and year of birth.

        The first two columns of `bits` are sixteen random bits each. No name ends with the same word twice.
        """
        middle, given = _rest(
            bits, female, years, self._until, self._middle_base, self._middle.table, self._given_base,
            self._given.table, self._given_count, self._given_word, self._last_middle,
        )  # fmt: skip
        return middle, given

    def spell(
        self, surnames: U16, middles: U16, given: U16, *, fixed: spelling.Lexicon, which: NDArray[np.int32]
    ) -> pl.Series:
        """Write full names in Vietnamese order; where `which` is not 0, the name of `fixed` that it numbers from 1."""
        first, second, third = self._spelt
        return spelling.joined([(first, surnames), (second, middles), (third, given)], fixed, which)

    def surname_number(self, full_name: str) -> int:
        """Number of the surname of a name; raises ValueError where the book does not know it."""
        return self.surnames.index(full_name.split(" ", 1)[0])


def generation(sex: str, year: int) -> Generation:
    """Return the names given to boys ("male") or girls born in a year."""
    rows = _generations()[sex == "female"]
    return next(row for row in rows if year <= row.until)


def _generations() -> tuple[tuple[Generation, ...], tuple[Generation, ...]]:
    known = tables.names()
    if [row.until for row in known.male] != [row.until for row in known.female]:
        message = "names.toml: boys and girls need the same generations; make the `until` of both lists the same"
        raise ValueError(message)
    return known.male, known.female


#: Words with their weights.
Pool = tuple[tuple[str, ...], NDArray[np.float64]]


def pools(generation: Generation) -> tuple[Pool, Pool]:
    """Middle names (none, one or two words) and given names of a generation, with weights."""
    pool: dict[str, float] = {"": generation.none}
    words, weights = tables.weights(generation.single)
    for word, weight in zip(words, weights / weights.sum(), strict=True):
        pool[word] = weight * (1 - generation.none - generation.double)
    firsts, first_weights = tables.weights(generation.first)
    seconds, second_weights = tables.weights(generation.second)
    pairs = {
        f"{first} {second}": first_weight * second_weight
        for first, first_weight in zip(firsts, first_weights, strict=True)
        for second, second_weight in zip(seconds, second_weights, strict=True)
        if first != second
    }
    scale = generation.double / sum(pairs.values())
    pool.update((pair, weight * scale) for pair, weight in pairs.items())
    return (tuple(pool), np.array(list(pool.values()))), tables.weights(generation.given)


def _merge(pools: list[Pool]) -> tuple[tuple[str, ...], Lottery, NDArray[np.int64]]:
    """Put the pools of all groups into one list of words, one lottery, and where each group begins in the list."""
    width = max(len(words) for words, _ in pools)
    rows = np.zeros((len(pools), width))
    for row, (_, weights) in zip(rows, pools, strict=True):
        row[: len(weights)] = weights
    base = np.cumsum([0, *(len(words) for words, _ in pools[:-1])])
    return tuple(word for words, _ in pools for word in words), Lottery(rows), base


def _word_numbers(words: Sequence[str], numbered: Sequence[str]) -> NDArray[np.int64]:
    """The same word, the same number; -1 for words that are not among those numbered."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(numbered))}
    return np.array([numbers.get(word, -1) for word in words])


@numba.njit(cache=True, nogil=True)
def _rest(  # noqa: PLR0913, PLR0917 -- compiled: everything is handed in
    bits: NDArray[np.uint16],
    female: NDArray[np.bool_],
    years: NDArray[np.integer],
    until: NDArray[np.int64],
    middle_base: NDArray[np.int64],
    middles: NDArray[np.uint16],
    given_base: NDArray[np.int64],
    givens: NDArray[np.uint16],
    given_count: NDArray[np.int64],
    given_word: NDArray[np.int64],
    last_middle: NDArray[np.int64],
) -> tuple[U16, U16]:
    middle, given = np.empty(years.shape[0], np.uint16), np.empty(years.shape[0], np.uint16)
    for row in range(years.shape[0]):
        group = 0
        while group < until.shape[0] and until[group] < years[row]:
            group += 1
        if female[row]:
            group += until.shape[0] + 1
        first = middle_base[group] + middles[(group << BITS) + bits[row, 0]]
        second = np.int64(givens[(group << BITS) + bits[row, 1]])
        if given_word[given_base[group] + second] == last_middle[first]:
            second = (second + 1) % given_count[group]
        middle[row], given[row] = first, given_base[group] + second
    return middle, given
