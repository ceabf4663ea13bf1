"""The main job on Docker, from `up` to nothing left, and what becomes of it when it is interrupted or cannot begin."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from command_line import Workplace
from docker_line import DockerLine
from standing_docker import toy

from infra.blueprint import SERVICES
from infra.docker_target import engine
from infra.docker_target.plugin.kind import STACK_LABEL
from infra.trouble import TargetError

pytestmark = pytest.mark.needs("docker", "pulumi")
_LAWS = ("LAW-1", "LAW-2", "LAW-3", "LAW-4", "LAW-5")
_OF_THE_MACHINE = {"GEN-01", "GEN-02"}  # the load generator was late: a loaded machine's answer, not the stack's


@pytest.fixture
def place() -> Iterator[Workplace]:
    """Folders of its own, with the engine's cache of this user."""
    made = Workplace()
    yield made
    made.close()


def _environment() -> dict[str, str]:
    return {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}


def _marked(client: docker.DockerClient) -> set[str]:
    """Stacks of which something is left in the engine."""
    found = client.containers.list(all=True, ignore_removed=True, filters={"label": STACK_LABEL})
    stacks = {one.labels[STACK_LABEL] for one in found}
    stacks |= {one.attrs["Labels"][STACK_LABEL] for one in client.networks.list(filters={"label": STACK_LABEL})}
    stacks |= {one.attrs["Labels"][STACK_LABEL] for one in client.volumes.list(filters={"label": STACK_LABEL})}
    return stacks | {one.labels[STACK_LABEL] for one in client.images.list(filters={"label": STACK_LABEL})}


def test_a_day_of_the_toy_province_keeps_every_law_and_leaves_nothing(place: Workplace) -> None:
    """`verify --target docker`, with the portal and then the database server killed in the middle of the day."""
    client = engine.connect()
    before = _marked(client)

    done = place.run(
        "verify", "--target", "docker", "--scenario", "toy", "--runs", place.runs,
        "--fault", "kill:portal@09:30", "--fault", "kill:postgresql@10:30", **_environment(),
    )  # fmt: skip

    assert done.code in {0, 1, 2}, done.err
    for law in _LAWS:
        (line,) = [line for line in done.out.splitlines() if law in line and ("Kept" in line or "Broken" in line)]
        assert "✓ Kept" in line, done.out
    assert _marked(client) == before
    run = (place.runs / "latest").resolve()
    samples = (run / "metrics" / "processes.ndjson").read_text("utf-8")
    assert '"service":"postgresql"' in samples
    assert (run / "logs" / "data-postgresql.log").stat().st_size > 0


def test_every_service_is_upgraded_and_rolled_back_in_turn_while_people_work(place: Workplace) -> None:
    """No law broken, nothing acknowledged lost; the report tells what each change cost and which requests failed."""
    hours = [f"{7 + number // 2:02d}:{30 * (number % 2):02d}" for number in range(2 * len(SERVICES))]
    changes = [f"{act}:{service}" for service in SERVICES for act in ("upgrade", "rollback")]
    faults = [part for change, hour in zip(changes, hours, strict=True) for part in ("--fault", f"{change}@{hour}")]

    done = place.run(
        "verify", "--target", "docker", "--scenario", "toy_release", "--runs", place.runs, *faults,
        "--fault", "kill:postgresql@16:30", **_environment(),
    )  # fmt: skip

    for law in _LAWS:
        assert [line for line in done.out.splitlines() if law in line and "✓ Kept" in line], done.out + done.err
    run = (place.runs / "latest").resolve()
    told = json.loads((run / "environment.json").read_text("utf-8"))["recovery"]
    assert sorted(name.partition(". ")[2] for name in told) == sorted(
        [*(change.replace(":", " ") for change in changes), "kill postgresql"]
    )
    assert all(cost["seconds"] is not None for cost in told.values()), told
    # A connection that is open to what goes away may be cut; what is not answered is counted, not hidden.
    failed, requests = (sum(cost[key] for cost in told.values()) for key in ("failed", "requests"))
    assert failed <= 0.05 * requests + 20, told


