"""How an incoming document was signed, and how many pages it has, told from what other programs attach."""

from __future__ import annotations

import zlib
from datetime import datetime

import edxml_samples as samples
import msgspec
import pytest

from services.kit.clock import VIETNAM
from services.kit.edxml import archive
from services.kit.edxml.envelope import Attachment
from services.kit.edxml.trust import Trust
from services.office import paper
from services.office.inspecting import pdfs_of
from services.office.judging import judge
from services.office.originals import Original, original_of
from services.office.pdf import Page, PdfSeal, laid_out
from services.office.verdicts import Question

AUTHORITY = samples.SmallAuthority()
SEAL = AUTHORITY.seal(samples.DEPARTMENT)
KEY, CERTIFICATE = AUTHORITY.holding(samples.DEPARTMENT)
TEXT = "Kính gửi quý cơ quan."
PDF = laid_out(
    Page(
        agency="Sở Nội vụ", place="Bến Tre", notation="15/SNV-VP", issued_at=datetime(2018, 8, 22, 9, tzinfo=VIETNAM),
        kind="Công văn", subject="V/v rà soát", content="\n\n".join([TEXT] * 40), addressees=["UBND xã Thới Thạnh"],
        position="Giám đốc", signed="(đã ký)", signer="Nguyễn Thị Đoàn",
    )
)  # fmt: skip
SIGNED_PDF = PdfSeal(key=KEY, certificate=CERTIFICATE, authority=AUTHORITY.pem).sign(
    PDF, reason="Ký", place="Bến Tre", at=samples.NOON
)
ALTERED_PDF = SIGNED_PDF.replace(b"/MediaBox", b"/MediaBOX", 1)
PAGES = PDF.count(b"/Type/Page/")
TOLD = 77  # PageAmount of the envelope
SIGNATURE = msgspec.json.encode(SEAL.sign_content(TEXT.encode()))


def _original(*zips: bytes) -> Original:
    attachments = tuple(
        Attachment(content_id=f"cid:{number}", name="tep.zip", description="", archive=one)
        for number, one in enumerate(zips, 1)
    )
    envelope = msgspec.structs.replace(samples.envelope(), pages=TOLD, attachments=attachments)
    question = Question(pdfs=(), at=samples.NOON, authority=AUTHORITY.pem, rsa_sha1=True, listed=True)
    pdfs = [judge(content, question) for _, _, content in pdfs_of(attachments)]
    return original_of(envelope, Trust(AUTHORITY.pem), pdfs, at=samples.NOON)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"van-ban.PDF": SIGNED_PDF}, ("digital", PAGES, "valid")),
        ({"van-ban.pdf": ALTERED_PDF}, ("digital", PAGES, "invalid")),
        ({"a.pdf": SIGNED_PDF, "b.pdf": ALTERED_PDF}, ("digital", 2 * PAGES, "invalid")),
        ({"van-ban.pdf": PDF}, ("paper", PAGES, "")),
        ({"a.pdf": PDF, "b.pdf": PDF}, ("paper", 2 * PAGES, "")),
        ({"trang-1.jpg": b"\xff\xd8"}, ("paper", TOLD, "")),
        ({paper.TEXT: TEXT.encode(), paper.SCAN: b"-"}, ("paper", TOLD, "")),
        ({paper.TEXT: TEXT.encode(), paper.SIGNATURE: SIGNATURE}, ("digital", TOLD, "valid")),
        ({paper.TEXT: TEXT.encode(), paper.SIGNATURE: SIGNATURE, "phu-luc.pdf": PDF}, ("digital", PAGES, "valid")),
        ({paper.TEXT: b"changed", paper.SIGNATURE: SIGNATURE}, ("unknown", TOLD, "invalid")),
        ({"van-ban.docx": b"PK"}, ("unknown", TOLD, "")),
        ({"van-ban.pdf": b"%PDF-1.7 and no more"}, ("unknown", TOLD, "unknown")),
        ({"van-ban.pdf": PDF.replace(f"/Count {PAGES}".encode(), b"/Count -1")}, ("paper", TOLD, "")),
    ],
    ids=["signed PDF", "altered PDF", "one of two altered", "scan", "two scans", "picture", "our scan", "our signature",
         "with an annex",
         "signature of another text", "word processor", "damaged PDF", "PDF that lies"],
)  # fmt: skip
def test_signature_and_pages_are_read_from_what_is_attached(
    files: dict[str, bytes], wanted: tuple[str, int, str]
) -> None:
    """Pages are those of the PDFs, else the sender's word; what cannot be told is unknown."""
    told = _original(archive.pack(files))
    assert (told.signed, told.pages, told.held) == wanted
    assert PAGES > 1


def test_one_signed_attachment_makes_the_document_a_signed_one() -> None:
    """Beside it a zip that nobody can open, and a scan; by itself that zip tells nothing."""
    scan, signed = archive.pack({"a.pdf": PDF}), archive.pack({"b.pdf": SIGNED_PDF})
    assert _original(b"no zip", scan, signed) == Original("digital", 2 * PAGES, "valid")
    assert _original(b"no zip") == Original("unknown", TOLD)


@pytest.mark.parametrize("times", [1, 2])
def test_a_pdf_that_would_fill_memory_is_not_opened(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of 100 MB of zeros, packed once or twice; without it, the same PDF is read."""

    def opened(*_: object) -> None:
        pytest.fail("the PDF was opened")

    bomb, nothing = bytes(100 << 20), zlib.compress(b"")
    for _ in range(times):
        bomb = zlib.compress(bomb, 9)
    assert _original(archive.pack({"a.pdf": _with_stream(nothing, times)})) == Original("paper", PAGES)
    monkeypatch.setattr("pyhanko.pdf_utils.reader.PdfFileReader.__init__", opened)
    assert _original(archive.pack({"a.pdf": _with_stream(bomb, times)})) == Original("unknown", TOLD, "unknown")


def _with_stream(packed: bytes, times: int) -> bytes:
    """Return the PDF with one stream more."""
    head = b"9 0 obj\n<< /Length %d /Filter [%s] >>\nstream\n" % (len(packed), b"/FlateDecode " * times)
    return b"".join((PDF, b"\n", head, packed, b"\nendstream\nendobj\n", PDF[PDF.rindex(b"startxref") :]))
