"""What an incoming document was before it travelled: signed on screen, or paper that was scanned; and how many pages.

A seal of the agency is on every envelope and says neither. A PDF with a signature in it counts as signed on screen,
whoever signed it: a scan that an agency has certified with a signature is not told from it (assumed).
"""

from __future__ import annotations

import io
import re
import zlib
from datetime import datetime
from typing import Literal

import msgspec

from services.kit.edxml import archive
from services.kit.edxml.envelope import Envelope
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from services.office.carried import holder_of
from services.office.paper import SCAN

How = Literal["digital", "paper", "unknown"]
_PICTURES = (".tif", ".tiff", ".jpg", ".jpeg", ".png")
_MOST_PAGES = 100_000  # of one PDF, assumed: one that claims more is not believed
_MOST_UNPACKED = 64 << 20  # bytes of all streams of one PDF, as of a zip; the library unpacks them without a bound
_MOST_STREAMS = 20_000  # of one PDF, assumed
_PIECE = 1 << 16  # bytes looked at together
_DEEPEST = 4  # streams packed in streams
_STREAM = re.compile(rb"stream\r?\n")
_UNBOUNDED = re.compile(rb"/LZWDecode|/RunLengthDecode|/LZW\b|/RL\b|/Filter\s*/[A-Za-z]*#")  # packings not looked into


class Original(msgspec.Struct, frozen=True):
    """How a document was signed, and its pages."""

    signed: How
    pages: int


def original_of(envelope: Envelope, trust: Trust, *, at: datetime) -> Original:
    """Look into all attachments; personal signatures are held against the moment `at`.

    Pages are those of the attached PDFs; without any, what the sender tells (PageAmount).
    """
    signed: set[How] = set()
    pages = 0
    for one in envelope.attachments:
        try:
            files = archive.unpack(one.archive)
        except ValueError:
            continue
        signed.add(_signed(files, trust, at))
        for name, content in files.items():
            if name.lower().endswith(".pdf"):
                how, many = _pdf(content)
                signed.add(how)
                pages += many
    best: How = "digital" if "digital" in signed else "paper" if "paper" in signed else "unknown"
    return Original(best, pages or envelope.pages)


def _signed(files: dict[str, bytes], trust: Trust, at: datetime) -> How:
    """How a text in the form that offices write was signed; pictures are scans."""
    try:
        if holder_of(files, trust, at):
            return "digital"
    except EdxmlError:
        return "unknown"
    return "paper" if any(name == SCAN or name.lower().endswith(_PICTURES) for name in files) else "unknown"


def _pdf(content: bytes) -> tuple[How, int]:
    """How a PDF was signed, and its pages; unknown and none for one that cannot be read."""
    if _UNBOUNDED.search(content) or _unpacked(content) > _MOST_UNPACKED:
        return "unknown", 0
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 -- half a second, spared where none is filed

    try:
        reader = PdfFileReader(io.BytesIO(content))
        pages = int(reader.root["/Pages"]["/Count"])
        signed = bool(reader.embedded_signatures)
    except Exception:  # noqa: BLE001 -- the library has no closed list of what a damaged file makes it raise
        return "unknown", 0
    return ("digital" if signed else "paper"), pages if 0 < pages <= _MOST_PAGES else 0


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
