"""The generator as it runs: Locust's master and workers as processes, against a stand-in for the province."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import pytest
from aiohttp import web
from load_stand_in import RECEIVE, Seen, StandIn, journey, plan_of, problem, stack_of

from infra import stack as stacks
from loadtests import faults
from loadtests.drive import Drive, DriveError, drive
from loadtests.watch import Watch
from simulation import journal as journals
from simulation import plan as plans
from simulation.journal import Journal, Observation
from simulation.plan import Journey
from tinhmau.following import follow
from verification.objectives import files
from verification.objectives.ending import Ending

SECONDS = 2.0


def browsers(count: int, seconds: float) -> list[Journey]:
    """Journeys of one look each, evenly spread."""
    return [journey(f"browse-{number}", (number * seconds / count, "portal.home", {})) for number in range(count)]


def finals(journal: Journal) -> list[Observation]:
    """Planned operations as they ended."""
    return [seen for seen in journal.observations if seen.final and seen.step]


def on_disk(journal: Path) -> list[int]:
    """How many entries each worker has written, who has written any."""
    return [lines for path in journal.glob("worker-*.ndjson") if (lines := path.read_bytes().count(b"\n"))]


def is_running(pid: int) -> bool:
    """Tell whether a process is there and not just waiting to be buried."""
    try:
        return b") Z" not in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


def test_every_journey_is_walked_once_whatever_happens_on_the_way(tmp_path: Path) -> None:
    """Two workers walk the whole plan between them, through a broken connection and a subject that is late to arrive.

    The journal has every attempt; the stack's clock was set to the common start; no process is left.
    """

    def whim(seen: Seen) -> web.Response | str | None:
        if seen.path == "/api/dossiers" and seen.nth == 1 and seen.key.startswith("dossier-3-"):
            return "break"
        if seen.path.endswith("/examination") and seen.nth <= 2:
            return problem(404, "not-found")
        return None

    dossiers = [
        journey(
            f"dossier-{number}",
            (number * SECONDS / 10, "onestop.receive", RECEIVE),
            (number * SECONDS / 10 + 0.1, "onestop.examine", {"proposal": "approve"}),
        )
        for number in range(10)
    ]
    plan = plan_of([*dossiers, *browsers(30, SECONDS)], tmp_path, seconds=SECONDS)
    processes: dict[str, int] = {}
    with StandIn(whim) as province:
        result = drive(
            plan=plan,
            stack=stack_of(province.origin, tmp_path),
            journal=tmp_path / "journal",
            faults=[faults.parse("nothing@07:00")],
            on_processes=processes.update,
        )
    journal = journals.read(tmp_path / "journal")
    assert Counter((seen.journey, seen.step) for seen in finals(journal)) == Counter(
        (walk.id, step.number) for walk in [*dossiers, *browsers(30, SECONDS)] for step in walk.steps
    )
    assert {seen.outcome for seen in finals(journal)} == {"ok"}
    assert result.observations == len(journal.observations)
    assert (result.faults, result.faults_failed, result.lost_workers) == (("nothing@07:00",), (), ())
    broken = [seen for seen in journal.observations if seen.journey == "dossier-3" and seen.step == 1]
    assert [seen.outcome for seen in broken] == ["lost", "ok"]
    keys = [seen.key for seen in province.seen if seen.key.startswith("dossier-3-1-")]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    late = [seen.outcome for seen in journal.observations if seen.journey == "dossier-5" and seen.step == 2]
    assert late == ["not_yet", "not_yet", "ok"]
    assert [event.event for event in journal.events] == ["begin", "fault", "end"]
    assert f'"began":{result.began}' in (tmp_path / "clock.json").read_text()
    assert sorted(processes) == ["generator-master", "generator-worker-1", "generator-worker-2"]
    assert not [pid for pid in processes.values() if is_running(pid)]


def test_a_stall_of_the_system_is_in_everybodys_latency(tmp_path: Path) -> None:
    """While the system stands still people keep coming, and each one's wait counts from when they came.

    A closed loop would send one request into the stall and report it as one slow answer; here the waits form a ramp.
    """
    with StandIn() as province:
        plan = plan_of(browsers(60, 3.0), tmp_path, seconds=3.0)

        def stall_a_second_after_the_first() -> None:
            if len(province.seen) == 1:
                province.stall(begins=province.seen[0].at + 1.0, seconds=1.0)

        province.on_request = stall_a_second_after_the_first
        result = drive(plan=plan, stack=stack_of(province.origin, tmp_path), journal=tmp_path / "journal", workers=1)
        begins = province.seen[0].at + 1.0 - result.began
    seen = finals(journals.read(tmp_path / "journal"))
    assert len(seen) == 60
    into_the_stall = [each for each in seen if begins + 0.05 < each.start < begins + 0.95]
    assert len(into_the_stall) >= 12
    assert all(each.end >= begins + 0.99 for each in into_the_stall)
    assert sum(each.latency > 0.5 for each in into_the_stall) >= 6


def test_a_worker_killed_in_mid_traffic_leaves_its_journal_and_an_event(tmp_path: Path) -> None:
    """What the dead worker had seen is on disk and readable; the others go on; the loss is told."""
    processes: dict[str, int] = {}
    with StandIn() as province:
        seen_enough = threading.Event()

        def count() -> None:
            both = len(on_disk(tmp_path / "journal")) == 2
            if len(province.seen) >= 20 and both and not seen_enough.is_set():
                seen_enough.set()
                os.kill(processes["generator-worker-1"], signal.SIGKILL)

        province.on_request = count
        result = drive(
            plan=plan_of(browsers(100, SECONDS), tmp_path, seconds=SECONDS),
            stack=stack_of(province.origin, tmp_path),
            journal=tmp_path / "journal",
            on_processes=processes.update,
        )
    journal = journals.read(tmp_path / "journal")
    assert result.lost_workers == ("generator-worker-1",)
    assert [event.event for event in journal.events] == ["begin", "worker-lost", "end"]
    walked = {int(seen.journey.removeprefix("browse-")) for seen in finals(journal)}
    complete = [shard for shard in (0, 1) if walked >= set(range(shard, 100, 2))]
    assert len(complete) == 1, "the surviving worker walked its whole shard"
    assert 50 < len(walked) < 100
    assert journal.torn <= 1


def test_a_drive_that_has_seen_enough_ends_at_once_and_says_why(tmp_path: Path) -> None:
    """A plan of ten minutes ends when its caller says so: the reason is in the journal, no process is left."""
    processes: dict[str, int] = {}
    with StandIn() as province:
        plan = plan_of(browsers(6000, 600.0), tmp_path, seconds=600.0)
        with Drive(journal=tmp_path / "journal", workers=1, on_processes=processes.update) as driving:
            driving.start()
            result = driving.begin(
                plan=plan,
                stack=stack_of(province.origin, tmp_path),
                enough=lambda _began: "errors rate<0.01" if len(province.seen) > 5 else "",
            )
    journal = journals.read(tmp_path / "journal")
    assert result.given_up == "errors rate<0.01"
    assert result.seconds < 600
    assert 5 < len(province.seen) < 6000
    assert ("given-up", "errors rate<0.01") in {(event.event, event.detail) for event in journal.events}
    assert "end" not in {event.event for event in journal.events}
    assert not [pid for pid in processes.values() if is_running(pid)]


def test_a_gate_ends_a_drive_by_what_the_watch_writes(tmp_path: Path) -> None:
    """No disk has a million terabytes free: the first look that tells of the run ends a plan of ten minutes."""
    run = tmp_path / "run"
    (run / "metrics").mkdir(parents=True)
    wanted = tmp_path / "objectives.toml"
    wanted.write_text('[thresholds]\n"disk_free" = { threshold = "min>1000000000000", abortOnFail = true }\n')
    with StandIn() as province:
        plan = plan_of(browsers(6000, 600.0), tmp_path, seconds=600.0)
        head = plans.load_head(plan)
        ending = Ending(files.load(wanted), timeline=head.timeline, steps=6000)
        file = stack_of(province.origin, tmp_path)
        stack = msgspec.structs.replace(stacks.load(file), state=str(tmp_path))
        with (
            Drive(journal=run / "journal", workers=1) as driving,
            Watch(stack, run / "metrics", chance=np.random.default_rng(1)),
        ):
            driving.start()
            result = driving.begin(plan=plan, stack=file, enough=follow(ending, run))
    assert result.given_up == "disk_free min>1000000000000"
    assert 0 < result.seconds < 600


def test_an_interrupted_drive_leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C in mid-traffic ends master and workers at once, and keeps what was seen."""
    processes: dict[str, int] = {}

    def interrupt(done: float, _label: object) -> None:
        if done > 0.1 and on_disk(tmp_path / "journal"):
            raise KeyboardInterrupt

    with StandIn() as province, pytest.raises(KeyboardInterrupt):
        drive(
            plan=plan_of(browsers(200, 10.0), tmp_path, seconds=10.0),
            stack=stack_of(province.origin, tmp_path),
            journal=tmp_path / "journal",
            workers=1,
            progress=interrupt,
            on_processes=processes.update,
        )
    assert len(processes) == 2
    assert not [pid for pid in processes.values() if is_running(pid)]
    assert journals.read(tmp_path / "journal").observations


