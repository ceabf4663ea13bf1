"""How the plan is dealt out to workers and crowds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from loadtests.shards import crowd_of, of_crowd, read_shard
from loadtests.tail import Tail
from simulation import plan as plans
from simulation.mistakes import BadInputError
from simulation.plan import Journey, Plan, Step
from simulation.timeline import Timeline

FIRST_ACTS = ("portal.home", "portal.submit", "onestop.receive", "office.draft", "office.poll", "sector.visit")
TIMELINE = Timeline(day="2018-08-22", points=((0.0, 0.0), (25200.0, 2.0), (61200.0, 62.0)))


def journey(number: int, operation: str) -> Journey:
    """A journey that looks around first."""
    at = 25200.0 + number * 60
    acts = (operation,) if operation == "office.poll" else ("portal.home", operation)
    steps = tuple(Step(number=place, at=at, actor="x", operation=act) for place, act in enumerate(acts, start=1))
    return Journey(id=f"j-{number}", kind="kind", steps=steps)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plan of 20 journeys of all kinds."""
    journeys = tuple(journey(number, FIRST_ACTS[number % len(FIRST_ACTS)]) for number in range(20))
    plan = Plan(
        scenario="s",
        province="toy",
        era="2018",
        seed=1,
        timeline=TIMELINE,
        requirements=(),
        counts={},
        journeys=journeys,
    )
    plans.save(plan, tmp_path)
    return tmp_path


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_journey_is_in_exactly_one_shard_and_one_crowd(folder: Path, workers: int) -> None:
    """Nobody is forgotten and nobody walks twice, however many workers there are."""
    walked = []
    for index in range(workers):
        shard = read_shard(folder, index=index, of=workers)
        for crowd in ("browsing", "dossiers", "documents", "pollers", "neighbours"):
            walked += [timed.journey.id for timed in of_crowd(shard.journeys, crowd)]
    assert sorted(walked) == sorted(f"j-{number}" for number in range(20))


def test_shards_follow_the_number_of_the_journey(folder: Path) -> None:
    """Journey i belongs to worker i modulo n."""
    ids = [timed.journey.id for timed in read_shard(folder, index=1, of=3).journeys]
    assert ids == [f"j-{number}" for number in range(20) if number % 3 == 1]


def test_steps_are_planned_in_run_seconds(folder: Path) -> None:
    """The timeline turns official time into run time: nine official hours of work in a minute of traffic."""
    shard = read_shard(folder, index=0, of=20)
    assert shard.journeys[0].planned == pytest.approx([2.0, 2.0])
    assert shard.ends == 62.0
    last = read_shard(folder, index=19, of=20)
    assert last.journeys[0].planned[0] == pytest.approx(2.0 + 19 * 60 / 600)


@pytest.mark.parametrize(
    ("operation", "crowd"),
    [
        ("portal.home", "browsing"),
        ("portal.submit", "dossiers"),
        ("onestop.receive", "dossiers"),
        ("office.draft", "documents"),
        ("office.poll", "pollers"),
        ("sector.enrol", "neighbours"),
    ],
)
def test_the_crowd_is_that_of_the_first_act_that_is_more_than_looking(operation: str, crowd: str) -> None:
    """Who looks around before submitting belongs to those who submit."""
    assert crowd_of(journey(1, operation)) == crowd


def test_a_plan_with_unknown_operations_is_refused_with_all_of_them(folder: Path) -> None:
    """Each unknown operation is named with the nearest known one, before any traffic."""
    bad = Journey(
        id="bad",
        kind="kind",
        steps=tuple(
            Step(number=n, at=0, actor="x", operation=name) for n, name in enumerate(("portal.sumbit", "fax.send"), 1)
        ),
    )
    with (folder / "journeys.ndjson").open("ab") as out:
        out.write(msgspec.json.encode(bad) + b"\n")
    with pytest.raises(BadInputError) as caught:
        read_shard(folder, index=0, of=1)
    assert [mistake.key for mistake in caught.value.mistakes] == ["bad.steps[1].operation", "bad.steps[2].operation"]
    assert "portal.submit" in caught.value.mistakes[0].way_out.en


def test_the_tail_counts_each_line_once_as_files_grow(tmp_path: Path) -> None:
    """A half-written line counts when its end is there; files may appear later."""
    tail = Tail(tmp_path, "worker-*.ndjson")
    assert not tail.look()
    first, second = tmp_path / "worker-0.ndjson", tmp_path / "worker-1.ndjson"
    first.write_bytes(b"1\n2\n3")
    assert tail.look()
    assert tail.lines == 2
    with first.open("ab") as out:
        out.write(b"\n")
    second.write_bytes(b"1\n")
    (tmp_path / "driver.ndjson").write_bytes(b"1\n")
    assert tail.look()
    assert (tail.lines, tail.look()) == (4, False)
