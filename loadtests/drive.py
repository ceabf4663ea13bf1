"""Drives a plan against a stack: starts Locust's master and workers, lets them begin together, strikes with faults.

Locust never runs in this process: its monkey patching and this program's own threads and event loops do not mix.
"""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from infra import stack as stacks
from loadtests import driver_link, guard
from loadtests.driver_link import DriverLink
from loadtests.faults.fault import Fault
from loadtests.traffic import LOOK_SECONDS, DriveResult, Traffic
from simulation import plan as plans
from simulation.progress import Progress, silent
from simulation.text import Text
from simulation.trouble import TroubleError

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_BEGIN_WITHIN_SECONDS = 90.0  # from the order to the first second of traffic
_LEAVE_WITHIN_SECONDS = 10.0  # processes, once all journeys are over
_TRIES_FOR_A_PORT = 3

#: Requests under way on one swift worker past which arrivals are dropped. Assumed: what one process can hold open.
MOST_UNDER_WAY = 5000

#: What walks the journeys under Locust's master: our worker on uvloop, or Locust's own with its users.
Generator = Literal["swift", "locust"]
GENERATORS: tuple[Generator, ...] = ("swift", "locust")

#: Told the processes of the generator by name, for those who watch what they use.
OnProcesses = Callable[[Mapping[str, int]], None]
#: Asked again and again while traffic goes on, and told when it began (Unix time of run second 0): why it may end now;
#: empty while it is to go on.
Enough = Callable[[float], str]


class DriveError(TroubleError):
    """The generator itself failed; nothing is said about the stack. The text says what was found and the way out."""


def drive(
    *,
    plan: Path,
    stack: Path,
    journal: Path,
    workers: int = 2,
    generator: Generator = "swift",
    permission: Path | None = None,
    most_under_way: int = MOST_UNDER_WAY,
    faults: Sequence[Fault] = (),
    progress: Progress = silent,
    on_processes: OnProcesses | None = None,
) -> DriveResult:
    """Drive the plan in folder `plan` against the stack in file `stack`; returns when all journeys are over.

    Raises BadInputError for a fault outside the played day and for a stack that nobody permits to load, DriveError when
    the generator fails.
    """
    with Drive(
        journal=journal,
        workers=workers,
        generator=generator,
        most_under_way=most_under_way,
        on_processes=on_processes,
    ) as driving:
        driving.start()
        return driving.begin(plan=plan, stack=stack, permission=permission, faults=faults, progress=progress)


