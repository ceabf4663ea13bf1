"""Offers side by side: who keeps every promise, cheapest first by the price of proven capacity; then the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    environment: Mapping[str, Any] = {}  #: how it was tried

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
            pack=one.folder.name, environment=one.environment,
        )
        for place, one in enumerate(sorted_packs, 1)
    ]  # fmt: skip


def tried_differently(lines: Sequence[Line]) -> list[str]:
    """What of the circumstances is not the same for all: figures measured under different ones are not comparable."""
    names = {name: None for line in lines for name in line.environment}
    return [name for name in names if len({str(line.environment.get(name)) for line in lines}) > 1]


def _price(one: Packed) -> float:
    price = one.verdict.dong_per_dossier_second
    return float("inf") if price is None else price
