"""A stack on this machine: it comes up, survives what is done to it, and goes away whole."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import psutil
import pytest
from standin import samples, seen

from infra.blueprint import SERVICES
from infra.local import clock
from infra.local.target import LocalTarget, Options
from infra.stack import Stack
from infra.target import Killable, ServiceStatus
from infra.trouble import TargetError
from simulation.text import Text
from simulation.timeline import Timeline

TIMELINE = Timeline(day="2018-08-22", points=((25_200.0, 0.0), (61_200.0, 60.0)))


@pytest.fixture(scope="module")
def target() -> LocalTarget:
    """The target, with stand-ins for services."""
    return LocalTarget(Options(commands=samples.COMMANDS))


@pytest.fixture(scope="module")
def stack(target: LocalTarget, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for all tests here: each leaves it serving."""
    placed = samples.place(target, tmp_path_factory.mktemp("reference"), timeline=TIMELINE)
    yield placed
    target.remove(placed)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_the_settings_of_the_contract(stack: Stack, service: str) -> None:
    """A service gets every variable that docs/reference-data.md lists for it, and nothing of the user's own."""
    documented = set(re.findall(r"`([A-Z_]{5,})`", Path("docs/reference-data.md").read_text("utf-8")))
    absent = {"LISTEN", "SCANNER", "CAPTCHA", "DATABASE_CONNECTIONS", "MOST_UNDER_WAY", "AUDIT_KEPT_DAYS"}  # optional
    absent |= {"LGSP_AUTHORITY", "TLS_CERTIFICATE", "TLS_KEY", "TLS_CLIENT_AUTHORITY"}  # here all is plain HTTP
    absent |= {"OBJECT_STORE_KEY", "OBJECT_STORE_SECRET"} | (set() if service == "dochub" else {"OBJECT_STORE"})
    absent |= {"LGSP_SECRET", "PROVIDER_SECRET"} if service == "lgsp" else {"LGSP_REGISTRY"}
    absent |= set() if service in ("portal", "national") else {"PAYMENT_SECRET"}

    environment = seen.get(stack, service, "/about")["environment"]

    assert documented - absent <= set(environment), "a variable is missing"
    assert not (absent & set(environment))
    assert environment["SERVICE"] == service
    assert environment["PUBLIC_URL"] == stack.endpoints[service]
    assert environment["AUDIT_TOKEN"] == stack.audit_token
    assert environment["CLOCK_FILE"] == stack.clock
    assert "HOME" not in environment


def test_the_lgsp_knows_every_other_system_by_its_secret(stack: Stack) -> None:
    """The registry names all systems but the LGSP, with the secrets they were given, and only its owner can read it."""
    registry = Path(seen.get(stack, "lgsp", "/about")["environment"]["LGSP_REGISTRY"])

    systems = msgspec.json.decode(registry.read_bytes())["systems"]

    assert set(systems) == set(SERVICES) - {"lgsp"}
    assert registry.stat().st_mode & 0o077 == 0
    for name, system in systems.items():
        environment = seen.get(stack, name, "/about")["environment"]
        assert system["url"] == stack.endpoints[name]
        assert system["secret"] == environment["LGSP_SECRET"]
        assert system["provider_secret"] == environment["PROVIDER_SECRET"]


def test_everything_listens_on_this_machine_only(stack: Stack) -> None:
    """Nobody outside this machine can reach any port of the stack."""
    connections = [c for process in seen.processes(stack) for c in process.net_connections("inet")]

    listening = {c.laddr for c in connections if c.status == psutil.CONN_LISTEN}

    assert {address.port for address in listening} == set(seen.ports(stack))
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_services_and_postgresql_yield_to_the_load_generator(stack: Stack, target: LocalTarget) -> None:
    """Services and PostgreSQL run at a lower priority than whatever placed them."""
    pids = [status.pid for status in target.status(stack)]

    nicenesses = {psutil.Process(pid).nice() for pid in pids}

    assert nicenesses == {os.nice(0) + 5}


