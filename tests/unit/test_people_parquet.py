"""Our own Parquet files: what a reader of somebody else's finds in them is what was written."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.population import parquet
from simulation.population.encoding import MOST_DIGITS, Lexicon
from simulation.population.parquet import Column, File

WORDS = st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=300)
NO_HEAD = Lexicon([""])


def _read(schema: Mapping[str, pl.DataType], *groups: Sequence[Column], rows: Sequence[int]) -> pl.DataFrame:
    """Write groups of rows, and have Polars read them."""
    out = io.BytesIO()
    file = File(out, schema)
    for columns, count in zip(groups, rows, strict=True):
        file.add(parquet.group(columns, count))
    file.close()
    return pl.read_parquet(out.getvalue())


def _one(kind: pl.DataType, column: Column, rows: int) -> pl.Series:
    return _read({"one": kind}, [column], rows=[rows])["one"]


@pytest.mark.parametrize("count", [1, 2, 128, 129, 130, 161, 1000, 4097])
@pytest.mark.parametrize("most", [0, 1, 9, 70_000, 2**31 - 1])
def test_integers(count: int, most: int) -> None:
    """However many there are and however far they lie apart, downwards too."""
    values = np.random.default_rng(count).integers(-most, most, count, dtype=np.int32, endpoint=True)
    assert _one(pl.Int32(), parquet.integers(values), count).to_list() == values.tolist()


def test_integers_as_far_apart_as_they_can_be() -> None:
    """A difference of 33 bits, back and forth."""
    values = np.tile(np.array([-(2**31), 2**31 - 1], dtype=np.int32), 100)
    assert _one(pl.Int32(), parquet.integers(values), 200).to_list() == values.tolist()


def test_truths_reals_and_dates() -> None:
    """As they are, in a number that fills no byte."""
    rng = np.random.default_rng(1)
    truths, reals, days = rng.random(1003) < 0.3, rng.random(1003, np.float32), rng.integers(-20_000, 20_000, 1003)
    schema = {"truth": pl.Boolean(), "real": pl.Float32(), "day": pl.Date()}
    columns = parquet.truths(truths), parquet.reals(reals), parquet.integers(days.astype(np.int32))
    made = _read(schema, columns, rows=[1003])
    assert made.schema == schema
    assert made["truth"].to_list() == truths.tolist()
    assert made["real"].to_list() == reals.tolist()
    assert made["day"].cast(pl.Int32).to_list() == days.tolist()


@given(choices=WORDS, data=st.data())
def test_words_of_a_list(choices: list[str], data: st.DataObject) -> None:
    """By number, in any script and length, from a list of one word or of hundreds."""
    numbers = data.draw(st.lists(st.integers(0, len(choices) - 1), min_size=1, max_size=40))
    made = _one(pl.String(), parquet.words(Lexicon(choices), np.array(numbers, dtype=np.int32)), len(numbers))
    assert made.to_list() == [choices[number] for number in numbers]


def test_words_of_an_enum_come_back_as_one() -> None:
    """The list is in the file, also the words that nobody has."""
    kind = pl.Enum(["a", "b", "c", "d", "e"])
    column = parquet.words(Lexicon(["a", "b", "c", "d", "e"]), np.array([4, 0, 0], dtype=np.uint8))
    made = _one(kind, column, 3)
    assert made.dtype == kind
    assert made.to_list() == ["e", "a", "a"]


@given(pairs=st.lists(st.tuples(st.integers(0, 10**12 - 1), st.integers(0, MOST_DIGITS)), min_size=1, max_size=300))
def test_digits_are_written_with_their_zeros(pairs: list[tuple[int, int]]) -> None:
    """A number has as many digits as asked for, and none at all where no digit is."""
    numbers = [number % 10**length if length else -1 for number, length in pairs]
    lengths = [length for _, length in pairs]
    column = parquet.digits(
        np.array(numbers, dtype=np.int64), np.array(lengths, dtype=np.uint8), heads=NO_HEAD,
        which=np.zeros(len(pairs), dtype=np.uint8),
    )  # fmt: skip
    wanted = [f"{number:0{length}d}" if length else "" for number, length in zip(numbers, lengths, strict=True)]
    assert _one(pl.String(), column, len(pairs)).to_list() == wanted


def test_numbers_stand_behind_their_heads() -> None:
    """Heads may be of several lengths; where there are no digits, there is no head either."""
    heads, which = Lexicon(["", "HC483", "ABCDEFGH"]), np.array([1, 0, 1, 2, 0, 2], dtype=np.uint8)
    column = parquet.digits(
        np.array([7, 8, 999, 12, 5, 5]), np.array([10, 0, 10, 3, 3, 0], dtype=np.uint8), heads=heads, which=which
    )
    wanted = ["HC4830000000007", "", "HC4830000000999", "ABCDEFGH012", "005", ""]
    assert _one(pl.String(), column, 6).to_list() == wanted


def test_of_longer_numbers_the_last_digits_count() -> None:
    """A number that begins with what the head says already is not written twice."""
    numbers, lengths = np.array([83_185_012_345, 83_285_000_001, 99_000_000_000]), np.full(3, 9, dtype=np.uint8)
    column = parquet.digits(numbers, lengths, heads=Lexicon(["083"]), which=np.zeros(3, dtype=np.uint8))
    assert _one(pl.String(), column, 3).to_list() == ["083185012345", "083285000001", "083000000000"]


@given(words=WORDS, fixed=WORDS, data=st.data())
def test_three_words_make_a_name(words: list[str], fixed: list[str], data: st.DataObject) -> None:
    """Side by side, or the fixed text where one is named; however often the same comes again."""
    place = st.integers(0, len(words) - 1)
    rows = data.draw(
        st.lists(st.tuples(place, place, place, st.integers(0, len(fixed))), min_size=1, max_size=20)
    ) * data.draw(st.integers(1, 3))
    columns = np.array(rows, dtype=np.uint16)
    book = Lexicon(words)
    parts = [(book, columns[:, number].copy()) for number in range(3)]
    column = parquet.names(parts, fixed=Lexicon(fixed), which=columns[:, 3].astype(np.int32))
    assert _one(pl.String(), column, len(rows)).to_list() == [
        fixed[which - 1] if which else words[one] + words[two] + words[three] for one, two, three, which in rows
    ]
    assert column.words == len({(which,) if which else (one, two, three) for one, two, three, which in rows})


def test_groups_of_rows_follow_each_other() -> None:
    """A file of several groups, and one of none."""
    schema = {"number": pl.Int32(), "word": pl.String()}
    parts = [np.arange(300, dtype=np.int32), np.arange(300, 317, dtype=np.int32)]
    groups = [(parquet.integers(part), parquet.words(Lexicon(["even", "odd"]), part % 2)) for part in parts]
    made = _read(schema, *groups, rows=[300, 17])
    assert made["number"].to_list() == list(range(317))
    assert made["word"].to_list() == [("even", "odd")[number % 2] for number in range(317)]
    assert _read(schema, rows=[]).schema == schema
