"""Backups that were restored: the whole main job over a lost data centre, and a point in time."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from command_line import Workplace
from standing_docker import Standing, toy, write_reference

from infra import demand
from infra.blueprint import draw_up
from infra.docker_target import engine, failover, restoring
from infra.docker_target.layout import BACKUP
from infra.docker_target.plugin.kind import STACK_LABEL
from infra.docker_target.target import DockerTarget, Options, left_over
from simulation import province_files

pytestmark = pytest.mark.needs("docker", "pulumi")
_PATIENCE_SECONDS = 60.0
_RECEIVED = (
    "SELECT bool_and(flush_lsn >= pg_current_wal_lsn()) AND bool_or(application_name = 'pg_receivewal') "
    "FROM pg_stat_replication"
)


@pytest.fixture
def place() -> Iterator[Workplace]:
    """Folders of its own, with the engine's cache of this user."""
    made = Workplace()
    yield made
    made.close()


def _stacks(client: docker.DockerClient) -> set[str]:
    found = client.volumes.list(filters={"label": STACK_LABEL})
    return {str(one.attrs["Labels"][STACK_LABEL]) for one in found}


def test_every_law_holds_on_what_was_restored_after_everything_was_lost(place: Workplace) -> None:
    """`verify --drill`: killed without warning and removed, restored from the backup, judged against the clients."""
    before = _stacks(engine.connect())

    done = place.run(
        "verify", "--target", "docker", "--scenario", "toy", "--runs", place.runs, "--drill",
        XDG_CACHE_HOME=os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
    )  # fmt: skip

    lines = done.out.splitlines()
    for law in ("LAW-1", "LAW-2", "LAW-3", "LAW-4", "LAW-5"):
        assert [line for line in lines if law in line and "✓ Kept" in line], done.out + done.err
    run = (place.runs / "latest").resolve()
    drill = json.loads((run / "environment.json").read_text("utf-8"))["restore_drill"]
    assert drill["rto_seconds"] > drill["destroyed_seconds"] > 0
    assert 0 <= drill["rpo_seconds"] < _PATIENCE_SECONDS
    assert "RPO" in (run / "report.html").read_text("utf-8")
    assert _stacks(engine.connect()) == before
    assert not list(place.temporary.glob("tinhmau-backup-*"))


def _write(standing: Standing, word: str) -> str:
    """Write one word into the portal's database; returns the database's time afterwards."""
    database = failover.primary(standing.client, standing.stack.name)
    restoring.ask(database, "portal", "CREATE TABLE IF NOT EXISTS drill (word text)")
    restoring.ask(database, "portal", f"INSERT INTO drill VALUES ('{word}')")  # noqa: S608 -- the test's own word
    return restoring.ask(database, "portal", "SELECT clock_timestamp()")


def _words(standing: Standing) -> list[str]:
    database = failover.primary(standing.client, standing.stack.name)
    return restoring.ask(database, "portal", "SELECT word FROM drill ORDER BY word").split()


_LENGTH = 300_000
_TEXT = f"""
import asyncio, os
from services.kit.objects import name_of, open_store
store, text = open_store(os.environ["OBJECT_STORE"]), b"x" * {_LENGTH}
"""
_KEEP = _TEXT + "asyncio.run(store.put(name_of(text), text))"
_FETCH = _TEXT + "print(len(asyncio.run(store.get(name_of(text)))))"


def _in_hub(standing: Standing, program: str) -> str:
    """Run a program of the hub's image inside one of its replicas."""
    done = standing.containers("dochub")[0].exec_run(["python3", "-P", "-c", program])
    assert done.exit_code == 0, done.output
    return str(done.output.decode("utf-8").strip())


def test_a_stack_is_restored_to_a_point_in_time_and_to_its_end() -> None:
    """Destroyed whole; up to the point only what was written before, in full also what came after it.

    What the hub keeps beside its database comes back as well.
    """
    province = province_files.load("toy")
    with tempfile.TemporaryDirectory(prefix="tinhmau-test-") as root:
        target = DockerTarget(Options(backup_to=Path(root, "backup")))
        reference = Path(root, "reference")
        reference.mkdir()
        write_reference(province, reference)
        stack = target.place(
            draw_up(province, demand.demand_of_province(province)), reference=reference, province=province
        )
        try:
            first = Standing(target, stack)
            point = _write(first, "before")
            _write(first, "later")
            _in_hub(first, _KEEP)
            _await_received(first)
            (backup,) = first.containers(BACKUP)
            _await(lambda: restoring.books_copied(backup))
        finally:
            target.remove(stack)
        assert left_over(engine.connect(), stack.name) == []

        for until, wanted in ((point, ["before"]), ("", ["before", "later"])):
            restored = target.restore(Path(root, "backup"), until=until)
            try:
                second = Standing(target, restored)
                assert _words(second) == wanted
                assert restored.endpoints == stack.endpoints
                assert restored.audit_token == stack.audit_token
                assert {row.state for row in target.status(restored)} == {"ready"}
                _write(second, "new")
                assert "new" in _words(second)
                assert _in_hub(second, _FETCH) == str(_LENGTH)
            finally:
                target.remove(restored)


def test_a_backup_goes_on_after_a_failover() -> None:
    """What was written before it, and what was written to the server that took over, come back from one folder."""
    with tempfile.TemporaryDirectory(prefix="tinhmau-test-") as root:
        with toy(standby=True, backup_to=Path(root, "backup")) as first:
            _write(first, "before")
            first.target.fail_over(first.stack)
            _write(first, "later")
            _await_received(first)

        target = DockerTarget(Options())
        restored = target.restore(Path(root, "backup"))
        try:
            second = Standing(target, restored)
            assert _words(second) == ["before", "later"]
            assert {row.state for row in target.status(restored)} == {"ready"}
        finally:
            target.remove(restored)


def _await_received(standing: Standing) -> None:
    database = failover.primary(standing.client, standing.stack.name)
    _await(lambda: restoring.ask(database, "postgres", _RECEIVED) == "t")


def _await(seen: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.2)
