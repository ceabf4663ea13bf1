"""`status-out-of-order`: at the hub, an addressee's first two statuses have changed places."""

from __future__ import annotations

from infra.stack import Stack
from loadtests.sabotage.damage import Damage, found, middle, transaction
from simulation.text import Text

NAME = "status-out-of-order"
_PAIRS = "SELECT document, agency FROM status GROUP BY document, agency HAVING count(*) > 1 ORDER BY document, agency"


async def damage(stack: Stack) -> Damage:
    """Swap the first two statuses of the middle addressee by document and agency."""
    async with transaction(stack, "dochub") as hub:
        row = await middle(hub, _PAIRS)
        document, agency = found(row, "văn bản nào có từ hai trạng thái", "document with two statuses")
        rows = await hub.fetch(
            "SELECT seq, status FROM status WHERE document = $1 AND agency = $2 ORDER BY seq LIMIT 2", document, agency
        )
        (first, earlier), (second, later) = rows
        # Through a number that nobody uses: the key of the table is checked row by row.
        for old, new in ((first, -1), (second, first), (-1, second)):
            await hub.execute(
                "UPDATE status SET seq = $4 WHERE document = $1 AND agency = $2 AND seq = $3",
                document,
                agency,
                old,
                new,
            )
    what = Text(
        f"Trạng thái {earlier} và {later} của văn bản {document} tại {agency} bị đổi chỗ ở trục.",
        f"Statuses {earlier} and {later} of document {document} at {agency} changed places at the hub.",
    )
    return Damage(name=NAME, subject=document, what=what)
