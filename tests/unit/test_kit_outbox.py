"""What goes into one delivery of an outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.kit.outbox import next_batch


def _row(number: int, operation: str, subject: str, size: int = 10) -> Mapping[str, Any]:
    return {"id": number, "operation": operation, "subject": subject, "body": b"x" * size}


def test_items_of_one_operation_travel_together_although_others_stand_between() -> None:
    """Two kinds of news that alternate are two calls, not one call an item."""
    rows = [_row(1, "new", "a"), _row(2, "moved", "b"), _row(3, "new", "c"), _row(4, "moved", "d"), _row(5, "new", "e")]
    operation, batch = next_batch(rows)  # type: ignore[arg-type]
    assert (operation, [row["id"] for row in batch]) == ("new", [1, 3, 5])


def test_a_later_item_never_overtakes_an_earlier_one_about_the_same_subject() -> None:
    """The second "new" about b has to wait, because "moved" about b stands before it."""
    rows = [_row(1, "new", "a"), _row(2, "moved", "b"), _row(3, "new", "b"), _row(4, "new", "a")]
    _, batch = next_batch(rows)  # type: ignore[arg-type]
    assert [row["id"] for row in batch] == [1, 4]


def test_a_batch_is_bounded_in_bytes_but_never_empty() -> None:
    """One item larger than the bound still goes, alone."""
    _, batch = next_batch([_row(1, "send", "a", 9_000_000), _row(2, "send", "b")])  # type: ignore[list-item]
    assert [row["id"] for row in batch] == [1]


_ROWS = st.lists(st.tuples(st.sampled_from("pqr"), st.sampled_from("abcd")), min_size=1, max_size=40)


@given(_ROWS)
def test_delivering_until_empty_keeps_the_order_of_every_subject(kinds: list[tuple[str, str]]) -> None:
    """Whatever the mixture, nothing is lost or doubled, and each subject's items leave as they were written."""
    waiting = [_row(number, operation, subject) for number, (operation, subject) in enumerate(kinds)]
    left: list[Mapping[str, Any]] = []
    while waiting:
        _, batch = next_batch(waiting)  # type: ignore[arg-type]
        assert batch
        gone = {row["id"] for row in batch}
        left += batch
        waiting = [row for row in waiting if row["id"] not in gone]
    assert sorted(row["id"] for row in left) == list(range(len(kinds)))
    for subject in "abcd":
        numbers = [row["id"] for row in left if row["subject"] == subject]
        assert numbers == sorted(numbers)
