"""Names by sex and generation: họ, đệm, tên, in this order. All words come from fixtures/people/names.toml."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulation.population import tables
from simulation.population.encoding import Lexicon
from simulation.population.kernel import FIRST_YEAR, YEARS
from simulation.population.lottery import Lottery, lottery
from simulation.population.tables import Generation


class NameBook:
    """Names as numbers of words, and what compiled code draws them by (`kernel.Persons`)."""

    def __init__(self, *, surnames: str, more_surnames: Sequence[str] = ()) -> None:
        """Take the list of surnames (nation, north or south) and surnames that have to be known besides."""
        words, weights = tables.weights(tables.names().surnames[surnames]["weights"])
        self.surnames = (*words, *dict.fromkeys(word for word in more_surnames if word not in words))
        self.surname = lottery(weights)
        known = _generations()
        until = [generation.until for generation in known[0][:-1]]
        #: Group of boys' names, by year from FIRST_YEAR; girls' are `generations` further.
        self.generation = np.searchsorted(until, FIRST_YEAR + np.arange(YEARS)).astype(np.uint8)
        self.generations = len(known[0])
        groups = [pools(generation) for sex in known for generation in sex]
        self.middles, self.middle, self.middle_base = _merge([middle for middle, _ in groups])
        self.given, self.given_name, self.given_base = _merge([given for _, given in groups])
        self.given_count = np.array([len(words) for _, (words, _) in groups])
        self.last_middle = _word_numbers([middle.rsplit(" ", 1)[-1] for middle in self.middles], self.given)
        self.given_word = _word_numbers(self.given, self.given)
        #: Words with the space behind them, in the order of names.
        self.spelt = (
            Lexicon([f"{word} " for word in self.surnames]),
            Lexicon([f"{word} " if word else "" for word in self.middles]),
            Lexicon(self.given),
        )

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
    return tuple(word for words, _ in pools for word in words), lottery(rows), base


def _word_numbers(words: Sequence[str], numbered: Sequence[str]) -> NDArray[np.int64]:
    """The same word, the same number; -1 for words that are not among those numbered."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(numbered))}
    return np.array([numbers.get(word, -1) for word in words])
