"""An incoming document as it is looked at: of the reader's own agency, and as of the moment it came."""

from __future__ import annotations

from typing import Any

from services.kit.edxml.envelope import Envelope
from services.kit.edxml.trust import Trust
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import not_found


async def arrived(kit: Kit, document: str, *, agency: str) -> Any:
    """Return the row of an incoming document of an agency. Raises a 404 Problem."""
    row = await kit.pool.fetchrow(
        "SELECT * FROM incoming JOIN received USING (document) WHERE agency = $1 AND document = $2", agency, document
    )
    if row is None:
        raise not_found(
            Text(
                f"văn bản đến {document[:120]} trong cơ quan của bạn",
                f"incoming document {document[:120]} in your agency",
            )
        )
    return row


def opened(kit: Kit, trust: Trust, row: Any) -> Envelope:
    """Open a received envelope as of the moment it came: a certificate that has ended since was good then.

    Raises EdxmlError.
    """
    return trust.examine(row["xml"], at=row["arrived_at"], strict=kit.reference.document_axis.strict).envelope
