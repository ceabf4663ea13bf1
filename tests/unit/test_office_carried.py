"""What an incoming document carries: foreign files are shown where they can be, and hurt nobody where they cannot."""

from __future__ import annotations

import edxml_samples as samples
import msgspec
import pytest

from services.kit.edxml import archive
from services.kit.edxml.envelope import Attachment
from services.kit.edxml.trust import Trust
from services.office import paper
from services.office.carried import Carried, look_into

AUTHORITY = samples.SmallAuthority()
SEAL = AUTHORITY.seal(samples.DEPARTMENT)
TEXT = "Kính gửi quý cơ quan."


def _looked(packed: bytes) -> Carried:
    attachment = Attachment(content_id="cid:1", name="tep.zip", description="Toàn văn", archive=packed)
    (carried,) = look_into([attachment], Trust(AUTHORITY.pem), at=samples.NOON)
    return carried


def test_texts_are_shown_and_everything_else_is_named() -> None:
    """A text with a byte-order mark, a file of another kind, one in another encoding, one too long for a page."""
    files = {
        "a.TXT": b"\xef\xbb\xbf" + TEXT.encode(),
        "b.pdf": b"%PDF-",
        "c.txt": "Kính".encode("utf-16"),
        "d.txt": b"a" * 400_001,
    }
    carried = _looked(archive.pack(files))
    assert {one.name: one.text for one in carried.files} == {"a.TXT": TEXT, "b.pdf": "", "c.txt": "", "d.txt": ""}
    assert [one.size for one in carried.files] == [len(content) for content in files.values()]
    assert (carried.signer, carried.problem) == ("", "")


@pytest.mark.parametrize(
    ("text", "at_fault"),
    [(TEXT, ""), (TEXT + " ", "không khớp với nội dung")],
    ids=["as signed", "altered"],
)
def test_the_signers_name_stands_there_only_where_the_signature_holds(text: str, at_fault: str) -> None:
    """Over the bytes of the text, by somebody whom the authority knows."""
    signature = msgspec.json.encode(SEAL.sign_content(TEXT.encode()))
    told = _looked(archive.pack({paper.TEXT: text.encode(), paper.SIGNATURE: signature})).signer
    assert told.startswith("KHÔNG hợp lệ" if at_fault else "hợp lệ, của Sở Nội vụ (000.00.12.H07)")
    assert at_fault in told


def test_a_signature_that_is_none_and_a_zip_that_lies_are_told() -> None:
    """No page fails because of what a stranger has packed."""
    assert _looked(archive.pack({paper.TEXT: b"x", paper.SIGNATURE: b"{}"})).signer.startswith("KHÔNG hợp lệ")
    packed = archive.pack({"a.txt": b"hello"})
    at = packed.index(b"a.txt") + len("a.txt")
    assert "không bung được" in _looked(packed[:at] + b"\xff" + packed[at + 1 :]).problem


def test_a_content_is_found_again_in_what_was_written() -> None:
    """Also where its subject stands elsewhere in the text."""
    content = "VĂN\n\nNơi nhận:\n- đã ghi trên.\nCÔNG\n\nHết."
    text = paper.written(agency="Sở Công", kind="Công văn", subject="CÔNG", content=content, addressees=["Xã A"])
    assert paper.content_of(text, "CÔNG") == content
