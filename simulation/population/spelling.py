"""Columns of text made by compiled code: what people are called and numbered, spelt straight into Arrow's memory.

Short texts (up to twelve bytes) stand in cells of sixteen: length, bytes, zeros (Arrow, "variable-size binary view
layout"). Polars keeps texts in the same way, so that such a column is handed over and not made once more. Longer ones
stand one behind the other with the places where they end, and Polars makes cells of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nanoarrow
import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

Cells = NDArray[np.uint32]
Bytes = NDArray[np.uint8]
Place = int | np.integer[Any]

#: Bytes that fit into a cell beside the length.
SHORT = 12
#: Bytes copied at a time: a step of fixed length is one move, and what it writes too much the next text covers.
STEP = 16
#: Four digits as a word of 32 bits, by number; a longest number that fits into a cell has three of them.
_FOUR = np.frombuffer("".join(f"{number:04d}" for number in range(10_000)).encode(), dtype="<u4").astype(np.uint32)
#: By length of a text: what is kept of the three words of its cell.
_KEPT = np.array(
    [
        np.frombuffer(b"\xff" * length + b"\0" * (SHORT - length), dtype="<u4").astype(np.uint32)
        for length in range(SHORT + 1)
    ]
)
_POWERS = 10 ** np.arange(SHORT + 1, dtype=np.int64)


def digits(numbers: NDArray[np.int64], lengths: int | NDArray[np.integer]) -> pl.Series:
    """Write numbers with so many digits (twelve at the most), leading zeros included; with none, an empty text."""
    return _short(_digits(numbers, np.broadcast_to(np.asarray(lengths, dtype=np.uint8), len(numbers))))


def words(choices: Sequence[str] | Lexicon, numbers: NDArray[np.integer]) -> pl.Series:
    """Look words up by number; -1 is the last."""
    known = choices if isinstance(choices, Lexicon) else Lexicon(choices)
    if known.lengths.size and int(known.lengths.max()) > SHORT:
        return _long(*_gather_long(known.letters, known.lengths, numbers))
    cells = np.zeros((len(known.lengths), 4), dtype=np.uint32)
    cells[:, 0] = known.lengths
    cells.view(np.uint8)[:, 4:] = known.letters[:, :SHORT]
    return _short(_gather(cells, numbers))


def headed(heads: Sequence[str], which: NDArray[np.uint8], numbers: NDArray[np.int64], length: int) -> pl.Series:
    """Write numbers of so many digits behind heads; where the head is empty, an empty text."""
    known = Lexicon(heads)
    return _long(*_headed(known.letters, known.lengths, which, numbers, length))


class Lexicon:
    """Words by number, as bytes: what compiled code puts texts together from."""

    def __init__(self, words: Sequence[str]) -> None:
        """Take the words."""
        spelt = [word.encode() for word in words]
        self.lengths = np.array([len(word) for word in spelt], dtype=np.int32)
        # Whole steps of copying, zeros behind each word.
        width = STEP * (1 + max((len(word) for word in spelt), default=0) // STEP)
        self.letters = np.array(spelt, dtype=f"S{width}").view(np.uint8).reshape(-1, width)


def joined(parts: Sequence[tuple[Lexicon, NDArray[np.uint16]]], fixed: Lexicon, which: NDArray[np.int32]) -> pl.Series:
    """Put three words each together; where `which` is not 0, the text of `fixed` that it numbers from 1."""
    (one, first), (two, second), (three, third) = parts
    ends, text = _joined(
        one.letters, one.lengths, first, two.letters, two.lengths, second, three.letters, three.lengths, third,
        fixed.letters, fixed.lengths, which,
    )  # fmt: skip
    return _long(ends, text)


def _short(cells: Cells) -> pl.Series:
    no_buffers = np.zeros(0, dtype=np.int64)
    held = [None, cells.reshape(-1).view(np.uint8), no_buffers]
    return pl.Series(nanoarrow.c_array_from_buffers(nanoarrow.string_view(), len(cells), held))


def _long(ends: NDArray[np.int32], text: Bytes) -> pl.Series:
    return pl.Series(nanoarrow.c_array_from_buffers(nanoarrow.string(), len(ends) - 1, [None, ends, text]))


@numba.njit(cache=True, nogil=True)
def _gather(cells: Cells, numbers: NDArray[np.integer]) -> Cells:
    made = np.empty((numbers.shape[0], 4), np.uint32)
    for row in range(numbers.shape[0]):
        place = np.int64(numbers[row])
        if place < 0:
            place += cells.shape[0]
        for word in range(4):
            made[row, word] = cells[place, word]
    return made


@numba.njit(cache=True, nogil=True)
def _digits(numbers: NDArray[np.int64], lengths: NDArray[np.uint8]) -> Cells:
    made = np.empty((numbers.shape[0], 4), np.uint32)
    for row in range(numbers.shape[0]):
        length = np.int64(lengths[row])
        # As if there were twelve digits, the last of them zeros that are not kept.
        number = np.uint64(numbers[row] * _POWERS[SHORT - length]) if length else np.uint64(0)
        upper = np.uint32(number // np.uint64(100_000_000))
        lower = np.uint32(number - np.uint64(upper) * np.uint64(100_000_000))
        made[row, 0] = np.uint32(length)
        made[row, 1] = _FOUR[upper] & _KEPT[length, 0]
        made[row, 2] = _FOUR[lower // np.uint32(10_000)] & _KEPT[length, 1]
        made[row, 3] = _FOUR[lower % np.uint32(10_000)] & _KEPT[length, 2]
    return made


@numba.njit(cache=True, nogil=True)
def _gather_long(
    letters: Bytes, lengths: NDArray[np.int32], numbers: NDArray[np.integer]
) -> tuple[NDArray[np.int32], Bytes]:
    ends = np.zeros(numbers.shape[0] + 1, np.int32)
    for row in range(numbers.shape[0]):
        ends[row + 1] = ends[row] + lengths[numbers[row]]
    text = np.empty(ends[-1] + STEP, np.uint8)
    for row in range(numbers.shape[0]):
        _put(text, ends[row], letters, lengths, np.int64(numbers[row]))
    return ends, text[: ends[-1]]


@numba.njit(cache=True, nogil=True)
def _headed(
    letters: Bytes, lengths: NDArray[np.int32], which: NDArray[np.uint8], numbers: NDArray[np.int64], length: int
) -> tuple[NDArray[np.int32], Bytes]:
    ends = np.zeros(numbers.shape[0] + 1, np.int32)
    for row in range(numbers.shape[0]):
        head = lengths[which[row]]
        ends[row + 1] = ends[row] + (head + length if head else 0)
    text = np.empty(ends[-1] + STEP, np.uint8)
    for row in range(numbers.shape[0]):
        if ends[row + 1] > ends[row]:
            at = _put(text, np.int64(ends[row]), letters, lengths, np.int64(which[row]))
            rest, left = np.uint64(numbers[row]), length
            while left >= 4:  # noqa: PLR2004 -- as many as a word of `_FOUR` has
                rest, four = rest // np.uint64(10_000), _FOUR[rest % np.uint64(10_000)]
                left -= 4
                for place in range(4):
                    text[at + left + place] = np.uint8((four >> np.uint32(8 * place)) & np.uint32(255))
            while left:
                left -= 1
                rest, digit = rest // np.uint64(10), rest % np.uint64(10)
                text[at + left] = np.uint8(48 + digit)
    return ends, text[: ends[-1]]


@numba.njit(cache=True, nogil=True)
def _joined(  # noqa: PLR0913, PLR0917 -- compiled: everything is handed in
    one: Bytes,
    one_length: NDArray[np.int32],
    first: NDArray[np.uint16],
    two: Bytes,
    two_length: NDArray[np.int32],
    second: NDArray[np.uint16],
    three: Bytes,
    three_length: NDArray[np.int32],
    third: NDArray[np.uint16],
    fixed: Bytes,
    fixed_length: NDArray[np.int32],
    which: NDArray[np.int32],
) -> tuple[NDArray[np.int32], Bytes]:
    count = which.shape[0]
    ends = np.zeros(count + 1, np.int32)
    for row in range(count):
        length = one_length[first[row]] + two_length[second[row]] + three_length[third[row]]
        ends[row + 1] = ends[row] + (fixed_length[which[row] - 1] if which[row] > 0 else length)
    text = np.empty(ends[-1] + STEP, np.uint8)
    for row in range(count):
        at: Place = np.int64(ends[row])
        if which[row] > 0:
            _put(text, at, fixed, fixed_length, np.int64(which[row]) - 1)
        else:
            at = _put(text, at, one, one_length, np.int64(first[row]))
            at = _put(text, at, two, two_length, np.int64(second[row]))
            _put(text, at, three, three_length, np.int64(third[row]))
    return ends, text[: ends[-1]]


@numba.njit(cache=True, nogil=True)
def _put(text: Bytes, at: Place, letters: Bytes, lengths: NDArray[np.int32], word: Place) -> Place:
    """Copy a word to a place, in whole steps; returns where it ends."""
    length = lengths[word]
    for place in range(STEP):
        text[at + place] = letters[word, place]
    if length > STEP:
        for place in range(STEP, length):
            text[at + place] = letters[word, place]
    end: Place = at + length
    return end