DRIVER = """
import sys
from pathlib import Path
from loadtests.drive import drive

folder = Path(sys.argv[1])
drive(
    plan=folder / "plan",
    stack=folder / "stack.json",
    journal=folder / "journal",
    workers=1,
    on_processes=lambda pids: print(*pids.values(), flush=True),
)
"""


def test_a_driver_killed_outright_leaves_the_journal_and_no_process(tmp_path: Path) -> None:
    """After `kill -9` of the driver master and worker end by themselves, and what was seen can be read."""
    with StandIn() as province:
        plan_of(browsers(200, 10.0), tmp_path, seconds=10.0)
        stack_of(province.origin, tmp_path)
        seen_enough = threading.Event()
        province.on_request = lambda: seen_enough.set() if len(province.seen) >= 20 else None
        driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        with driver:
            assert driver.stdout is not None
            processes = [int(word) for word in driver.stdout.readline().split()]
            seen_enough.wait()
            while sum(on_disk(tmp_path / "journal")) < 15:  # answers come after requests
                time.sleep(0.01)
            driver.kill()
    assert len(processes) == 2
    assert ended(processes)
    journal = journals.read(tmp_path / "journal")
    assert len(journal.observations) >= 15
    assert journal.torn <= 1


def ended(processes: list[int]) -> bool:
    """Wait until all have ended; the kernel kills them, but not in the same instant. False when they stay."""
    watched = []
    for pid in processes:
        with suppress(ProcessLookupError):
            watched.append(os.pidfd_open(pid))
    try:
        return all(select.select([watch], [], [], 60.0)[0] for watch in watched)
    finally:
        for watch in watched:
            os.close(watch)


def test_a_plan_that_cannot_be_read_is_told_before_traffic(tmp_path: Path) -> None:
    """A worker that cannot do its part says why, and the drive ends with that."""
    plan = plan_of([journey("bad-1", (0.0, "portal.hme", {}))], tmp_path, seconds=SECONDS)
    with StandIn() as province, pytest.raises(DriveError, match=r"portal\.hme.*portal\.home"):
        drive(plan=plan, stack=stack_of(province.origin, tmp_path), journal=tmp_path / "journal", workers=1)


def test_two_runs_never_share_a_journal(tmp_path: Path) -> None:
    """A folder that already holds entries is refused, with the way out."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "worker-0.ndjson").write_text("")
    with pytest.raises(DriveError, match="new folder"), Drive(journal=tmp_path / "journal") as driving:
        driving.start()
