"""How columns stand in a Parquet file, made by compiled code straight from numbers.

The encodings are those of the format's document (https://parquet.apache.org/docs/file-format/data-pages/encodings/):
numbers by their differences, words by their places in a list, texts as lengths and letters. A text of digits is never
made as a text of its own, and a name is spelt once for all who bear it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
Int = int | np.integer[Any]

#: Most digits of a number that is written as a text.
MOST_DIGITS = 12
#: Most letters of a head before a number.
MOST_HEAD = 8
#: Bytes copied at a time: a step of fixed length is one move, and what it writes too much the next text covers.
STEP = 16
#: Numbers in a block of differences and in each of its parts, which have a width of their own.
_BLOCK, _PART = 128, 32
_PARTS = _BLOCK // _PART
#: Four digits, by number.
_FOUR = np.frombuffer("".join(f"{number:04d}" for number in range(10_000)).encode(), dtype=np.uint8).reshape(-1, 4)
_POWERS = np.uint64(10) ** np.arange(MOST_DIGITS + 1, dtype=np.uint64)
_ROUND = np.uint64(10**MOST_DIGITS)
#: An odd number that spreads the values of a hash table (the golden ratio's, of 64 bits).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
#: Key of a fixed name: above all of three words of sixteen bits.
_FIXED = np.uint64(1 << 48)
_u = np.uint64  # an unsigned index: nothing to check for counting from the end, so moves stay whole
_ONE, _SIXTEEN, _THIRTY_TWO = np.uint64(1), np.uint64(16), np.uint64(32)


class Lexicon:
    """Words by number, as bytes: what compiled code puts texts together from."""

    def __init__(self, words: Sequence[str]) -> None:
        """Take the words."""
        spelt = [word.encode() for word in words]
        self.lengths = np.array([len(word) for word in spelt], dtype=np.int32)
        # Whole steps of copying, zeros behind each word.
        width = STEP * (1 + max((len(word) for word in spelt), default=0) // STEP)
        self.letters = np.array(spelt, dtype=f"S{width}").view(np.uint8).reshape(-1, width)

    def plain(self) -> Bytes:
        """All words, each behind its length."""
        numbers = np.arange(len(self.lengths), dtype=np.uint64)
        none = np.zeros((1, STEP), np.uint8), np.zeros(1, np.int32)
        made: Bytes = _joined(numbers << _THIRTY_TWO, self.letters, self.lengths, *none, *none, *none)
        return made


def truths(values: NDArray[np.bool_]) -> Bytes:
    """PLAIN, a bit each."""
    return np.packbits(values, bitorder="little")


def differences(values: NDArray[np.integer]) -> Bytes:
    """DELTA_BINARY_PACKED: numbers of 32 bits by how far they lie apart."""
    made: Bytes = _differences(values)
    return made


def places(numbers: NDArray[np.integer], words: int) -> Bytes:
    """RLE_DICTIONARY, one run: places in a list of so many words."""
    made: Bytes = _places(numbers, max((words - 1).bit_length(), 1))
    return made


def digits(
    numbers: NDArray[np.integer], lengths: NDArray[np.uint8], heads: Lexicon, which: NDArray[np.uint8]
) -> tuple[I32, I32, Bytes]:
    """Texts of a head each (MOST_HEAD letters at the most) and the last so many digits of a number.

    A number has six digits more than that at the most. Where the length is 0, the text is empty. Returns how many
    letters each text has from the one before, how many of its own, and these.
    """
    made: tuple[I32, I32, Bytes] = _digits(numbers, lengths, heads.letters, heads.lengths, which)
    return made


def names(
    parts: Sequence[tuple[Lexicon, U16]], fixed: Lexicon, which: NDArray[np.int32]
) -> tuple[NDArray[np.uint32], int, Bytes]:
    """Put three words each together; where `which` is not 0, the text of `fixed` that it numbers from 1.

    Returns the place of each text in a list without doubles, how long the list is, and the list as `Lexicon.plain`.
    """
    (one, first), (two, second), (three, third) = parts
    numbers, keys = _distinct(first, second, third, which)
    text = _joined(
        keys, one.letters, one.lengths, two.letters, two.lengths, three.letters, three.lengths,
        fixed.letters, fixed.lengths,
    )  # fmt: skip
    return numbers, len(keys), text


@numba.njit(cache=True, nogil=True)
def _put_number(out: Bytes, at: Int, value: np.uint64) -> Int:
    """Write a number in groups of seven bits, the lowest first; returns where it ends."""
    while value > np.uint64(127):
        out[at] = np.uint8(value & np.uint64(127)) | np.uint8(128)
        value >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(value)
    return at + 1


@numba.njit(cache=True, nogil=True)
def _put_signed(out: Bytes, at: Int, value: Int) -> Int:
    return _put_number(out, at, np.uint64((value << 1) ^ (value >> 63)))


@numba.njit(cache=True, nogil=True)
def _differences(values: NDArray[np.integer]) -> Bytes:
    count = values.shape[0]
    blocks = (max(count - 1, 0) + _BLOCK - 1) // _BLOCK
    # A block has a least difference of five bytes, a width for each part, and differences of 33 bits at the most.
    out = np.empty(32 + blocks * (5 + _PARTS + 5 * _BLOCK), np.uint8)
    at = _put_number(out, 0, np.uint64(_BLOCK))
    at = _put_number(out, at, np.uint64(_PARTS))
    at = _put_number(out, at, np.uint64(count))
    at = _put_signed(out, at, np.int64(values[0]) if count else 0)
    apart = np.empty(_BLOCK, np.int64)
    for first in range(1, count, _BLOCK):
        many = min(_BLOCK, count - first)
        before = np.int64(values[first - 1])
        for row in range(many):
            apart[_u(row)] = np.int64(values[_u(first + row)]) - before
            before = np.int64(values[_u(first + row)])
        least = apart[0]
        for row in range(many):
            least = min(least, apart[row])
        at = _put_signed(out, at, least)
        widths = at
        at += _PARTS
        for part in range(_PARTS):
            together = np.uint64(0)
            for row in range(part * _PART, (part + 1) * _PART):
                apart[_u(row)] = apart[_u(row)] - least if row < many else 0
                together |= np.uint64(apart[_u(row)])
            width = 0
            while together >> np.uint64(width):
                width += 1
            out[widths + part] = width
            at = _pack(apart[part * _PART : (part + 1) * _PART], width, out, at)
    return out[:at]


@numba.njit(cache=True, nogil=True, forceinline=True)
def _pack(values: NDArray[np.integer], width: int, out: Bytes, at: Int) -> Int:
    """Write numbers of `width` bits (33 at the most), a multiple of eight of them; returns where they end."""
    held, bits = np.uint64(0), 0
    for row in range(values.shape[0]):
        held |= np.uint64(values[_u(row)]) << np.uint64(bits)
        bits += width
        while bits >= 8:  # noqa: PLR2004 -- a byte
            out[_u(at)] = np.uint8(held & np.uint64(255))
            held >>= np.uint64(8)
            bits -= 8
            at += 1
    return at


@numba.njit(cache=True, nogil=True)
def _places(numbers: NDArray[np.integer], width: int) -> Bytes:
    count = numbers.shape[0]
    eights = (count + 7) // 8
    out = np.empty(16 + eights * width, np.uint8)
    out[0] = width
    at = _put_number(out, 1, np.uint64((eights << 1) | 1))
    whole = count // 8 * 8
    at = _pack(numbers[:whole], width, out, at)
    if whole < count:
        last = np.zeros(8, np.int64)
        for row in range(whole, count):
            last[row - whole] = numbers[row]
        at = _pack(last, width, out, at)
    return out[:at]


@numba.njit(cache=True, nogil=True)
def _digits(
    numbers: NDArray[np.integer],
    lengths: NDArray[np.uint8],
    letters: Bytes,
    head_lengths: I32,
    which: NDArray[np.uint8],
) -> tuple[I32, I32, Bytes]:
    count = numbers.shape[0]
    shared, own = np.empty(count, np.int32), np.empty(count, np.int32)
    out = np.empty(count * (MOST_HEAD + MOST_DIGITS) + STEP, np.uint8)
    at: Int = 0
    before: Int = -1  # the head of the text before; none where that is empty
    for row in range(count):
        length = np.int64(lengths[row])
        # As if there were twelve digits: the zeros behind are written over by the next text.
        value = np.uint64(numbers[row]) * _POWERS[MOST_DIGITS - length] % _ROUND
        head = np.int64(which[row]) if length else -1
        known = np.int64(head_lengths[head]) if length else 0
        same = known if head == before else 0
        before = head
        for place in range(MOST_HEAD):
            out[_u(at + place)] = letters[_u(which[row]), place]
        at += known - same
        upper = np.uint32(value // np.uint64(100_000_000))
        lower = np.uint32(value - np.uint64(upper) * np.uint64(100_000_000))
        middle = lower // np.uint32(10_000)
        _put_four(out, at, np.int64(upper))
        _put_four(out, at + 4, np.int64(middle))
        _put_four(out, at + 8, np.int64(lower - middle * np.uint32(10_000)))
        at += length
        shared[row], own[row] = same, known - same + length
    return shared, own, out[:at]


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put_four(out: Bytes, at: Int, number: Int) -> None:
    one, two = _FOUR[_u(number), 0], _FOUR[_u(number), 1]
    three, four = _FOUR[_u(number), 2], _FOUR[_u(number), 3]
    out[_u(at)] = one
    out[_u(at + 1)] = two
    out[_u(at + 2)] = three
    out[_u(at + 3)] = four


@numba.njit(cache=True, nogil=True)
def _distinct(first: U16, second: U16, third: U16, which: I32) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Number names in the order of their first bearers; returns the numbers, and the key of each name."""
    count = which.shape[0]
    bits = 4
    while 1 << bits <= count:
        bits += 1
    # An open hash table of the names' numbers, from 1; the keys are beside it.
    known = np.zeros(1 << bits, np.uint32)
    keys = np.empty(count, np.uint64)
    numbers = np.empty(count, np.uint32)
    found = 0
    for row in range(count):
        if which[row] > 0:
            key = _FIXED + np.uint64(which[row] - 1)
        else:
            key = (np.uint64(first[row]) << _THIRTY_TWO) | (np.uint64(second[row]) << _SIXTEEN) | np.uint64(third[row])
        at = (key * _SPREAD) >> np.uint64(64 - bits)
        while known[at] and keys[known[at] - 1] != key:
            at = (at + _ONE) & np.uint64((1 << bits) - 1)
        if not known[at]:
            keys[found] = key
            found += 1
            known[at] = found
        numbers[row] = known[at] - 1
    return numbers, keys[:found].copy()


