"""The swift worker as it runs: under Locust's own master, alone and with others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from load_stand_in import StandIn, journey, plan_of, stack_of

from infra import stack as stacks
from loadtests.drive import drive
from loadtests.generator_summary import FILE
from simulation import journal as journals
from simulation.histogram import Histogram
from simulation.mistakes import BadInputError

SECONDS = 1.5
COUNT = 90


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_under_one_master_give_the_histogram_that_one_would(workers: int, tmp_path: Path) -> None:
    """What the master merged is, bucket for bucket, the histogram of every attempt in all journals put together.

    And every journey is there once, however many workers share them.
    """
    walk = [journey(f"browse-{number}", (number * SECONDS / COUNT, "portal.home", {})) for number in range(COUNT)]
    with StandIn() as province:
        drive(
            plan=plan_of(walk, tmp_path, seconds=SECONDS),
            stack=stack_of(province.origin, tmp_path),
            journal=tmp_path / "journal",
            workers=workers,
        )
    seen = journals.read(tmp_path / "journal").observations
    told = msgspec.json.decode((tmp_path / "journal" / FILE).read_bytes())
    together = Histogram()
    for each in seen:
        together.record(each.latency)
    assert Counter(each.journey for each in seen) == Counter(each.id for each in walk)
    assert Histogram.from_dict(told["histograms"]["portal.home"]).to_dict() == together.to_dict()
    assert told["lateness"]["count"] == COUNT
    assert [one["worker"] for one in told["workers"]] == list(range(workers))


def test_arrivals_past_the_bound_are_dropped_and_written_down(tmp_path: Path) -> None:
    """Against a system that stands still, so many requests are under way and no more; the rest is told by name."""
    walk = [journey(f"browse-{number}", (number / 100, "portal.home", {})) for number in range(60)]
    with StandIn() as province:
        province.on_request = lambda: province.stall(begins=province.seen[0].at, seconds=2.0)
        drive(
            plan=plan_of(walk, tmp_path, seconds=1.0),
            stack=stack_of(province.origin, tmp_path),
            journal=tmp_path / "journal",
            workers=1,
            most_under_way=20,
        )
    journal = journals.read(tmp_path / "journal")
    dropped = [event.subject for event in journal.events if event.event == "dropped"]
    told = msgspec.json.decode((tmp_path / "journal" / FILE).read_bytes())
    walked = {seen.journey for seen in journal.observations}
    assert (told["dropped"], told["workers"][0]["most_under_way"]) == (len(dropped), 20)
    assert len(dropped) >= 20
    assert walked.isdisjoint(dropped)
    assert walked | set(dropped) == {each.id for each in walk}


def test_a_stack_elsewhere_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    """The driver itself says no; its processes end without having had an order."""
    stack = stack_of("http://127.0.0.1:9", tmp_path)
    moved = msgspec.structs.replace(stacks.load(stack), endpoints={"portal": "http://192.0.2.1"})
    stacks.save(moved, stack)
    plan = plan_of([journey("browse-1", (0.0, "portal.home", {}))], tmp_path, seconds=1.0)
    with pytest.raises(BadInputError, match=r"http://192\.0\.2\.1 is not on this machine"):
        drive(plan=plan, stack=stack, journal=tmp_path / "journal", workers=1)
