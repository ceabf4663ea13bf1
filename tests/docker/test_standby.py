"""A database server that is lost with its disk, and one that has every commit and takes over."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Workplace
from standing_docker import Standing, toy

from infra.blueprint import DATABASE
from infra.docker_target import failover, restoring
from infra.docker_target.layout import STANDBY

pytestmark = pytest.mark.needs("docker", "pulumi")
_LAWS = ("LAW-1", "LAW-2", "LAW-3", "LAW-4", "LAW-5")


@pytest.fixture(scope="module")
def double() -> Iterator[Standing]:
    """The toy province with two database servers."""
    with toy(standby=True) as one:
        yield one


@pytest.fixture
def place() -> Iterator[Workplace]:
    """Folders of its own, with the engine's cache of this user."""
    made = Workplace()
    yield made
    made.close()


def _ask(standing: Standing, sql: str) -> str:
    return restoring.ask(failover.primary(standing.client, standing.stack.name), "portal", sql)


def _used(standing: Standing) -> str:
    used, _ = failover.roles(standing.client, standing.stack.name)
    return used.labels["vn.tinhmau.service"]


def test_every_commit_waits_for_the_standby_once_it_follows(double: Standing) -> None:
    """Placed means in step; the standby lets nobody in, and a second `up` changes nothing."""
    (standby,) = double.containers(STANDBY)

    assert _used(double) == DATABASE
    assert _ask(double, "SHOW synchronous_standby_names") == "standby"
    assert _ask(double, "SHOW synchronous_commit") == "on"
    assert standby.exec_run(["database-ready", "5432"]).exit_code == 0
    assert standby.exec_run([f"{failover.PROGRAMS}/pg_isready", "-q", "-h", "127.0.0.1"]).exit_code != 0
    assert double.changes() == {}


def test_what_was_written_is_there_after_the_server_was_lost_with_its_disk_twice(double: Standing) -> None:
    """The standby takes over, a new server follows it in the place of the lost one, and takes over in its turn."""
    _ask(double, "CREATE TABLE fail_over (word text)")
    for number, (lost, heir) in enumerate(((DATABASE, STANDBY), (STANDBY, DATABASE))):
        (gone,) = double.containers(lost)
        _ask(double, f"INSERT INTO fail_over VALUES ('{number}')")  # noqa: S608 -- the test's own number

        assert double.target.fail_over(double.stack) > 0

        assert _used(double) == heir
        assert _ask(double, "SELECT count(*) FROM fail_over") == str(number + 1)
        assert _ask(double, "SHOW synchronous_standby_names") == "standby"
        (new,) = double.containers(lost)
        assert new.id != gone.id
        assert double.changes() == {}
    assert {row.state for row in double.target.status(double.stack)} == {"ready"}


def test_a_lost_standby_is_seen_and_made_again(double: Standing) -> None:
    """With its disk; the server that people use stays as it is, and does not wait for what never comes back."""
    used, standby = failover.roles(double.client, double.stack.name)
    failover.lose(double.client, standby)

    assert (double.runner.refresh().summary.resource_changes or {}).get("delete") == 2
    double.runner.up()
    failover.await_in_step(double.client, double.stack.name)

    again, other = failover.roles(double.client, double.stack.name)
    assert again.id == used.id
    assert other.id != standby.id
    assert double.changes() == {}


def test_no_acknowledged_write_is_lost_when_the_servers_host_is_lost_under_traffic(place: Workplace) -> None:
    """`--standby --fault failover:postgresql`: laws kept, recovery time and failed requests told in the report."""
    done = place.run(
        "verify", "--target", "docker", "--scenario", "toy_release", "--runs", place.runs, "--standby",
        "--fault", "failover:postgresql@10:30",
        XDG_CACHE_HOME=os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
    )  # fmt: skip

    for law in _LAWS:
        assert [line for line in done.out.splitlines() if law in line and "✓ Kept" in line], done.out + done.err
    run = (place.runs / "latest").resolve()
    (cost,) = json.loads((run / "environment.json").read_text("utf-8"))["recovery"].values()
    assert cost["seconds"] > 0
    assert cost["requests"] >= cost["failed"] >= 0
