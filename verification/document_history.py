"""Is what became of some documents exactly what people did to them? A checker of histories over three sources.

The journal says what clients were told: which acts were acknowledged, in which order at each agency. The hub says what
it accepted, delivered and heard; the offices say what stands in their registers and what senders were told back. All
three must tell one story: nothing lost, nothing twice, nothing invented, nothing out of order. Stricter than law 3, for
histories in which every act was repeated until it was acknowledged (tests under kills, cuts, duplicates, reordering).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from verification.histories import wrong_status

Rows = Sequence[Mapping[str, Any]]


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """An acknowledged issue: the hub must have this document, once."""

    draft: int
    document: str
    agency: str
    addressees: tuple[str, ...]


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An acknowledged act of an addressee on a document, which its sender must come to know."""

    document: str
    agency: str
    event: str  #: as the office's book names it
    status: str


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What the systems have written down."""

    envelopes: Rows
    deliveries: Rows
    statuses: Rows
    documents: Rows  #: the offices' outgoing register
    incoming: Rows
    events: Rows
    outgoing_statuses: Rows  #: what senders know: document, addressee, status, seq
    dead_letters: Rows


def check(issues: Sequence[Issue], acts: Sequence[Act], books: Books) -> list[str]:
    """Say everything that does not fit; empty when the history is right. `acts` in the order of acknowledgement."""
    found = [f"dead letter {row['key']}: {row['detail']}" for row in books.dead_letters]
    wanted = {(issue.document, addressee) for issue in issues for addressee in issue.addressees}
    found += _once("the hub's envelopes", Counter(row["document"] for row in books.envelopes), issued(issues))
    found += _once("the outgoing registers", Counter(_issued_rows(books.documents)), issued(issues))
    found += _once("the hub's deliveries", Counter((r["document"], r["addressee"]) for r in books.deliveries), wanted)
    found += _once("the incoming registers", Counter((r["document"], r["agency"]) for r in books.incoming), wanted)
    found += _numbers(issues)
    found += _acts_once(acts, books.events)
    found += _statuses(acts, wanted, books)
    return found


def issued(issues: Iterable[Issue]) -> set[str]:
    """All documents issued."""
    return {issue.document for issue in issues}


def _issued_rows(rows: Rows) -> list[str]:
    return [row["document"] for row in rows if row["document"]]


def _once(where: str, counts: Counter[Any], wanted: set[Any]) -> list[str]:
    """Say what stands there not exactly once, and what nobody was told of."""
    found = [f"{where}: {one} stands there {counts[one]} times" for one in sorted(wanted) if counts[one] != 1]
    return found + [f"{where}: {one} was invented" for one in sorted(counts.keys() - wanted)]


def _numbers(issues: Sequence[Issue]) -> list[str]:
    """Numbers of an agency's outgoing register have no gap and no double."""
    found = []
    taken: dict[str, list[int]] = {}
    for issue in issues:
        taken.setdefault(issue.agency, []).append(int(issue.document.rsplit(",", 1)[1].split("/")[0]))
    for agency, numbers in sorted(taken.items()):
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            found.append(f"{agency}: its outgoing numbers are {sorted(numbers)}")
    return found


def _acts_once(acts: Sequence[Act], events: Rows) -> list[str]:
    """Every acknowledged act has one event, and no event is nobody's act."""
    wanted = Counter((act.document, act.agency, act.event) for act in acts)
    written = Counter((row["document"], row["agency"], row["event"]) for row in events if row["draft"] is None)
    return [
        f"events: {one} was acknowledged {wanted[one]} times and stands there {written[one]} times"
        for one in sorted(wanted.keys() | written.keys())
        if wanted[one] != written[one]
    ]


def _statuses(acts: Sequence[Act], wanted: set[tuple[str, str]], books: Books) -> list[str]:
    """The hub's statuses of each addressee are its acts, in their order; sender and addressee know the last of them."""
    found = []
    told: dict[tuple[str, str], list[str]] = {}
    for row in sorted(books.statuses, key=lambda row: row["seq"]):
        told.setdefault((row["document"], row["agency"]), []).append(row["status"])
    register = {(row["document"], row["agency"]): row["status"] for row in books.incoming}
    known = {(row["document"], row["addressee"]): row["status"] for row in books.outgoing_statuses}
    for pair in sorted(wanted | told.keys()):
        expected = ["01"]
        for act in acts:
            if (act.document, act.agency) == pair:
                expected += ["13", act.status] if act.status in {"15", "16"} else [act.status]
        seen = told.get(pair, [])
        if seen != expected:
            found.append(f"statuses of {pair}: the hub heard {seen}, acknowledged were {expected}")
        if wrong := wrong_status(seen):
            found.append(f"statuses of {pair}: {wrong.en}")
        for who, book in (("addressee", register), ("sender", known)):
            if seen and book.get(pair) != seen[-1]:
                found.append(f"statuses of {pair}: the {who} knows {book.get(pair)}, the hub {seen[-1]}")
    return found