def test_an_up_that_is_interrupted_is_taken_back(place: Workplace) -> None:
    """Ctrl-C while Pulumi brings containers up: the command ends with 130 and nothing is left."""
    client = engine.connect()
    before = _marked(client)

    with place.start(
        "verify", "--target", "docker", "--scenario", "toy", "--runs", place.runs, **_environment()
    ) as command:
        _await(lambda: _marked(client) > before)
        command.press_ctrl_c()
        done = command.end()

    assert done.code == 130, done.err
    assert _marked(client) == before


def test_what_a_killed_command_has_left_goes_with_the_next_one(place: Workplace) -> None:
    """SIGKILL in mid-`up` leaves containers; `tinhmau down` finds their stack by its state folder and removes it."""
    client = engine.connect()
    before = _marked(client)
    with place.start(
        "verify", "--target", "docker", "--scenario", "toy", "--runs", place.runs, **_environment()
    ) as command:
        _await(lambda: _marked(client) > before)
        os.killpg(command.process.pid, signal.SIGKILL)
    left = _marked(client) - before

    done = place.run("down", "--runs", place.runs, **_environment())

    assert left
    assert done.code == 0, done.err
    assert _marked(client) == before


def test_an_engine_that_dies_in_mid_up_leaves_what_the_next_command_takes_away(place: Workplace) -> None:
    """One message with the reason and the way out; when the engine is back, `tinhmau down` finds the stack."""
    client = engine.connect()
    before = _marked(client)

    with (
        DockerLine(place.temporary / "docker.sock") as line,
        place.start(
            "verify", "--target", "docker", "--scenario", "toy", "--runs", place.runs,
            DOCKER_HOST=f"unix://{line.path}", **_environment(),
        ) as command,
    ):  # fmt: skip
        _await(lambda: _marked(client) > before)
        line.cut()
        done = command.end()
    left = _marked(client) - before
    again = place.run("down", "--runs", place.runs, **_environment())

    assert done.code == 70, done.err
    assert "Docker engine" in done.err
    assert "Traceback" not in done.err
    assert left
    assert again.code == 0, again.err
    assert _marked(client) == before


def test_an_image_that_is_missing_is_named_and_the_next_up_succeeds() -> None:
    """Somebody has removed a release that the stack is to run; with the one that is there it comes up again."""
    with toy() as standing:
        gone = "tinhmau/services:gone"
        with pytest.raises(TargetError, match=gone):
            standing.target.upgrade(standing.stack, "sector", release=gone)

        standing.target.roll_back(standing.stack, "sector")

        assert standing.changes() == {}
        assert {row.state for row in standing.target.status(standing.stack)} == {"ready"}


@pytest.mark.needs("mount")
def test_a_full_disk_is_told_and_leaves_nothing(place: Workplace) -> None:
    """The folder for stacks' state has room for nothing: one sentence, and no container."""
    client = engine.connect()
    before = _marked(client)
    full = place.temporary / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", full], check=True)
    try:
        done = place.run(
            "verify", "--target", "docker", "--scenario", "toy", "--runs", place.runs,
            XDG_STATE_HOME=str(full), **_environment(),
        )  # fmt: skip
    finally:
        subprocess.run(["umount", full], check=True)

    assert done.code == 70, done.err
    assert "The disk is full." in done.err
    assert "Traceback" not in done.err
    assert _marked(client) == before


def test_without_a_docker_engine_one_sentence_says_what_to_do(place: Workplace) -> None:
    """No traceback, exit code of our own fault, and the address that was tried."""
    done = place.run(
        "verify", "--target", "docker", "--scenario", "toy", "--runs", place.runs,
        DOCKER_HOST="unix:///nowhere/docker.sock", **_environment(),
    )  # fmt: skip

    assert done.code == 70
    assert "No Docker engine answers at unix:///nowhere/docker.sock" in done.err
    assert "sudo systemctl start docker" in done.err
    assert "Traceback" not in done.err


def _await(seen: object) -> None:
    assert callable(seen)
    until = time.monotonic() + 120
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.2)
