"""The paper of a pack: both eras' forms, Vietnamese whole, tagged as PDF/A-2a wants it, the same bytes every time."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from test_bid_judging import BID, BROKEN, GOOD

from simulation.mistakes import BadInputError
from tinhmau import bids
from verification.bids import judging, paper
from verification.bids.bid import Bid

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
FILES = (paper.Held("raw/settled.jsonl", 1234, "0" * 64),)


def laid_out(bid: Bid = BID, name: str = "") -> bytes:
    """Set the paper of good evidence, or of evidence with one thing wrong."""
    seen = BROKEN[name][0](GOOD) if name else GOOD
    return paper.lay_out(bid, seen, judging.judge(bid, seen), files=FILES, at=AT, environment={"Mầm": 1})


def letters(pdf: bytes) -> str:
    """Letters that the pages' fonts say they show."""
    reader = PdfFileReader(io.BytesIO(pdf))
    found = []
    for page in reader.root["/Pages"]["/Kids"]:
        for font in page.get_object()["/Resources"]["/Font"].values():
            table = font.get_object()["/ToUnicode"].get_object().data.decode("latin-1")
            found += [
                bytes.fromhex(one).decode("utf-16-be", "replace")
                for one in re.findall(r"<[0-9A-F]+>\s*<([0-9A-Fa-f]+)>", table)
            ]
    return "".join(found)


def test_a_paper_is_tagged_says_its_language_and_claims_pdf_a_2a() -> None:
    """A structure tree, marked content, Vietnamese as the language, and part 2 level A in its metadata."""
    root = PdfFileReader(io.BytesIO(laid_out())).root

    assert "/StructTreeRoot" in root
    assert bool(root["/MarkInfo"]["/Marked"])
    assert str(root["/Lang"]).lower().startswith("vi")
    about = root["/Metadata"].get_object().data.decode("utf-8")
    assert re.search(r"pdfaid:part>2<", about)
    assert re.search(r"pdfaid:conformance>A<", about)


def test_every_vietnamese_letter_of_a_verdict_is_on_the_page() -> None:
    """Stacked marks, đ and Đ, in a paper whose verdict is broken."""
    shown = letters(laid_out(name="a lost dossier"))

    assert set("ệữểđĐàáộửố") <= set(shown)


def test_no_letter_comes_from_a_font_of_this_machine() -> None:
    """Else an evaluator's machine would lay another paper out than the one that was signed."""
    root = PdfFileReader(io.BytesIO(laid_out())).root
    names = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in root["/Pages"]["/Kids"]
        for font in page.get_object()["/Resources"]["/Font"].values()
    }
    assert names
    assert all(name.startswith(("LibertinusSerif", "DejaVuSansMono")) for name in names), names


def test_the_lost_of_a_load_are_counted_as_the_verdict_counts_them() -> None:
    """A dossier that is there in another state than acknowledged is lost, too."""
    (seen,) = [BROKEN["another state"][0](GOOD)]
    assert [row["lost"] for row in paper._probes(BID, seen)] == ["1", "0"]


def test_the_same_evidence_gives_the_same_bytes_and_each_era_its_form() -> None:
    """2018: functional and non-functional tests; 2026: six groups of criteria."""
    older = msgspec.structs.replace(BID, era="2018")

    assert laid_out() == laid_out()
    assert laid_out(older) != laid_out()
    assert [row["name"][:2] for row in paper._groups(older, judging.judge(older, GOOD))] == ["A.", "B."]
    assert len(paper._groups(BID, judging.judge(BID, GOOD))) == 6


@pytest.mark.parametrize("reference", ["env:BID_NOWHERE", "file:nowhere.txt"])
def test_a_reference_that_leads_nowhere_is_told_before_anything_starts(tmp_path: Path, reference: str) -> None:
    """The key's name, where it was looked for, and the way out."""
    bid = msgspec.structs.replace(BID, credentials={"integration_key": reference})

    with (
        pytest.raises(BadInputError, match=r"credentials\.integration_key"),
        bids.reached(bid, folder=tmp_path, environ={}),
    ):
        pass
