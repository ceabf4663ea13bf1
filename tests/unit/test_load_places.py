"""Where a Locust that nobody drives looks, and the clock that it sets."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from loadtests import where
from loadtests.clock import set_clock
from services.kit.clock import Clock
from simulation.mistakes import BadInputError
from simulation.timeline import Timeline


def test_all_that_is_missing_is_told_with_the_command_that_makes_it(tmp_path: Path) -> None:
    """Somebody who just types `locust` learns what to run first."""
    with pytest.raises(BadInputError) as caught:
        where.find(tmp_path / "runs", {})
    told = [mistake.way_out.en for mistake in caught.value.mistakes]
    assert "tinhmau simulate" in told[0]
    assert where.PLAN in told[0]
    assert "tinhmau up" in told[1]
    assert where.STACK in told[1]


def test_the_environment_comes_before_the_latest_run(tmp_path: Path) -> None:
    """Plan, stack and journal can each be named."""
    for path in (tmp_path / "a/plan/plan.json", tmp_path / "b.json", tmp_path / "runs/latest/plan/plan.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "runs/latest/stack.json").touch()
    assert where.look(tmp_path / "runs", {}) == (tmp_path / "runs/latest/plan", tmp_path / "runs/latest/stack.json")
    named = {
        where.PLAN: str(tmp_path / "a/plan"),
        where.STACK: str(tmp_path / "b.json"),
        where.JOURNAL: str(tmp_path / "j"),
    }
    places = where.find(tmp_path / "runs", named)
    assert places == where.Places(plan=tmp_path / "a/plan", stack=tmp_path / "b.json", journal=tmp_path / "j")


def test_a_journal_with_entries_is_never_written_to_again(tmp_path: Path) -> None:
    """A second run beside the first gets its own folder."""
    environ = {where.JOURNAL: str(tmp_path / "journal")}
    first = where.fresh_journal(tmp_path, environ)
    assert where.fresh_journal(tmp_path, environ) == first
    (first / "worker-0.ndjson").touch()
    assert where.fresh_journal(tmp_path, environ) == tmp_path / "journal-2"


def test_the_clock_file_is_what_services_follow(tmp_path: Path) -> None:
    """A service that reads the file shows the day's first moment until traffic begins."""
    timeline = Timeline(day="2018-08-22", points=((25200.0, 0.0), (61200.0, 60.0)))
    path = tmp_path / "clock.json"
    set_clock(path, timeline, began=4_000_000_000.0)
    assert msgspec.json.decode(path.read_bytes()) == {
        "day": "2018-08-22",
        "points": [[25200.0, 0.0], [61200.0, 60.0]],
        "began": 4_000_000_000.0,
    }
    assert Clock(path).now() == timeline.moment(25200.0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["clock.json"]
