"""What dialects share: looking words up, reading moments, masking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from simulation.timeline import VIETNAM
from verification.conformance.product import UNDOCUMENTED, Answer, Product, Receive, Unreadable, Who

Word = TypeVar("Word")


def translated(word: Word, table: Mapping[Word, str], what: str) -> str:
    """Look a product's word for a state up; one that its documents do not have comes back marked as such."""
    return table.get(word, f"{UNDOCUMENTED}{what} “{word}”")


def moment(text: str, form: str, what: str) -> datetime | None:
    """Read a moment in Việt Nam's time; None for an empty text. Raises Unreadable."""
    if not text:
        return None
    try:
        return datetime.strptime(text, form).replace(tzinfo=VIETNAM)
    except ValueError:
        message = f"{what}: “{text}” không đúng dạng {form}"
        raise Unreadable(message) from None


def needed(at: datetime | None, what: str) -> datetime:
    """Raise Unreadable unless the moment is there."""
    if at is None:
        message = f"{what}: để trống"
        raise Unreadable(message)
    return at


def whole(text: str, what: str) -> int:
    """Read an integer. Raises Unreadable."""
    try:
        return int(text)
    except ValueError:
        message = f"{what}: “{text}” không phải số nguyên"
        raise Unreadable(message) from None


def in_threads(product: Product, who: Who, acts: Sequence[Receive]) -> list[Answer]:
    """Receive several dossiers at once over a wire that takes one a time."""
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(lambda act: product.do(who, act[1], key=f"together-{act[0]}-{id(acts)}"), enumerate(acts)))
