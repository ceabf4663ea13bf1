"""Whatever is done to the audit after it was written breaks law 4, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from audit_world import WRITER
from verification_world import World

from verification.laws import LawResult
from verification.verdict import judge

Spoil = Callable[[World], object]


def _law(world: World, folder: Path) -> LawResult:
    (found,) = [law for law in judge(world.write(folder)).laws if law.id == "LAW-4"]
    return found


def _set(book: str, row: dict[str, object], **new: object) -> Spoil:
    return lambda world: world.row(book, **row).update(new)


def _cut(world: World) -> None:
    """Take the last block away with all its rows, whole, so that what is left is consistent."""
    last = world.books["lgsp.audit_chain"].pop()["number"]
    kept = [row for row in world.books["lgsp.audit"] if row["begun_block"] != last]
    for row in world.books["lgsp.audit"]:
        if row not in kept:
            for book in world.books.values():
                book[:] = [one for one in book if one.get("call") != row["call"]]


def _slip_in(world: World) -> None:
    row = dict(world.row("lgsp.audit", call="call-002"))
    world.books["lgsp.audit"].append({**row, "call": "call-999"})


DAMAGES: dict[str, tuple[Spoil, str]] = {
    "purpose rewritten": (_set("lgsp.audit", {"call": "call-002"}, purpose="khác"), "call-002"),
    "moment moved": (_set("lgsp.audit", {"call": "call-002"}, started_at="2018-08-22T10:00:00+07:00"), "call-002"),
    "duration embellished": (_set("lgsp.audit", {"call": "call-002"}, duration_ms=1.0), "call-002"),
    "row slipped in": (_slip_in, "call-999"),
    "row and its digest rewritten": (_set("lgsp.audit", {"call": "call-002"}, ended_block=2), f"{WRITER}#2"),
    "block taken out": (lambda w: w.drop("lgsp.audit_chain", number=2), f"{WRITER}#2"),
    "block rewritten": (_set("lgsp.audit_chain", {"number": 2}, digest="00" * 32), f"{WRITER}#3"),
    "end cut off": (_cut, f"{WRITER}#9"),
    "other end than witnessed": (_set("lgsp.audit_heads", {"number": 9}, digest="00" * 32), f"{WRITER}#9"),
    "no block for its rows": (lambda w: w.books["lgsp.audit_chain"].clear(), f"{WRITER}#1"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_an_audit_that_was_altered_later_breaks_law_4(name: str, tmp_path: Path) -> None:
    """What no caller or callee can see is seen by the chain, and the call or the block is named."""
    world = World()
    world.spoil_chain, subject = DAMAGES[name]

    law = _law(world, tmp_path)

    assert law.answer == "BROKEN"
    assert subject in {violation.subject for violation in law.violations}


def test_a_chain_that_was_cut_off_for_age_still_holds(tmp_path: Path) -> None:
    """Retention takes the oldest block and its rows away; the rest follows on what is left of it."""

    def prune(world: World) -> None:
        first = world.row("lgsp.audit_chain", number=1)
        first.update(previous=None, rows=0, pruned=True)
        gone = {row["call"] for row in world.books["lgsp.audit"] if row["begun_block"] == 1}
        for book in world.books.values():
            book[:] = [row for row in book if row.get("call") not in gone]

    world = World()
    world.spoil_chain = prune

    assert _law(world, tmp_path).answer == "KEPT"


def test_what_was_written_while_the_books_were_taken_is_no_damage(tmp_path: Path) -> None:
    """Books taken while systems still talk may hold the newest block's rows and not yet the block, or the reverse."""

    def younger(world: World) -> None:
        world.backlog["portal"] = 1
        head = world.row("lgsp.audit_heads", number=9)
        last = world.books["lgsp.audit_chain"][-1]
        world.books["lgsp.audit_chain"].append({**last, "number": 10, "previous": last["digest"], "digest": "ab" * 32})
        head["number"] = 9

    world = World()
    world.spoil_chain = younger

    assert not _law(world, tmp_path).violations


def test_without_the_chain_it_cannot_be_told(tmp_path: Path) -> None:
    """An LGSP that keeps no chain leaves law 4 open, with the reason."""
    world = World()
    world.missing = [{"export": "lgsp.audit_chain", "why": "not offered by the service"}]
    law = _law(world, tmp_path)

    assert law.answer == "UNKNOWN"
    assert law.reason is not None
    assert "lgsp.audit_chain" in law.reason.en