async def test_postgresql_is_durable_and_knows_vietnamese(stack: Stack) -> None:
    """Writes are durable, as the stack says of itself, and lower() knows every Vietnamese letter."""
    connection = await asyncpg.connect(stack.databases["portal"])
    try:
        asked = {name: await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")}
        small = await connection.fetchval("SELECT lower('ĐẮK LẮK, HỮU NGHỊ, ƯỚC')")
    finally:
        await connection.close()

    assert asked == {"fsync": "on", "synchronous_commit": "on"}
    assert {name: stack.machine[name] for name in asked} == asked
    assert small == "đắk lắk, hữu nghị, ước"


async def test_a_service_cannot_enter_the_database_of_another(stack: Stack) -> None:
    """The portal's role is turned away from the one-stop's database, and a wrong password from its own."""
    own = seen.get(stack, "portal", "/about")["environment"]["DATABASE_URL"]

    await (await asyncpg.connect(own)).close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(own.rpartition("/")[0] + "/onestop")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(own.replace("portal:", "portal:x"))


def test_the_clock_stands_until_traffic_begins(stack: Stack) -> None:
    """A placed stack's clock stands at the timeline's first point, and follows the timeline once it is begun."""
    standing = msgspec.json.decode(Path(stack.clock).read_bytes())

    clock.begin_clock(stack, TIMELINE, 1_800_000_000.0)

    begun = msgspec.json.decode(Path(stack.clock).read_bytes())
    assert standing["began"] > 200_000_000_000
    assert begun == {"day": "2018-08-22", "points": [[25200.0, 0.0], [61200.0, 60.0]], "began": 1_800_000_000.0}
    assert {file.name for file in Path(stack.state).glob("*clock*")} == {"clock.json"}


def test_a_service_killed_from_outside_comes_back_on_its_port(stack: Stack, target: LocalTarget) -> None:
    """After kill -9 of a service, a request to the same address is answered by a new process; none is refused."""
    before = seen.get(stack, "dochub", "/about")["pid"]
    victim = psutil.Process(before)

    victim.kill()
    psutil.wait_procs([victim], timeout=seen.PATIENCE_SECONDS)
    after = seen.get_in_the_end(stack, "dochub", "/about")["pid"]

    assert after != before
    seen.until(lambda: _status(target, stack, "dochub").state == "ready")
    assert _status(target, stack, "dochub").restarts == 1
    assert _status(target, stack, "dochub").pid == after


def test_a_service_can_be_killed_on_purpose_as_often_as_a_scenario_wants(stack: Stack, target: LocalTarget) -> None:
    """Kills that were asked for never make the supervisor give a service up."""
    assert isinstance(target, Killable)
    pids = set()

    for _ in range(10):
        seen.until(lambda: _status(target, stack, "sector").state == "ready")
        pids.add(target.kill(stack, "sector"))
        seen.until(lambda: _status(target, stack, "sector").pid not in {0, *pids})

    assert len(pids) == 10
    assert _status(target, stack, "sector").restarts == 10


def test_acknowledged_rows_survive_a_kill_of_postgresql(stack: Stack, target: LocalTarget) -> None:
    """After kill -9 of PostgreSQL it comes back on its port with every acknowledged row, and services use it again."""
    rows_before = seen.get(stack, "office", "/count")["rows"]
    postgresql = _status(target, stack, "postgresql")

    os.kill(postgresql.pid, signal.SIGKILL)
    rows_after = seen.get_in_the_end(stack, "office", "/count")["rows"]

    back = _status(target, stack, "postgresql")
    assert rows_after == rows_before + 1
    assert back.pid != postgresql.pid
    assert back.address == postgresql.address
    assert back.restarts == postgresql.restarts + 1


def test_samples_tell_of_every_process_and_of_those_that_were_added(
    stack: Stack, target: LocalTarget, tmp_path: Path
) -> None:
    """processes.ndjson has a line a second for every service, PostgreSQL, and the load generator once it is named."""
    file = tmp_path / "metrics" / "processes.ndjson"
    target.sample(stack, "generator", os.getpid())

    target.write_metrics(stack, file.parent)
    seen.until(lambda: file.exists() and file.read_bytes().count(b"\n") >= 2 * 9)

    lines = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
    assert {line["service"] for line in lines} == {*SERVICES, "postgresql", "generator"}
    assert set(lines[0]) == {"at", "service", "cpu_percent", "memory_mb", "restarts", "state"}
    assert all(line["memory_mb"] > 1 for line in lines if line["state"] in ("ready", "running"))


def test_killing_what_does_not_run_says_what_does(stack: Stack, target: LocalTarget) -> None:
    """An unknown name is answered with the names that run."""
    with pytest.raises(TargetError, match=r"“portral” does not run\. Running: postgresql, portal"):
        target.kill(stack, "portral")


def test_two_stacks_live_side_by_side_and_go_one_by_one(target: LocalTarget, stack: Stack, tmp_path: Path) -> None:
    """A second stack shares no port, folder or database with the first, and its removal does not touch the first."""
    other = samples.place(target, tmp_path)
    try:
        assert not set(seen.ports(other)) & set(seen.ports(stack))
        assert other.state != stack.state
        assert seen.get(other, "onestop", "/count")["rows"] == 1
    finally:
        target.remove(other)

    seen.assert_nothing_is_left(other)
    assert seen.get(stack, "portal", "/about")["environment"]["SERVICE"] == "portal"


def test_what_is_removed_leaves_nothing_but_its_logs_where_they_were_wanted(tmp_path: Path) -> None:
    """After removal there is no process, port or folder; logs are where they were asked for; removing twice is fine."""
    told: list[tuple[float, Text]] = []
    target = LocalTarget(Options(commands=samples.COMMANDS, logs_to=tmp_path / "logs", metrics=tmp_path / "metrics"))
    placed = samples.place(target, tmp_path, progress=lambda done, what: told.append((done, what)))

    target.remove(placed)
    target.remove(placed)

    seen.assert_nothing_is_left(placed)
    assert "standin: serving portal" in (tmp_path / "logs" / "portal.log").read_text("utf-8")
    assert {"postgresql.log", "supervisor.log"} <= {file.name for file in (tmp_path / "logs").iterdir()}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == 1.0


def test_a_kept_folder_stays_and_is_not_swept(tmp_path: Path) -> None:
    """With `keep`, logs and databases stay after removal, also when the next stack is placed."""
    target = LocalTarget(Options(commands=samples.COMMANDS, keep=True))
    placed = samples.place(target, tmp_path)
    target.remove(placed)
    other = LocalTarget(Options(commands=samples.COMMANDS))

    other.remove(samples.place(other, tmp_path))

    seen.assert_nothing_is_left(placed, but_folder=True)
    assert (Path(placed.state) / "postgresql" / "data" / "PG_VERSION").exists()
    shutil.rmtree(placed.state)


def _status(target: LocalTarget, stack: Stack, service: str) -> ServiceStatus:
    return next(status for status in target.status(stack) if status.service == service)
