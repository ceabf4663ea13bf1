"""The document as people read it, and the files that go out with it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.kit.edxml import archive
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.envelope import Attachment

#: Files of an attachment: the text, and the leader's signature over its bytes.
TEXT, SIGNATURE = "van-ban.txt", "chu-ky-ca-nhan.json"
#: In place of the signature: the note that paper was scanned.
SCAN = "ban-quet.txt"


def written(*, agency: str, kind: str, subject: str, content: str, addressees: Sequence[str]) -> str:
    """Plain text of a document. Its number and day are not in it: they are given on issue, after the signature."""
    receivers = "\n".join(f"- {name};" for name in addressees)
    return f"{agency.upper()}\n\n{kind.upper()}\n{subject}\n\n{content}\n\nNơi nhận:\n{receivers}\n"


def content_of(text: str, subject: str) -> str:
    """The content alone of a text that `written` has put together."""
    _, _, rest = text.partition(f"\n{subject}\n\n")
    return rest.rpartition("\n\nNơi nhận:\n")[0]


def attachment(text: str, *, signature: ContentSignature | None, pages: int) -> Attachment:
    """Zip with the text and the leader's signature, or a note that the signed paper was scanned.

    A scan is told by its number of pages only: no image is made up for it.
    """
    files = {TEXT: text.encode()}
    if signature:
        files[SIGNATURE] = msgspec.json.format(msgspec.json.encode(signature), indent=2)
    else:
        files[SCAN] = f"Bản giấy ký tay, đã quét {pages} trang.\n".encode()
    return Attachment(content_id="cid:1", name="van-ban.zip", description="Toàn văn", archive=archive.pack(files))
