"""The legal order of the statuses that one addressee reports of one document (docs/wire.md, "Documents")."""

from __future__ import annotations

#: Last status -> those that may follow; "" is a document that has not arrived yet.
MAY_FOLLOW = {
    "": frozenset({"01"}),
    "01": frozenset({"02", "03"}),
    "02": frozenset[str](),
    "03": frozenset({"04", "05", "06"}),
    "04": frozenset({"05", "06"}),
    "05": frozenset({"04", "06"}),
    "06": frozenset[str](),
}
ARRIVED = "01"


def legal(*, last: str, status: str) -> bool:
    """Whether `status` may be reported after `last`."""
    return status in MAY_FOLLOW[last]
