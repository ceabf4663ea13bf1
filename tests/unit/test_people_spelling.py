"""Columns of text made by compiled code: the same texts as Python writes, and the same to Polars as its own."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.population.spelling import SHORT, Lexicon, digits, headed, joined, words

WORDS = st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=8)


@given(pairs=st.lists(st.tuples(st.integers(0, 10**12 - 1), st.integers(0, SHORT)), max_size=30))
def test_digits_are_written_with_their_zeros(pairs: list[tuple[int, int]]) -> None:
    """A number has as many digits as asked for, and none at all where no digit is."""
    numbers = [number % 10**length if length else -1 for number, length in pairs]
    lengths = [length for _, length in pairs]
    made = digits(np.array(numbers, dtype=np.int64), np.array(lengths, dtype=np.int64))
    wanted = [f"{number:0{length}d}" if length else "" for number, length in zip(numbers, lengths, strict=True)]
    assert made.to_list() == wanted
    # Equal as columns too: what Polars compares are cells, zeros behind the text included.
    assert made.equals(pl.Series(wanted, dtype=pl.String))


@given(choices=WORDS, data=st.data())
def test_words_are_looked_up(choices: list[str], data: st.DataObject) -> None:
    """By number, short or long, in any script; -1 is the last."""
    numbers = data.draw(st.lists(st.integers(-1, len(choices) - 1), max_size=20))
    made = words(choices, np.array(numbers, dtype=np.int32))
    assert made.equals(pl.Series([choices[number] for number in numbers], dtype=pl.String))


@pytest.mark.parametrize("length", [3, 4, 10])
def test_numbers_stand_behind_their_heads(length: int) -> None:
    """An empty head has no number either."""
    made = headed(("", "HC483"), np.array([1, 0, 1], dtype=np.uint8), np.array([7, 8, 999]), length)
    assert made.to_list() == [f"HC483{7:0{length}d}", "", f"HC483{999:0{length}d}"]


@given(words=WORDS, fixed=WORDS, data=st.data())
def test_three_words_make_a_text(words: list[str], fixed: list[str], data: st.DataObject) -> None:
    """Side by side, or the fixed text where one is named."""
    place = st.integers(0, len(words) - 1)
    rows = data.draw(st.lists(st.tuples(place, place, place, st.integers(0, len(fixed))), max_size=20))
    columns = np.array(rows, dtype=np.uint16).reshape(-1, 4)
    book = Lexicon(words)
    parts = [(book, columns[:, number].copy()) for number in range(3)]
    made = joined(parts, Lexicon(fixed), columns[:, 3].astype(np.int32))
    assert made.to_list() == [
        fixed[which - 1] if which else words[one] + words[two] + words[three] for one, two, three, which in rows
    ]
