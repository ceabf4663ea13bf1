"""What a product must have told its neighbours of a dossier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from verification.conformance.inspector import NUMBER, Inspector
from verification.conformance.product import News

#: State -> TrangThaiHoSo (docs/wire.md; from memory, unverified).
NATIONAL: Mapping[str, str] = {
    "submitted": "1", "received": "2", "examined": "4", "awaiting_supplement": "5", "approved": "9", "rejected": "9",
    "posted": "9", "returned": "10",
}  # fmt: skip

POINTS = ("news-complete", "news-once", "news-order", "news-state", "national-number", "news-private")


def check(to: Inspector, code: str, states: Sequence[str]) -> None:
    """Look at what was told of a dossier that went through `states`, the first one being its reception."""
    told = to.product.told(code)
    for neighbour, all_news in (("cổng", told.portal), ("cổng quốc gia", told.nation)):
        news = [item for item in all_news if item.seq > 0]  # 0 is the portal's own submission
        _check_numbers(to, neighbour, news, len(states))
        by_order = list({item.seq: item for item in news}.values())
        if len(by_order) == len(states):
            to.same("news-state", f"{neighbour}: {', '.join(states)}", _said(neighbour, by_order))
    nation = list({item.seq: item for item in told.nation if item.seq > 0}.values())
    if len(nation) == len(states):
        to.same(
            "national-number",
            ", ".join(NATIONAL[state] for state in states),
            ", ".join(item.national for item in nation),
        )
    private = [item for item in told.portal if NUMBER in item.whole]
    to.note("news-private", not private, "không có số định danh", "có số định danh" if private else "không có")


def _check_numbers(to: Inspector, neighbour: str, news: Sequence[News], changes: int) -> None:
    seqs = Counter(item.seq for item in news)
    to.note("news-complete", len(seqs) >= changes, f"{neighbour}: {changes} thay đổi", f"{len(seqs)} tin khác nhau")
    twice = [seq for seq, times in seqs.items() if times > 1]
    to.note("news-once", not twice, f"{neighbour}: mỗi thay đổi một tin", f"báo lặp số {twice}" if twice else "một tin")
    if len(seqs) == changes:
        to.same("news-order", f"{neighbour}: {list(range(1, changes + 1))}", f"{neighbour}: {list(seqs)}")


def _said(neighbour: str, news: Sequence[News]) -> str:
    return f"{neighbour}: {', '.join(item.state for item in news)}"
