"""Parquet files of columns that are numbers already: what a writer of tables would find out again, is written as it is.

Polars and pyarrow take texts and look for those that are the same; people are drawn as places in lists of words. So
this writer is handed columns as they are drawn, encodes them (`encoding.py`), and adds what makes a file of them:
pages, compressed with zstd, and the description at the end (https://parquet.apache.org/docs/file-format/), in Thrift's
compact protocol. Nothing is ever missing in these columns, so there are no levels; a group of rows has one page a
column.
"""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import BinaryIO, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.population import encoding
from simulation.population.encoding import Bytes, Lexicon

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: What every file begins and ends with.
_MAGIC = b"PAR1"
_ZSTD: Mapping[int, int] = {zstd.CompressionParameter.compression_level: 1}
#: Digits repeat by chance: to look for matches shorter than seven letters costs time and saves nothing.
_ZSTD_DIGITS: Mapping[int, int] = {
    **_ZSTD,
    zstd.CompressionParameter.min_match: 7,
    zstd.CompressionParameter.hash_log: 10,
}

#: Numbers that the format gives to things.
_BOOLEAN, _INT32, _FLOAT, _BYTE_ARRAY = 0, 1, 4, 6
_REQUIRED = 0
_UTF8, _DATE = 0, 6
_UNCOMPRESSED, _BY_ZSTD = 0, 6
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2


class _Encoding(IntEnum):
    """How the values of a page stand in it."""

    PLAIN = 0
    RLE = 3
    DELTA_BINARY_PACKED = 5
    DELTA_BYTE_ARRAY = 7
    RLE_DICTIONARY = 8


class Column(NamedTuple):
    """The values of one column in one group of rows."""

    encoding: _Encoding
    pages: tuple[Bytes, ...]  #: of the list of words, where there is one, and of the values; not compressed yet
    words: int = 0  #: how many the list has
    zstd: Mapping[int, int] | None = None  #: how it is compressed; not at all where there is nothing to gain


def truths(values: NDArray[np.bool_]) -> Column:
    """Yes or no."""
    return Column(_Encoding.PLAIN, (encoding.truths(values),))


def integers(values: NDArray[np.integer]) -> Column:
    """Numbers of 32 bits, also dates (days since 1970-01-01)."""
    return Column(_Encoding.DELTA_BINARY_PACKED, (encoding.differences(values),))


def reals(values: NDArray[np.float32]) -> Column:
    """Numbers with a fraction."""
    return Column(_Encoding.PLAIN, (values.astype("<f4", copy=False).view(np.uint8),), zstd=_ZSTD)


def words(choices: Lexicon, numbers: NDArray[np.integer]) -> Column:
    """Words of a list, by number."""
    count = len(choices.lengths)
    pages = choices.plain(), encoding.places(numbers, count)
    return Column(_Encoding.RLE_DICTIONARY, pages, words=count, zstd=_ZSTD)


def digits(
    numbers: NDArray[np.integer], lengths: NDArray[np.uint8], *, heads: Lexicon, which: NDArray[np.uint8]
) -> Column:
    """Texts of a head each and so many digits of a number (`encoding.digits`)."""
    shared, own, text = encoding.digits(numbers, lengths, heads, which)
    page = np.concatenate([encoding.differences(shared), encoding.differences(own), text])
    return Column(_Encoding.DELTA_BYTE_ARRAY, (page,), zstd=_ZSTD_DIGITS)


def names(parts: Sequence[tuple[Lexicon, NDArray[np.uint16]]], *, fixed: Lexicon, which: NDArray[np.int32]) -> Column:
    """Names of three words each, or fixed ones (`encoding.names`)."""
    numbers, count, text = encoding.names(parts, fixed, which)
    pages = text, encoding.places(numbers, count)
    return Column(_Encoding.RLE_DICTIONARY, pages, words=count, zstd=_ZSTD)


class _Chunk(NamedTuple):
    """A column of a group, as the description at the end tells of it."""

    encodings: tuple[int, ...]
    codec: int
    begins: tuple[int, ...]  #: of each page, within the group
    size: int
    full_size: int  #: before it was compressed


class Group(NamedTuple):
    """Rows ready to be written."""

    rows: int
    content: tuple[bytes, ...]
    chunks: tuple[_Chunk, ...]


def group(columns: Sequence[Column], rows: int) -> Group:
    """Make pages of the columns of a group of rows, and compress them."""
    content: list[bytes] = []
    chunks = []
    at = 0
    for column in columns:
        start, full, begins = at, 0, []
        for place, page in enumerate(column.pages):
            begins.append(at)
            packed = page.tobytes() if column.zstd is None else zstd.compress(page.data, options=column.zstd)
            if place < len(column.pages) - 1:
                kind, about = _DICTIONARY_PAGE, (7, _struct((1, column.words), (2, _Encoding.PLAIN)))
            else:
                levels = (3, _Encoding.RLE), (4, _Encoding.RLE)  # there are none, but it has to be said how
                kind, about = _DATA_PAGE, (5, _struct((1, rows), (2, column.encoding), *levels))
            header = _struct((1, kind), (2, len(page)), (3, len(packed)), about)
            content += header, packed
            at += len(header) + len(packed)
            full += len(header) + len(page)
        used = (column.encoding,) if len(begins) == 1 else (_Encoding.PLAIN, column.encoding)
        codec = _UNCOMPRESSED if column.zstd is None else _BY_ZSTD
        chunks.append(_Chunk(used, codec, tuple(begins), at - start, full))
    return Group(rows, tuple(content), tuple(chunks))


