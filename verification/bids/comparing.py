"""Offers side by side: who keeps every promise, cheapest first by the price of proven capacity; then the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from verification.bids.bid import Bid
from verification.bids.judging import Check, Verdict
from verification.bids.pack import Packed


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One offer in the comparison."""

    rank: int | None  #: among those that keep every promise, 1 is best; None: not to be ranked
    bid: Bid
    verdict: Verdict
    pack: str

    @property
    def against(self) -> Sequence[Check]:
        """What speaks against it."""
        return [check for check in self.verdict.checks if check.answer != "KEPT"]


def compare(packs: Iterable[Packed]) -> list[Line]:
    """Rank: a broken promise cannot be bought off by a low price, so only those that keep all are ranked."""
    order = {"KEPT": 0, "UNKNOWN": 1, "BROKEN": 2}
    sorted_packs = sorted(packs, key=lambda one: (order[one.verdict.answer], _price(one), one.bid.id))
    return [
        Line(
            rank=place if one.verdict.answer == "KEPT" else None, bid=one.bid, verdict=one.verdict,
            pack=one.folder.name,
        )
        for place, one in enumerate(sorted_packs, 1)
    ]  # fmt: skip


def _price(one: Packed) -> float:
    price = one.verdict.dong_per_dossier_second
    return float("inf") if price is None else price
