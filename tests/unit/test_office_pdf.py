"""PDFs of issued documents: Vietnamese text right, the agency's signature in it, and others agree that it holds."""

from __future__ import annotations

import io
import re
import subprocess
from datetime import datetime
from pathlib import Path

import edxml_samples as samples
import pytest
from asn1crypto import cms
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from services.kit.clock import VIETNAM
from services.office.pdf import Page, PdfSeal, laid_out

AUTHORITY = samples.SmallAuthority()
KEY, CERTIFICATE = AUTHORITY.holding(samples.DEPARTMENT)
PAGE = Page(
    agency="Sở Nội vụ", place="Bến Tre", notation="15/SNV-VP", issued_at=datetime(2018, 8, 22, 9, tzinfo=VIETNAM),
    kind="Công văn", subject="V/v rà soát <thủ tục> #1 $x$",
    content="Kính gửi quý cơ quan.\nĐề nghị hoà giải, chữ ệ ữ ỷ đ Đ.",
    addressees=["UBND xã Thới Thạnh"], position="Giám đốc", signed="(đã ký số)", signer="Nguyễn Thị Đoàn",
)  # fmt: skip
PLAIN = laid_out(PAGE)
SIGNED = PdfSeal(key=KEY, certificate=CERTIFICATE, authority=AUTHORITY.pem).sign(
    PLAIN, reason="Phát hành", place="Bến Tre", at=samples.NOON
)


def text_of(pdf: bytes) -> str:
    """Letters that the page's fonts say they show (their ToUnicode tables), without layout."""
    reader = PdfFileReader(io.BytesIO(pdf))
    found = []
    for page in reader.root["/Pages"]["/Kids"]:
        for font in page.get_object()["/Resources"]["/Font"].values():
            table = font.get_object()["/ToUnicode"].get_object().data.decode("latin-1")
            shown = re.findall(r"<[0-9A-F]+>\s*<([0-9A-Fa-f]+)>", table)
            found += [bytes.fromhex(one).decode("utf-16-be", "replace") for one in shown]
    return "".join(found)


def test_every_vietnamese_letter_is_on_the_page() -> None:
    """Stacked marks, both tone placements, đ and Đ: the fonts have them all, as text that can be copied."""
    letters = text_of(PLAIN)
    for letter in "ệữỷđĐàáộửố":
        assert letter in letters, letter


def test_the_same_page_gives_the_same_bytes_and_markup_is_only_text() -> None:
    """What looks like Typst code in a subject is shown, not run."""
    assert laid_out(PAGE) == PLAIN
    assert "#" in text_of(PLAIN)
    assert "$" in text_of(PLAIN)


def _judged(pdf: bytes) -> tuple[bool, bool, str]:
    root = asn1_x509.Certificate.load(asn1_pem.unarmor(AUTHORITY.pem)[2])
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=samples.NOON)
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    status = validate_pdf_signature(embedded, context)
    return status.intact, status.valid and status.trusted, str(status.coverage)


def test_the_signature_covers_the_whole_file_and_a_changed_byte_breaks_it() -> None:
    """As pyHanko's validator sees it, with the authority as the only root."""
    intact, good, coverage = _judged(SIGNED)
    assert intact
    assert good
    assert coverage.endswith("ENTIRE_FILE")
    at = SIGNED.index(b"/MediaBox")
    assert not _judged(SIGNED[:at] + b"/MediaBOX" + SIGNED[at + 9 :])[0]


@pytest.mark.parametrize("spoilt", [False, True], ids=["as signed", "altered"])
def test_openssl_agrees(tmp_path: Path, spoilt: bool) -> None:  # noqa: FBT001
    """The CMS taken out of the file and the bytes it covers, given to `openssl cms -verify`."""
    ranges = re.search(rb"/ByteRange\s*\[\s*(\d+) (\d+) (\d+) (\d+)", SIGNED)
    assert ranges
    first, length, second, rest = map(int, ranges.groups())
    covered = SIGNED[first : first + length] + SIGNED[second : second + rest]
    der = bytes.fromhex(SIGNED[length + 1 : second - 1].decode())
    signature = cms.ContentInfo.load(der).dump()
    (tmp_path / "cms.der").write_bytes(signature)
    (tmp_path / "covered").write_bytes(covered.replace(b"/MediaBox", b"/MediaBOX") if spoilt else covered)
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.pem)
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-in", "cms.der", "-content", "covered", "-binary",
         "-CAfile", "ca.pem", "-purpose", "any", "-attime", str(int(samples.NOON.timestamp())), "-out", "/dev/null"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode == 0) != spoilt, done.stderr
