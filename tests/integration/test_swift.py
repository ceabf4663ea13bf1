"""The swift worker as it runs: under Locust's own master, alone and with others."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from load_stand_in import StandIn, journey, plan_of, stack_of

from infra import stack as stacks
from loadtests import messages
from loadtests.drive import drive
from loadtests.generator_summary import FILE
from loadtests.guard import Leave
from loadtests.swift.hub import Hub
from loadtests.swift.master_line import MasterLine
from loadtests.swift.worker import Run, SwiftWorker
from simulation import journal as journals
from simulation.histogram import Histogram
from simulation.mistakes import BadInputError
from simulation.plan import Journey

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


def order_of(walk: list[Journey], folder: Path, stack: Path) -> dict[str, Any]:
    """What a conductor tells its only worker."""
    (folder / "journal").mkdir()
    plan = plan_of(walk, folder, seconds=1.0)
    return {"plan": str(plan), "stack": str(stack), "journal": str(folder / "journal"), "permission": "", "index": 0,
            "of": 1, "run": "r1"}  # fmt: skip


def test_a_worker_asks_for_the_permission_itself(tmp_path: Path) -> None:
    """A master that has not asked gets no worker: it says why, and opens no journal."""
    stack = stack_of("http://127.0.0.1:9", tmp_path)
    stacks.save(msgspec.structs.replace(stacks.load(stack), endpoints={"portal": "http://192.0.2.1"}), stack)
    order = order_of([journey("browse-1", (0.0, "portal.home", {}))], tmp_path, stack)
    said: list[tuple[str, Any]] = []

    async def prepare() -> None:
        line = SimpleNamespace(say=lambda kind, data=None: said.append((kind, data)), state="ready")
        worker = SwiftWorker(cast("MasterLine", line), most_under_way=10)
        await worker._handle("spawn", {"user_classes_count": {"Citizen": 1}})
        await worker._handle(messages.PREPARE, order)

    asyncio.run(prepare())

    (broken,) = [data for kind, data in said if kind == messages.BROKEN]
    assert "http://192.0.2.1 is not on this machine" in broken["why"]
    assert messages.READY not in dict(said)
    assert not list((tmp_path / "journal").iterdir())


def test_a_worker_keeps_to_rate_and_window_whatever_the_plan_wants(tmp_path: Path) -> None:
    """Sixty people at once, 20 requests a second for one second: twenty go, forty journeys say that it was over."""
    walk = [journey(f"browse-{number}", (0.0, "portal.home", {})) for number in range(60)]

    async def go(order: dict[str, Any]) -> None:
        began = time.time()
        run = Run(Hub(asyncio.get_running_loop()), order, Leave(rate=20.0, ends=began + 1.0), most_under_way=100)
        run.begin(began)
        await run.over
        run.end()

    with StandIn() as province:
        asyncio.run(go(order_of(walk, tmp_path, stack_of(province.origin, tmp_path))))
        sent = len(province.seen)

    seen = journals.read(tmp_path / "journal")
    assert 0 < sent <= 20
    assert len(seen.observations) == sent
    assert [event.detail for event in seen.events if event.event == "abandoned"] == [
        "step 1 of 1, portal.home: traffic-over"
    ] * (60 - sent)
