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
from loadtests.answers import Answer
from loadtests.drive import drive
from loadtests.generator_summary import FILE
from loadtests.guard import Leave
from loadtests.operations.operation import Request
from loadtests.swift.hub import Hub
from loadtests.swift.master_line import MasterLine
from loadtests.swift.wire import Wire
from loadtests.swift.worker import BrokenJourneyError, Run, SwiftWorker
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


async def go(order: dict[str, Any], leave: Leave) -> None:
    """One run, without a master."""
    run = Run(Hub(asyncio.get_running_loop()), order, leave, most_under_way=100)
    run.begin(time.time())
    await run.over
    run.end()


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

    with StandIn() as province:
        leave = Leave(rate=20.0, ends=time.time() + 1.0)
        asyncio.run(go(order_of(walk, tmp_path, stack_of(province.origin, tmp_path)), leave))
        sent = len(province.seen)

    seen = journals.read(tmp_path / "journal")
    assert 0 < sent <= 20
    assert len(seen.observations) == sent
    assert [event.detail for event in seen.events if event.event == "abandoned"] == [
        "step 1 of 1, portal.home: traffic-over"
    ] * (60 - sent)


RECEIVE: dict[str, Any] = {"procedure": "p", "applicant": {}, "fee_cash": 8000, "delivery": "counter"}


def test_what_a_journey_has_seen_is_on_disk_before_its_next_request_arrives(tmp_path: Path) -> None:
    """Whoever kills a worker loses nothing that it acted on, though many lines are written at a time."""
    walk = [
        journey(f"dossier-{number}", (number / 1000, "portal.home", {}), (number / 1000, "onestop.receive", RECEIVE))
        for number in range(200)
    ]
    missing: list[str] = []

    def look() -> None:
        asked = province.seen[-1].key.removesuffix("-2-r1")
        if asked and f'"journey":"{asked}","step":1' not in (tmp_path / "journal" / "worker-0.ndjson").read_text():
            missing.append(asked)

    with StandIn() as province:
        province.on_request = look
        asyncio.run(go(order_of(walk, tmp_path, stack_of(province.origin, tmp_path)), Leave()))
        sent = len(province.seen)

    assert missing == []
    assert len(journals.read(tmp_path / "journal").observations) == sent == 2 * len(walk) + 1  # and one sign-in


def test_a_full_disk_ends_the_run_before_anything_unwritten_is_acted_on(tmp_path: Path) -> None:
    """The journal takes no line: the first answers are the last, and the reason is told."""
    walk = [journey(f"browse-{number}", *[(0.0, "portal.home", {})] * 2) for number in range(5)]

    with StandIn() as province:
        order = order_of(walk, tmp_path, stack_of(province.origin, tmp_path))
        (tmp_path / "journal" / "worker-0.ndjson").symlink_to("/dev/full")
        with pytest.raises(BrokenJourneyError, match=r"journal: OSError: .*No space left on device"):
            asyncio.run(go(order, Leave()))
        sent = len(province.seen)

    assert 0 < sent <= len(walk)


def test_a_turn_of_the_loop_is_written_down_before_anything_that_it_asks_for_leaves() -> None:
    """Also what one walk notes after another has asked already: both requests wait for the note."""
    noted: list[str] = []
    on_disk: list[str] = []
    found: list[list[str]] = []

    async def ask(origin: str) -> None:
        loop = asyncio.get_running_loop()
        hub = Hub(loop)
        wire = Wire(hub, first=lambda: on_disk.extend(noted))
        request = Request("GET", origin, "/", b"")
        answers: asyncio.Queue[Answer] = asyncio.Queue()

        def walk(note: str) -> None:
            noted.extend([note] if note else [])
            answers.put_nowait(wire.send(request, {}))

        for notes in (("", ""), ("", "a note")):  # the first two open connections
            for note in notes:
                hub.spawn(walk, note)
            assert [(await answers.get()).status, (await answers.get()).status] == [200, 200]
        wire.close()
        await asyncio.sleep(0)

    with StandIn() as province:
        province.on_request = lambda: found.append(list(on_disk))
        asyncio.run(ask(province.origin))

    assert found == [[], [], ["a note"], ["a note"]]
