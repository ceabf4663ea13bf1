"""The commands: each says what it is for, and costs nothing until it is called."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from tinhmau.commands import COMMANDS, group


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Give pytest its signals back: a command takes them when it is loaded."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """`tinhmau COMMAND --help` works for every command, and tells of the languages."""
    told = CliRunner().invoke(group(), [name, "--help"])

    assert told.exit_code == 0, told.output
    assert "--lang vi|en" in told.output


def test_all_commands_are_listed_in_the_order_of_the_flow() -> None:
    """`tinhmau --help` lists every command with its purpose, uncut at 80 columns."""
    told = CliRunner().invoke(group(), ["--help"], terminal_width=80).output

    assert [line.split()[0] for line in told.splitlines() if line.startswith("  ") and line.split()[0] in COMMANDS] == [
        *COMMANDS
    ]
    assert [row.purpose.vi for row in COMMANDS.values() if row.purpose.vi not in told] == []


def test_help_does_not_wait_for_what_only_runs_need() -> None:
    """`tinhmau --help` imports neither polars nor numba nor Locust: whoever only asks gets an answer at once."""
    heavy = "import sys; from tinhmau.__main__ import run; run(['--help']); "
    heavy += "print([name for name in ('polars', 'numba', 'locust', 'aiohttp') if name in sys.modules])"

    told = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)

    assert told.stdout.splitlines()[-1] == "[]"
