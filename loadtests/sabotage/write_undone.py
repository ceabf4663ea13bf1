"""`write-undone`: something a client was told had been done is not there, though the reply is still kept.

Taken where no other book would notice: a rating at the portal, or a patient's visit, or a pupil's enrolment.
"""

from __future__ import annotations

from infra.stack import Stack
from loadtests.sabotage.damage import Damage, found, middle, transaction
from simulation.text import Text

NAME = "write-undone"
#: Service, table, the column that names the subject, and what it is called.
_CANDIDATES = (
    ("portal", "rating", "code", Text("Lượt đánh giá hồ sơ", "The rating of dossier")),
    ("sector", "visit", "id", Text("Lượt khám", "Visit")),
    ("sector", "enrolment", "id", Text("Lượt nhập học", "Enrolment")),
)


async def damage(stack: Stack) -> Damage:
    """Delete the middle row of the first table that has any."""
    for service, table, column, called in _CANDIDATES:
        async with transaction(stack, service) as database:
            row = await middle(
                database,
                f"SELECT {column} AS named, request_key FROM {table} "  # noqa: S608 -- names from above
                f"WHERE request_key IN (SELECT key FROM request) ORDER BY {column}",
            )
            if row is None:
                continue
            await database.execute(
                f"DELETE FROM {table} WHERE request_key = $1",  # noqa: S608 -- name from above
                row["request_key"],
            )
        subject = str(row["named"])
        what = Text(
            f"{called.vi} {subject} đã được xác nhận nay bị xóa ở {service}.",
            f"{called.en} {subject}, acknowledged, was deleted at {service}.",
        )
        return Damage(name=NAME, subject=subject, what=what)
    return found(None, "thao tác ghi nào đã xác nhận", "acknowledged write")  # type: ignore[no-any-return]
