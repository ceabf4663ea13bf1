"""The collector of benchmarks: the shape it writes, and what it says of wrong answers. No timing is asserted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks import collector, kit
from tests.benchmarks.kit import Row

DOCUMENTED = ["name", "value", "unit", "peer", "peer_value", "ratio", "bound", "ok", "note"]


def _fast() -> list[Row]:
    rounds = kit.alternate(lambda: 30.0, lambda: 10.0, rounds=3, what="made up")
    return [kit.against_peer("fast.thing", rounds, unit="things/s", peer="a peer", at_least=2)]


def _wrong() -> Sequence[Any]:
    raise kit.WrongAnswerError("two and two gave five")


def _read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = msgspec.json.decode(path.read_bytes())
    return rows


def test_rows_have_the_documented_keys(tmp_path: Path) -> None:
    """bench/latest.json is a list of objects with exactly the keys of docs/howto/benchmarks.md."""
    collector.write(collector.collect({"fast": _fast}), tmp_path / "bench" / "latest.json")
    [row] = _read(tmp_path / "bench" / "latest.json")
    assert list(row) == DOCUMENTED
    assert (row["value"], row["peer_value"], row["ratio"], row["bound"], row["ok"]) == (30, 10, 3, "ratio >= 2", True)
    documented = Path(__file__).resolve().parents[2] / "docs" / "howto" / "benchmarks.md"
    assert all(f"`{key}`" in documented.read_text("utf-8") for key in DOCUMENTED)


def test_ours_and_the_peer_take_turns() -> None:
    """A B A B, so that a noisy minute falls on both; the ratio is the median of neighbours' ratios."""
    turns: list[str] = []
    ours, peer = iter([10.0, 30.0, 20.0]), iter([10.0, 10.0, 10.0])

    def mine() -> float:
        turns.append("ours")
        return next(ours)

    def theirs() -> float:
        turns.append("peer")
        return next(peer)

    rounds = kit.alternate(mine, theirs, rounds=3, what="made up")
    assert turns == ["ours", "peer"] * 3
    assert (rounds.ours, rounds.peer, rounds.ratio) == (20, 10, 2)


def test_a_wrong_answer_has_no_speed_and_the_others_still_run() -> None:
    """The row says what was wrong instead of how fast it was."""
    wrong, fast = collector.collect({"wrong": _wrong, "fast": _fast})
    assert (wrong.name, wrong.value, wrong.ok, wrong.note) == ("wrong", None, False, "two and two gave five")
    assert fast.ok


def test_a_missed_bound_is_shown_and_is_no_wrong_answer() -> None:
    """The value stands, and "ok" is false."""
    row = kit.against_limit("slow.thing", 31.0, unit="ms", at_most=30)
    assert (row.ok, row.value, row.bound) == (False, 31, "value <= 30")


def test_rows_of_subjects_that_did_not_run_are_kept(tmp_path: Path) -> None:
    """Running one subject replaces its own rows only."""
    latest = tmp_path / "latest.json"
    collector.write([kit.against_limit("a.x", 1, unit="s"), kit.against_limit("b.x", 1, unit="s")], latest)
    collector.write([kit.against_limit("b.x", 2, unit="s")], latest)
    assert {row["name"]: row["value"] for row in _read(latest)} == {"a.x": 1, "b.x": 2}


def test_an_unknown_name_is_refused_before_anything_runs(tmp_path: Path) -> None:
    """Exit code 64, and nothing is written."""
    latest = tmp_path / "latest.json"
    assert collector.main(["no-such-subject"], latest=latest) == 64
    assert not latest.exists()


def test_rows_may_come_as_plain_objects() -> None:
    """A subject may return dicts with the documented keys, with or without a note."""
    plain = {
        "name": "c.x",
        "value": 1.5,
        "unit": "s",
        "peer": "",
        "peer_value": None,
        "ratio": None,
        "bound": "",
        "ok": True,
    }
    [row] = collector.collect({"c": lambda: [plain]})
    assert (row.name, row.value, row.note) == ("c.x", 1.5, "")