class Drive:
    """The generator's processes. `start` may come long before `begin`: Locust takes seconds to import.

    Both have to be called from a thread that lives until the end: the processes die with it.
    """

    def __init__(
        self,
        *,
        journal: Path,
        workers: int = 2,
        generator: Generator = "swift",
        most_under_way: int = MOST_UNDER_WAY,
        on_processes: OnProcesses | None = None,
    ) -> None:
        """`journal` is an empty or new folder; the processes' output goes to `logs/` beside it.

        Only swift workers know `most_under_way`.
        """
        self._journal, self._workers, self._on_processes = journal.resolve(), workers, on_processes
        self._generator: Generator = generator
        self._most_under_way = most_under_way
        self._logs = self._journal.parent / "logs"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._link: DriverLink | None = None

    def __enter__(self) -> Self:
        """Use as a context, so that no process is left behind."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what still runs."""
        self.close()

    def start(self) -> None:
        """Start master and workers; returns at once."""
        if any(self._journal.glob("*.ndjson")):
            raise DriveError(
                Text(
                    f"Thư mục nhật ký {self._journal} đã có dữ liệu của lượt chạy khác. Hãy dùng thư mục mới.",
                    f"The journal folder {self._journal} already holds another run's entries. Use a new folder.",
                )
            )
        self._journal.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        self._start()

    def begin(
        self,
        *,
        plan: Path,
        stack: Path,
        permission: Path | None = None,
        faults: Sequence[Fault] = (),
        progress: Progress = silent,
        enough: Enough = lambda _began: "",
    ) -> DriveResult:
        """Let traffic begin, and stay until it is over, or until `enough` says why it may end before.

        Raises BadInputError and DriveError.
        """
        target = stacks.load(stack)
        guard.ask_leave(target.endpoints, permission, now=time.time())
        traffic = Traffic(self._journal, target, plans.load_head(plan).timeline, faults, progress)
        order = {
            "plan": str(plan.resolve()),
            "stack": str(stack.resolve()),
            "journal": str(self._journal),
            "permission": str(permission.resolve()) if permission else "",
        }
        try:
            began = self._wait_for_begin({"order": "begin", **order})
            traffic.begin(began)
            self._wait_for_end(traffic, enough)
            return traffic.result()
        finally:
            traffic.close()
            self.close()

    def close(self) -> None:
        """End every process at once; harmless when there is none. What they saw is on disk."""
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
        for process in self._processes.values():
            process.wait()
        self._processes.clear()
        if self._link is not None:
            self._link.close()
            self._link = None

    def _start(self) -> None:
        port = _free_port()
        ours, theirs = socket.socketpair()
        self._link = DriverLink(ours)
        with theirs:
            self._launch(
                "generator-master",
                [
                    *("locust", "-f", str(_LOCUSTFILE)),
                    *("--headless", "--only-summary", "--master", "--expect-workers", str(self._workers)),
                    *("--master-bind-host", "127.0.0.1", "--master-bind-port", str(port)),
                ],
                theirs.fileno(),
            )
        for number in range(1, self._workers + 1):
            whom = ["--master-host", "127.0.0.1", "--master-port", str(port)]
            swift = ["loadtests.swift", "--most-under-way", str(self._most_under_way)]
            worker = ["locust", "-f", str(_LOCUSTFILE), "--worker"]
            self._launch(f"generator-worker-{number}", [*(swift if self._generator == "swift" else worker), *whom])
        if self._on_processes is not None:
            self._on_processes({name: process.pid for name, process in self._processes.items()})

    def _launch(self, name: str, module: Sequence[str], link: int | None = None) -> None:
        # Somebody's own LOCUST_* settings are for their own Locust.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LOCUST_")}
        environment.pop(driver_link.VARIABLE, None)
        if link is not None:
            environment[driver_link.VARIABLE] = str(link)
        command = [sys.executable, "-m", "loadtests.leash", str(os.getpid())]
        with self._log(name).open("wb") as output:
            self._processes[name] = subprocess.Popen(
                [*command, *module],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=() if link is None else (link,),
                process_group=0,
            )

    def _log(self, name: str) -> Path:
        return self._logs / f"locust-{name.removeprefix('generator-')}.log"

    def _wait_for_begin(self, order: Mapping[str, str]) -> float:
        """Give the order; returns the Unix time of run second 0."""
        limit = time.monotonic() + _BEGIN_WITHIN_SECONDS
        for _ in range(_TRIES_FOR_A_PORT):
            if self._link is None:
                self._start()
            with suppress(BrokenPipeError):
                self._hear().say(order)
            while not self._gone():
                for words in self._poll():
                    if words["tell"] == "began":
                        return float(words["at"])
                    self._raise_if_broken(words)
                if time.monotonic() > limit:
                    raise self._trouble(f"traffic did not begin within {_BEGIN_WITHIN_SECONDS:.0f} s")
            if "was busy" not in self._log("generator-master").read_text(errors="replace"):
                break
            self.close()  # somebody else took the port between our looking and Locust's binding: once more
        raise self._trouble("a process ended before traffic began")

    def _wait_for_end(self, traffic: Traffic, enough: Enough) -> None:
        while True:
            gone = self._gone()  # looked at first: who leaves because all is over says so before
            for words in self._poll(traffic.next_fault()):
                if words["tell"] == "ended":
                    traffic.end(float(words["at"]))
                    self._let_go()
                    return
                self._raise_if_broken(words)
            for name in gone:
                if name == "generator-master":
                    raise self._trouble("the master ended in the middle of traffic")
                process = self._processes.pop(name)
                traffic.lose(name, f"process {process.pid}, exit {process.returncode}")
                with suppress(BrokenPipeError):
                    self._hear().say({"order": "lost", "pid": process.pid})
            traffic.look()
            if why := enough(traffic.began):
                traffic.give_up(why)
                return
            if traffic.overdue():
                raise self._trouble("traffic does not come to an end")

    def _let_go(self) -> None:
        limit = time.monotonic() + _LEAVE_WITHIN_SECONDS
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, limit - time.monotonic()))

    def _poll(self, seconds: float = LOOK_SECONDS) -> list[dict[str, str]]:
        try:
            return self._hear().poll(min(seconds, LOOK_SECONDS))
        except EOFError:
            time.sleep(LOOK_SECONDS)  # the master is about to be seen as gone
            return []

    def _hear(self) -> DriverLink:
        if self._link is None:
            message = "call start() first"
            raise RuntimeError(message)
        return self._link

    def _gone(self) -> list[str]:
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def _raise_if_broken(self, words: Mapping[str, str]) -> None:
        if words["tell"] == "broken":
            raise self._trouble(words["why"])

    def _trouble(self, why: str) -> DriveError:
        if os.strerror(errno.ENOSPC) in why:
            return DriveError(
                Text(
                    f"Hết chỗ trên đĩa giữa lúc chạy: nhật ký {self._journal} không ghi tiếp được. Xoá bớt, hoặc chọn "
                    "đĩa khác, rồi chạy lại.",
                    f"The disk is full in the middle of traffic: the journal {self._journal} could not be written any "
                    "further. Make room or choose another disk, then run again.",
                )
            )
        return DriveError(
            Text(
                f"Bộ sinh tải dừng: {why}. Xem {self._logs}/locust-*.log.",
                f"The load generator stopped: {why}. See {self._logs}/locust-*.log.",
            )
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
