"""`signature-altered`: one character of an envelope's signature at the hub is another; its digest is made to fit."""

from __future__ import annotations

import hashlib
import re

from infra.stack import Stack
from loadtests.sabotage.damage import Damage, SabotageError, found, middle, transaction
from simulation.text import Text

NAME = "signature-altered"
_VALUE = re.compile(r"<(?:[\w.-]+:)?SignatureValue[^>]*>(?P<value>[^<]+)<")


async def damage(stack: Stack) -> Damage:
    """Alter the middle envelope by document."""
    async with transaction(stack, "dochub") as hub:
        row = await middle(hub, "SELECT document FROM envelope ORDER BY document")
        document = found(row, "văn bản nào ở trục", "document at the hub")["document"]
        altered = alter(await hub.fetchval("SELECT xml FROM envelope WHERE document = $1", document))
        # The digest follows, so that nothing but the signature itself can tell.
        digest = hashlib.sha256(altered.encode()).hexdigest()
        await hub.execute("UPDATE envelope SET xml = $2, digest = $3 WHERE document = $1", document, altered, digest)
    what = Text(
        f"Đã đổi một ký tự trong chữ ký số của văn bản {document} ở trục.",
        f"One character of the signature of document {document} at the hub was changed.",
    )
    return Damage(name=NAME, subject=document, what=what)


def alter(xml: str) -> str:
    """Change one letter in the middle of the first signature value. Raises SabotageError when there is none."""
    match = _VALUE.search(xml)
    if match is None:
        message = Text("Gói tin ở trục không có chữ ký số.", "The envelope at the hub carries no signature.")
        raise SabotageError(message)
    letters = [place for place in range(*match.span("value")) if xml[place].isalnum()]
    place = letters[len(letters) // 2]
    return xml[:place] + ("A" if xml[place] != "A" else "B") + xml[place + 1 :]
