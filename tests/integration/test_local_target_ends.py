"""However the command or the supervisor ends, no process, port or folder of a stack stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from standin import samples, seen

from infra import local
from infra.local import folder
from infra.local.target import LocalTarget, Options
from infra.stack import Stack
from simulation.text import Text

PLACE = str(Path(__file__).parent / "standin" / "place.py")
Command = subprocess.Popen[bytes]


def _run(folder: Path, mode: str) -> tuple[Command, Stack]:
    """Place a stack in a command of its own, in a process group of its own as a terminal would."""
    command = subprocess.Popen(
        [sys.executable, PLACE, str(folder), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    assert command.stdout is not None
    return command, msgspec.json.decode(command.stdout.readline(), type=Stack)


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of these tests' own: whoever places a stack beside them sweeps dead ones out of the usual."""
    with tempfile.TemporaryDirectory(prefix="tinhmau-ends-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", made)
        monkeypatch.setenv("TMPDIR", made)
        yield Path(made)


@pytest.fixture
def attached(tmp_path: Path) -> Iterator[tuple[Command, Stack]]:
    """A stack that lives as long as the command that placed it."""
    command, stack = _run(tmp_path, "wait")
    with command:
        yield command, stack
        command.kill()


def _end(stack: Stack, end: Callable[[], None]) -> None:
    """Do what should end the stack, and wait until each of its processes has ended."""
    everything = seen.processes(stack)
    assert len(everything) > 8, "supervisor, seven services and PostgreSQL with its own"
    end()
    seen.until(lambda: all(seen.ended(process) for process in everything))


def test_a_killed_command_takes_its_stack_with_it(attached: tuple[Command, Stack]) -> None:
    """After kill -9 of the command that placed an attached stack, nothing of the stack is left."""
    command, stack = attached

    _end(stack, command.kill)

    seen.assert_nothing_is_left(stack)


def test_ctrl_c_in_the_terminal_takes_the_stack_down(attached: tuple[Command, Stack]) -> None:
    """Ctrl-C reaches the command alone, whose end takes the stack down in good order: services get their SIGTERM."""
    command, stack = attached

    _end(stack, lambda: os.killpg(command.pid, signal.SIGINT))

    assert command.wait(seen.PATIENCE_SECONDS) != 0
    seen.assert_nothing_is_left(stack)


def test_a_terminated_supervisor_takes_everything_down(attached: tuple[Command, Stack]) -> None:
    """SIGTERM to the supervisor ends the stack in good order."""
    _, stack = attached

    _end(stack, seen.supervisor(stack).terminate)

    seen.assert_nothing_is_left(stack)


def test_a_killed_supervisor_leaves_no_process_and_its_folder_is_swept(attached: tuple[Command, Stack]) -> None:
    """After kill -9 of the supervisor all its processes end by themselves; the next command removes the folder."""
    _, stack = attached

    _end(stack, seen.supervisor(stack).kill)
    seen.assert_nothing_is_left(stack, but_folder=True)
    assert Path(stack.state).exists()

    swept = local.sweep()

    assert Path(stack.state) in swept
    seen.assert_nothing_is_left(stack)


def test_removing_a_stack_whose_supervisor_was_killed_removes_its_folder(tmp_path: Path) -> None:
    """`remove` cleans up after a supervisor that was killed, PostgreSQL killed with it included."""
    target = LocalTarget(Options(commands=samples.COMMANDS))
    stack = samples.place(target, tmp_path)
    for status in target.status(stack):
        if status.service == "postgresql":
            psutil.Process(status.pid).suspend()  # it cannot tidy up after itself
    seen.supervisor(stack).kill()

    target.remove(stack)

    seen.assert_nothing_is_left(stack)


def test_a_detached_stack_outlives_its_command_and_can_be_removed_by_another(tmp_path: Path) -> None:
    """A stack placed with attached=False serves on after its command has ended, until somebody removes it."""
    command, stack = _run(tmp_path, "leave")
    with command:
        assert command.wait(seen.PATIENCE_SECONDS) == 0
    another = LocalTarget()
    try:
        assert seen.get(stack, "portal", "/about")["pid"] in {status.pid for status in another.status(stack)}
        assert Path(stack.state) not in local.sweep()
    finally:
        another.remove(stack)

    seen.assert_nothing_is_left(stack)


@pytest.mark.parametrize("attached", [True, False], ids=["attached", "detached"])
def test_ctrl_c_while_a_stack_comes_up_leaves_nothing(tmp_path: Path, *, attached: bool) -> None:
    """An interruption in the middle of placing takes away all that was started, detached or not."""
    target = LocalTarget(Options(commands=samples.COMMANDS, attached=attached, logs_to=tmp_path / "logs"))
    seen_at: list[list[psutil.Process]] = []
    before, others = _state_folders(), psutil.Process().children(recursive=True)

    def interrupt(done: float, _what: Text) -> None:
        if done >= 0.4:
            seen_at.append([one for one in psutil.Process().children(recursive=True) if one not in others])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        samples.place(target, tmp_path, progress=interrupt)

    assert len(seen_at[0]) > 3
    _, alive = psutil.wait_procs(seen_at[0], timeout=0)
    assert alive == []
    assert _state_folders() <= before
    assert (tmp_path / "logs" / "supervisor.log").exists()


def _state_folders() -> set[Path]:
    """Folders of stacks whose supervisor no longer runs."""
    found = Path(tempfile.gettempdir()).glob(f"{folder.prefix()}*")
    return {path for path in found if folder.is_dead(folder.Folder(path))}
