"""The checker of document histories: a right one passes, and every kind of wrong is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from verification.document_history import Act, Books, Issue, check

LETTER, RECALL = "A,2018/08/22,1/A-VP", "A,2018/08/22,2/A-VP"
ISSUES = [
    Issue(draft=1, document=LETTER, agency="A", addressees=("B", "C")),
    Issue(draft=2, document=RECALL, agency="A", addressees=("B",)),
]
ACTS = [
    Act(document=LETTER, agency="B", event="registered", status="03"),
    Act(document=LETTER, agency="C", event="refused", status="02"),
    Act(document=LETTER, agency="B", event="declined", status="16"),
    Act(document=LETTER, agency="B", event="finished", status="06"),
]
PAIRS = {(LETTER, "B"): ["01", "03", "13", "16", "06"], (LETTER, "C"): ["01", "02"], (RECALL, "B"): ["01"]}
Row = dict[str, Any]


def books() -> dict[str, list[Row]]:
    """Books that tell the same story."""
    return {
        "envelopes": [{"document": LETTER}, {"document": RECALL}],
        "deliveries": [{"document": document, "addressee": agency} for document, agency in PAIRS],
        "statuses": [
            {"document": document, "agency": agency, "status": status, "seq": seq}
            for (document, agency), statuses in PAIRS.items()
            for seq, status in enumerate(statuses, start=1)
        ],
        "documents": [{"document": LETTER}, {"document": RECALL}, {"document": ""}],
        "incoming": [
            {"document": document, "agency": agency, "status": statuses[-1]}
            for (document, agency), statuses in PAIRS.items()
        ],
        "events": [{"draft": None, "document": act.document, "agency": act.agency, "event": act.event} for act in ACTS]
        + [{"draft": 1, "document": LETTER, "agency": "A", "event": "issued"}],
        "outgoing_statuses": [
            {"document": document, "addressee": agency, "status": statuses[-1]}
            for (document, agency), statuses in PAIRS.items()
        ],
        "dead_letters": [],
    }


def judged(told: dict[str, list[Row]]) -> list[str]:
    """What the checker finds."""
    return check(ISSUES, ACTS, msgspec.convert(told, Books))


def test_a_right_history_is_right() -> None:
    """One story in three sources."""
    assert judged(books()) == []


def _status(told: dict[str, list[Row]], number: int, status: str) -> None:
    told["statuses"][number]["status"] = status


WRONGS: dict[str, tuple[Callable[[dict[str, list[Row]]], Any], str]] = {
    "lost at the hub": (lambda told: told["envelopes"].pop(), "envelopes: A,2018/08/22,2/A-VP stands there 0 times"),
    "accepted twice": (lambda told: told["envelopes"].append({"document": LETTER}), "stands there 2 times"),
    "invented": (lambda told: told["envelopes"].append({"document": "A,2018/08/22,3/A-VP"}), "was invented"),
    "never delivered": (lambda told: told["deliveries"].pop(0), "deliveries"),
    "delivered twice": (lambda told: told["deliveries"].append(told["deliveries"][0]), "deliveries"),
    "registered twice": (lambda told: told["incoming"].append(told["incoming"][0]), "incoming registers"),
    "delivered to a stranger": (
        lambda told: told["deliveries"].append({"document": LETTER, "addressee": "D"}), "was invented",
    ),
    "act lost": (lambda told: told["events"].pop(0), "acknowledged 1 times and stands there 0 times"),
    "act twice": (lambda told: told["events"].append(told["events"][0]), "stands there 2 times"),
    "act of nobody": (
        lambda told: told["events"].append({"draft": None, "document": LETTER, "agency": "C", "event": "registered"}),
        "acknowledged 0 times",
    ),
    "status lost": (lambda told: told["statuses"].pop(1), "the hub heard ['01', '13', '16', '06']"),
    "status changed": (lambda told: _status(told, 1, "04"), "status 04 came after 01"),
    "sender in the dark": (lambda told: told["outgoing_statuses"].pop(0), "the sender knows None"),
    "addressee of another mind": (lambda told: told["incoming"][0].update(status="03"), "the addressee knows 03"),
    "dead letter": (lambda told: told["dead_letters"].append({"key": "k", "detail": "why"}), "dead letter k: why"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONGS)
def test_every_kind_of_wrong_is_found(wrong: str) -> None:
    """And said."""
    damage, says = WRONGS[wrong]
    told = books()
    damage(told)
    assert says in " | ".join(judged(told))


def test_a_gap_in_the_numbers_is_found() -> None:
    """A number that nobody has is a document that was lost."""
    gap = [msgspec.structs.replace(ISSUES[0], document="A,2018/08/22,7/A-VP")]
    assert "A: its outgoing numbers are [7]" in check(gap, [], msgspec.convert(books(), Books))
