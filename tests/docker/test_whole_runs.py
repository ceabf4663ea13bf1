"""The main job on Docker, from `up` to nothing left, and what becomes of it when it is interrupted or cannot begin."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from command_line import Workplace

from infra.docker_target import engine
from infra.docker_target.plugin.kind import STACK_LABEL

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
    found = client.containers.list(all=True, filters={"label": STACK_LABEL})
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

    for law in _LAWS:
        (line,) = [line for line in done.out.splitlines() if law in line and ("Kept" in line or "Broken" in line)]
        assert "✓ Kept" in line, done.out
    assert done.code in {0, 1, 2}, done.err
    assert _marked(client) == before
    run = (place.runs / "latest").resolve()
    samples = (run / "metrics" / "processes.ndjson").read_text("utf-8")
    assert '"service":"postgresql"' in samples
    assert (run / "logs" / "data-postgresql.log").stat().st_size > 0


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