@numba.njit(cache=True, nogil=True)
def _joined(
    keys: NDArray[np.uint64],
    one: Bytes,
    one_length: I32,
    two: Bytes,
    two_length: I32,
    three: Bytes,
    three_length: I32,
    fixed: Bytes,
    fixed_length: I32,
) -> Bytes:
    """Spell names by their keys, each behind its length."""
    size = np.int64(STEP)
    for row in range(keys.shape[0]):
        key = keys[row]
        if key >= _FIXED:
            size += 4 + fixed_length[key - _FIXED]
        else:
            size += 4 + one_length[key >> _THIRTY_TWO]
            size += two_length[(key >> _SIXTEEN) & np.uint64(0xFFFF)] + three_length[key & np.uint64(0xFFFF)]
    out = np.empty(size, np.uint8)
    at: Int = 0
    for row in range(keys.shape[0]):
        key = keys[row]
        begin = at + 4
        if key >= _FIXED:
            at = _put(out, begin, fixed, fixed_length, np.int64(key - _FIXED))
        else:
            at = _put(out, begin, one, one_length, np.int64(key >> _THIRTY_TWO))
            at = _put(out, at, two, two_length, np.int64((key >> _SIXTEEN) & np.uint64(0xFFFF)))
            at = _put(out, at, three, three_length, np.int64(key & np.uint64(0xFFFF)))
        length = at - begin
        for byte in range(4):
            out[begin - 4 + byte] = np.uint8((length >> (8 * byte)) & 255)
    return out[:at]


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put(text: Bytes, at: Int, letters: Bytes, lengths: I32, word: Int) -> Int:
    """Copy a word to a place, in whole steps; returns where it ends."""
    length = np.int64(lengths[word])
    for place in range(STEP):
        text[_u(at + place)] = letters[_u(word), place]
    if length > STEP:
        for place in range(STEP, length):
            text[_u(at + place)] = letters[_u(word), place]
    return at + length
