"""Whether a PDF may be opened: the library unpacks streams without a bound, so what they come to is counted first."""

from __future__ import annotations

import re
import zlib

_MOST_UNPACKED = 64 << 20  # bytes of all streams of one PDF, as of a zip
_MOST_STREAMS = 20_000  # of one PDF, assumed
_PIECE = 1 << 16  # bytes looked at together
_DEEPEST = 4  # streams packed in streams
_STREAM = re.compile(rb"stream\r?\n")
_UNBOUNDED = re.compile(rb"/LZWDecode|/RunLengthDecode|/LZW\b|/RL\b|/Filter\s*/[A-Za-z]*#")  # packings not looked into


def too_big(content: bytes) -> bool:
    """Whether it would unpack to too much, or in ways that cannot be told beforehand."""
    return bool(_UNBOUNDED.search(content)) or _unpacked(content) > _MOST_UNPACKED


def _unpacked(content: bytes) -> int:
    """Bytes that the streams of a PDF come to, counted until they are too many."""
    total = 0
    for number, found in enumerate(_STREAM.finditer(content)):
        total += _inflated(memoryview(content)[found.end() :], _MOST_UNPACKED + 1 - total, _DEEPEST)
        if total > _MOST_UNPACKED or number >= _MOST_STREAMS:
            return _MOST_UNPACKED + 1
    return total


def _inflated(packed: bytes | memoryview, most: int, deep: int) -> int:
    """Bytes of a stream, with those that it would come to unpacked again; none where it is not packed by deflate."""
    if deep == 0:
        return most
    inflating, plain, at = zlib.decompressobj(), bytearray(), 0
    try:
        while not inflating.eof and at < len(packed) and len(plain) < most:
            plain += inflating.decompress(packed[at : at + _PIECE], most - len(plain))
            at += _PIECE
    except zlib.error:  # what came before counts
        pass
    if not plain:
        return 0
    return max(len(plain), _inflated(bytes(plain), most, deep - 1))
