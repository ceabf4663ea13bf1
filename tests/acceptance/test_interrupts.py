"""Ctrl-C at any moment: exit code 130, a word about it, nothing left. Two runs at once do not disturb each other."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from command_line import Command, Finished, Run, Workplace, laws, stand, until, verdict

VERIFY = ("verify", "--scenario", "toy", "--runs")


def _assert_stopped(finished: Finished, workplace: Workplace) -> None:
    assert finished.code == 130, finished
    assert "everything was put away" in finished.err
    assert "Traceback" not in finished.err + finished.out
    assert workplace.left_behind() == []
    assert list(workplace.runs.glob("*/stack.json")) == []


def _traffic_is_under_way(command: Command, workplace: Workplace) -> None:
    command.until("A day in the province")
    until(lambda: any(path.stat().st_size > 10_000 for path in workplace.runs.glob("latest/journal/worker-*.ndjson")))


@pytest.mark.parametrize("moment", ["Drawing the people", "Placing the data centre"])
def test_ctrl_c_before_traffic(workplace: Workplace, moment: str) -> None:
    """Ctrl-C while people are drawn and while services start: all is put away."""
    with workplace.start(*VERIFY, workplace.runs) as command:
        command.until(moment)

        command.press_ctrl_c()

        _assert_stopped(command.end(), workplace)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_in_traffic(workplace: Workplace, times: int) -> None:
    """Ctrl-C in the middle of traffic, even pressed again while things are put away, leaves nothing behind."""
    with workplace.start(*VERIFY, workplace.runs) as command:
        _traffic_is_under_way(command, workplace)

        command.press_ctrl_c()
        for _ in range(times - 1):
            command.until("Stopping the data centre")
            command.press_ctrl_c()

        _assert_stopped(command.end(), workplace)


def test_a_closed_terminal_is_an_interrupt_too(workplace: Workplace) -> None:
    """When the terminal window is closed in mid-traffic, the hang-up ends everything in good order."""
    with workplace.start(*VERIFY, workplace.runs) as command:
        _traffic_is_under_way(command, workplace)

        os.killpg(command.process.pid, signal.SIGHUP)

        _assert_stopped(command.end(), workplace)


def test_a_killed_command_takes_everything_with_it(workplace: Workplace) -> None:
    """After kill -9 in mid-traffic nothing runs on; what was seen until then is judged (UNKNOWN), `down` clears up."""
    with workplace.start(*VERIFY, workplace.runs) as command:
        _traffic_is_under_way(command, workplace)
        command.process.kill()
        command.end()
    until(lambda: workplace.left_behind() == [])

    judged = workplace.run("judge", "--runs", workplace.runs)
    assert judged.code in {1, 2}, judged
    told = verdict(workplace.newest())
    assert any("stopped halfway" in reason for reason in told["reasons_en"])
    assert told["counts"]["requests"] > 0
    assert "ended without being put away" in workplace.run("status", "--runs", workplace.runs).err
    assert workplace.run("down", "--runs", workplace.runs).code == 0
    assert list(workplace.runs.glob("*/stack.json")) == []


def test_ctrl_c_while_a_province_comes_up(workplace: Workplace) -> None:
    """`up` that is interrupted leaves no province running that nobody has been told of."""
    with workplace.start("up", "--scenario", "toy", "--runs", workplace.runs) as command:
        command.until("Placing the data centre")
        until(lambda: len(workplace.processes()) > 5)

        command.press_ctrl_c()

        _assert_stopped(command.end(), workplace)


def test_ctrl_c_while_a_province_goes_down(workplace: Workplace) -> None:
    """`down` that is interrupted finishes what it has begun: half a province is no use to anybody."""
    stand(workplace)
    with workplace.start("down", "--runs", workplace.runs) as command:
        command.until("Stopping")

        command.press_ctrl_c()

        _assert_stopped(command.end(), workplace)


def test_ctrl_c_while_judging(toy_run: Run, workplace: Workplace) -> None:
    """Ctrl-C while a run is judged leaves the verdict that was there as it was."""
    copy = workplace.runs / "copy"
    shutil.copytree(toy_run.folder, copy)
    waiting = _make_it_wait(copy)
    with workplace.start("judge", copy) as command:
        command.until("Reconciling")
        with waiting.open("wb"):  # opens when the command has come to the point where it reads this
            command.press_ctrl_c()

            finished = command.end()

    assert finished.code == 130, finished
    assert workplace.left_behind() == []
    assert (copy / "verdict.json").read_bytes() == (toy_run.folder / "verdict.json").read_bytes()
    assert list(copy.glob(".*.draft")) == []


def _make_it_wait(run: Path) -> Path:
    """Put a pipe where a book is, so that whoever reads it has to wait."""
    pipe = run / "journal" / "waiting.ndjson"
    os.mkfifo(pipe)
    return pipe


def test_two_runs_at_once(workplace: Workplace) -> None:
    """Two runs begun in the same second, in the same folder, each reach a verdict of their own with the laws kept."""
    with (
        workplace.start(*VERIFY, workplace.runs, "--seed", "1") as one,
        workplace.start(*VERIFY, workplace.runs, "--seed", "2") as other,
    ):
        ended = [one.end(), other.end()]

    runs = [path.parent for path in workplace.runs.glob("*/verdict.json") if not path.parent.is_symlink()]
    assert len(runs) == 2, ended
    told = [verdict(run) for run in runs]
    assert {one["seed"] for one in told} == {1, 2}
    assert [set(laws(one).values()) for one in told] == [{"KEPT"}] * 2
    assert workplace.left_behind() == []
