"""What an incoming document was before it travelled: signed on screen, or paper that was scanned; and how many pages.

A seal of the agency is on every envelope and says neither. A PDF with a signature in it counts as signed on screen,
whoever signed it: a scan that an agency has certified with a signature is not told from it (assumed). Whether what it
was signed with holds is told beside that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.kit.edxml import archive
from services.kit.edxml.envelope import Envelope
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from services.office.carried import holder_of
from services.office.paper import SCAN
from services.office.verdicts import Held, Judged, held, together

How = Literal["digital", "paper", "unknown"]
_PICTURES = (".tif", ".tiff", ".jpg", ".jpeg", ".png")


class Original(msgspec.Struct, frozen=True):
    """How a document was signed, and its pages."""

    signed: How
    pages: int
    held: Held = ""  #: whether its signatures hold; empty where it has none


def original_of(envelope: Envelope, trust: Trust, pdfs: Iterable[Judged], *, at: datetime) -> Original:
    """Look into all attachments, whose `pdfs` were judged; personal signatures are held against the moment `at`.

    Pages are those of the attached PDFs; without any, what the sender tells (PageAmount).
    """
    signs: set[tuple[How, Held]] = set()
    for one in envelope.attachments:
        try:
            files = archive.unpack(one.archive)
        except ValueError:
            continue
        signs.add(_signed(files, trust, at))
    pages = 0
    for pdf in pdfs:
        signs.add(("digital" if pdf.signatures else "unknown" if pdf.problem else "paper", held(pdf)))
        pages += pdf.pages
    signed = {how for how, _ in signs}
    best: How = "digital" if "digital" in signed else "paper" if "paper" in signed else "unknown"
    return Original(best, pages or envelope.pages, together(holds for _, holds in signs))


def _signed(files: dict[str, bytes], trust: Trust, at: datetime) -> tuple[How, Held]:
    """How a text in the form that offices write was signed, and whether that holds; pictures are scans."""
    try:
        if holder_of(files, trust, at):
            return "digital", "valid"
    except EdxmlError:
        return "unknown", "invalid"
    return ("paper" if any(name == SCAN or name.lower().endswith(_PICTURES) for name in files) else "unknown"), ""
