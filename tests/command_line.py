"""The real `tinhmau` as a program of its own, in a workplace of its own, and what it leaves behind there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import msgspec
import psutil

from tinhmau.exits import UNKNOWN

ROOT = Path(__file__).resolve().parent.parent
TINHMAU = Path(sys.executable).with_name("tinhmau")
PATIENCE_SECONDS = 120.0


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A command that has ended."""

    code: int
    out: str
    err: str


class Command:
    """A command that runs, in a process group of its own as in a terminal."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        """Follow a process that has just been started."""
        self.process = process
        self._errors = errors
        self._said = ""

    def until(self, words: str) -> str:
        """Read on until a line with these words has come; returns the line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said += line
            if words in line:
                return line
        message = f"ended without saying “{words}”: {self._said}\n{self.end()}"
        raise AssertionError(message)

    def press_ctrl_c(self) -> None:
        """What a terminal does: SIGINT to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> Finished:
        """Wait for its end."""
        assert self.process.stdout is not None
        self._said += self.process.stdout.read()
        code = self.process.wait(PATIENCE_SECONDS)
        self._errors.seek(0)
        return Finished(code=code, out=self._said, err=self._errors.read())


class Workplace:
    """Somebody's temporary folder, home and runs. Every process that was started from here carries its mark."""

    def __init__(self) -> None:
        """Make the folders. Not under pytest's own, which the server user of PostgreSQL may not enter."""
        self.root = Path(tempfile.mkdtemp(prefix="tinhmau-test-"))
        self.root.chmod(0o711)
        self.temporary, self.home, self.runs = self.root / "t", self.root / "home", self.root / "runs"
        for folder in (self.temporary, self.home):
            folder.mkdir(mode=0o711)

    def close(self) -> None:
        """End what is left and remove everything."""
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self.root)

    @contextmanager
    def start(self, *arguments: str | Path, **more: str) -> Iterator[Command]:
        """Run a command as long as the block; `more` goes into its environment."""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
            subprocess.Popen(
                # Under nohup or in the background of a script, signals are ignored by whoever is started.
                ["env", "--default-signal=INT,TERM,HUP", TINHMAU, *arguments],
                cwd=self.root,
                env=self.environment() | more,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                process_group=0,
            ) as process,
        ):
            try:
                yield Command(process, errors)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def run(self, *arguments: str | Path, **more: str) -> Finished:
        """Run a command to its end."""
        with self.start(*arguments, **more) as command:
            return command.end()

    def environment(self) -> dict[str, str]:
        """What a process that is started from here gets."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TINHMAU_", "PYTEST_"))}
        return kept | {
            "TMPDIR": str(self.temporary),
            "HOME": str(self.home),
            "TINHMAU_LANG": "en",
            "COLUMNS": "80",
        }

    def processes(self) -> list[psutil.Process]:
        """Everything that runs with this workplace's temporary folder: each process of ours passes it on."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("TMPDIR") == str(self.temporary):
                    found.append(process)
        return found

    def left_behind(self) -> list[str]:
        """Processes, listening ports and files outside of the run folders. Ports live and die with their processes."""
        left = []
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):  # ended while it was looked at
                left.append(f"process {process.pid} {' '.join(process.cmdline())}, ports {listening([process])}")
        for top in (self.temporary, self.home):  # os.walk passes over folders that go while it looks
            left += [str(Path(folder, name)) for folder, folders, files in os.walk(top) for name in folders + files]
        return left

    def newest(self) -> Path:
        """The newest run folder."""
        return (self.runs / "latest").resolve()


def listening(processes: list[psutil.Process]) -> list[int]:
    """TCP ports that these processes listen on."""
    ports = set()
    for process in processes:
        with suppress(psutil.Error):
            ports |= {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
    return sorted(ports)


def until(happened: Callable[[], bool]) -> None:
    """Wait for what has no event to wait for; fail when it does not happen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def verdict(run: Path) -> Any:
    """What verdict.json says."""
    return json.loads((run / "verdict.json").read_text("utf-8"))


def laws(told: Mapping[str, Any]) -> dict[str, str]:
    """Law -> answer."""
    return {law["id"]: law["answer"] for law in told["laws"]}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A `verify` of the toy province that has ended, and what was seen while it lasted."""

    finished: Finished
    folder: Path
    secrets: frozenset[str]  #: every secret that its processes had been given
    ports: tuple[int, ...]  #: that were listened on during traffic
    left: tuple[str, ...]  #: what it left behind


def verify(workplace: Workplace, *more: str, scenario: str = "toy") -> Run:
    """Let the toy province live through its day, or through another of its days."""
    with workplace.start("verify", "--scenario", scenario, "--runs", workplace.runs, *more) as command:
        command.until("A day in the province")
        processes = workplace.processes()
        secrets, ports = frozenset(_secrets(processes)), tuple(listening(processes))
        finished = command.end()
    return Run(
        finished=finished,
        folder=workplace.newest(),
        secrets=secrets,
        ports=ports,
        left=tuple(workplace.left_behind()),
    )


@contextmanager
def known(*more: str, scenario: str = "toy") -> Iterator[Run]:
    """A `verify` of which something can be said, with its files as long as the block.

    On a machine that is busy with something else the load generator is late and says UNKNOWN of itself: once more.
    """
    for attempts_left in reversed(range(5)):
        workplace = Workplace()
        run = verify(workplace, *more, scenario=scenario)
        if run.finished.code != UNKNOWN or not attempts_left:
            break
        workplace.close()
    yield run
    workplace.close()


_SECRET = re.compile(r"TOKEN|SECRET|PASS|KEY$")
_DSN_PASSWORD = re.compile(r"//[^:@/]+:([^@]+)@")


def _secrets(processes: list[psutil.Process]) -> Iterator[str]:
    """What stands in the processes' environments, and passwords in their database addresses."""
    for process in processes:
        with suppress(psutil.Error):
            for name, value in process.environ().items():
                if _SECRET.search(name):
                    yield value
                if name == "DATABASE_URL":
                    yield from _DSN_PASSWORD.findall(value)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A province that `up` has left running."""

    workplace: Workplace
    finished: Finished
    folder: Path
    endpoints: Mapping[str, str]
    accounts: Mapping[str, tuple[str, str]]  #: service -> account and passcode that were printed first for it


def stand(workplace: Workplace, *more: str) -> Standing:
    """Bring the toy province up and read what `up` has printed."""
    finished = workplace.run("up", "--scenario", "toy", "--runs", workplace.runs, *more)
    assert finished.code == 0, finished
    service, accounts = "", {}
    for line in finished.out.splitlines():
        if heading := re.fullmatch(r"  (\w+) \(.*\):", line):
            service = heading[1]
        elif service and service not in accounts and (found := re.match(r"  (\S+)  +(\S+)  ", line)):
            accounts[service] = (found[1], found[2])
    return Standing(
        workplace=workplace,
        finished=finished,
        folder=workplace.newest(),
        endpoints=dict(re.findall(r"^  (\w+) +(http://\S+)$", finished.out, re.MULTILINE)),
        accounts=accounts,
    )