class File:
    """A file that grows by groups of rows; `close` makes it one that can be read."""

    def __init__(self, out: BinaryIO, schema: Mapping[str, pl.DataType]) -> None:
        """Take where to write, and the columns in the order in which groups have them."""
        self._out = out
        self._schema = schema
        self._groups: list[_Struct] = []
        self._rows = 0
        self._at = out.write(_MAGIC)

    def add(self, rows: Group) -> None:
        """Write a group of rows."""
        columns = []
        for (name, kind), chunk in zip(self._schema.items(), rows.chunks, strict=True):
            first, last = self._at + chunk.begins[0], self._at + chunk.begins[-1]
            about = _struct(
                (1, _physical(kind)), (2, list(chunk.encodings)), (3, [name.encode()]), (4, chunk.codec),
                (5, _Long(rows.rows)), (6, _Long(chunk.full_size)), (7, _Long(chunk.size)), (9, _Long(last)),
                *(((11, _Long(first)),) if first != last else ()),
            )  # fmt: skip
            columns.append(_struct((2, _Long(first)), (3, about)))
        full = sum(chunk.full_size for chunk in rows.chunks)
        self._groups.append(_struct((1, columns), (2, _Long(full)), (3, _Long(rows.rows))))
        self._rows += rows.rows
        self._out.writelines(rows.content)
        self._at += sum(len(part) for part in rows.content)

    def close(self) -> None:
        """Write the description of the whole."""
        root = _struct((4, b"schema"), (5, len(self._schema)))
        schema = [root, *(_element(name, kind) for name, kind in self._schema.items())]
        types = _struct((1, b"ARROW:schema"), (2, base64.b64encode(_arrow(self._schema))))
        about = _struct((1, 1), (2, schema), (3, _Long(self._rows)), (4, self._groups), (5, [types]), (6, b"tinhmau"))
        self._out.write(about + len(about).to_bytes(4, "little") + _MAGIC)


def _physical(kind: pl.DataType) -> int:
    if kind.is_temporal() or kind.is_integer():
        return _INT32
    return {pl.Boolean(): _BOOLEAN, pl.Float32(): _FLOAT}.get(kind, _BYTE_ARRAY)


def _element(name: str, kind: pl.DataType) -> _Struct:
    """A column in the description: its type, and what is meant by it, in the format's older way and its newer."""
    of_text, of_date = _physical(kind) == _BYTE_ARRAY, kind == pl.Date()
    meant: tuple[_Field, ...] = ()
    if of_text or of_date:
        meant = (6, _UTF8 if of_text else _DATE), (10, _struct((1 if of_text else 6, _struct())))
    return _struct((1, _physical(kind)), (3, _REQUIRED), (4, name.encode()), *meant)


def _arrow(schema: Mapping[str, pl.DataType]) -> bytes:
    """The types as Arrow describes them: what tells readers that a list of words is one (`pl.Enum`)."""
    stream = io.BytesIO()
    pl.DataFrame(schema=schema).write_ipc_stream(stream, compat_level=pl.CompatLevel.oldest())
    message = stream.getvalue()  # begins with four bytes for a message, its length, and the message with the schema
    return message[: 8 + int.from_bytes(message[4:8], "little")]


# --- Thrift's compact protocol, as far as it is needed


class _Long(int):
    """A number that is declared as one of 64 bits; others have 32."""


class _Struct(bytes):
    """A struct that is written already; other bytes are texts."""

    __slots__ = ()


_Value = int | bytes | Sequence[int] | Sequence[bytes]
_Field = tuple[int, _Value]


def _struct(*fields: _Field) -> _Struct:
    """Fields by number, in rising order."""
    made = bytearray()
    before = 0
    for number, value in fields:
        kind, written = _written(value)
        made.append((number - before) << 4 | kind)
        made += written
        before = number
    made.append(0)
    return _Struct(made)


def _written(value: _Value) -> tuple[int, bytes]:
    """The protocol's number for a type, and the value."""
    if isinstance(value, _Struct):
        return 12, value
    if isinstance(value, bytes):
        return 8, _number(len(value)) + value
    if isinstance(value, int):
        return (6 if isinstance(value, _Long) else 5), _number(2 * value if value >= 0 else -2 * value - 1)
    of = _written(value[0])[0] if value else 12
    head = bytes([len(value) << 4 | of]) if len(value) < 15 else bytes([0xF0 | of]) + _number(len(value))  # noqa: PLR2004
    return 9, head + b"".join(_written(one)[1] for one in value)


def _number(value: int) -> bytes:
    made = bytearray()
    while value > 127:  # noqa: PLR2004 -- seven bits a byte
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
