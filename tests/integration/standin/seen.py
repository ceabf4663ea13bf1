"""What is seen from outside of a stack, by means of its own: nothing here asks the code under test."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

from infra.stack import Stack

PATIENCE_SECONDS = 60.0


def get(stack: Stack, service: str, path: str) -> Any:
    """Answer of a stand-in; raises OSError when there is none."""
    with urlopen(f"{stack.endpoints[service]}{path}", timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 -- http only
        return json.load(answer)


def get_in_the_end(stack: Stack, service: str, path: str) -> Any:
    """Answer of a stand-in that may just be coming back."""
    found: list[Any] = []

    def answered() -> bool:
        with suppress(OSError, ValueError):
            found.append(get(stack, service, path))
        return bool(found)

    until(answered)
    return found[0]


def until(happened: Callable[[], bool], otherwise: str = "it did not happen") -> None:
    """Wait for what has no event to wait for; fail when it does not happen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def processes(stack: Stack) -> list[psutil.Process]:
    """The supervisor and all below it, by what their command lines, working folders and environments say."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            said = [*process.cmdline(), process.cwd(), process.environ().get("STATE_DIR", "")]
            if any(part.startswith(stack.state) for part in said):
                found.append(process)
    return found


def ended(process: psutil.Process) -> bool:
    """Whether the process runs no more, noticed by its parent or not."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def supervisor(stack: Stack) -> psutil.Process:
    """The stack's supervisor."""
    return next(process for process in processes(stack) if "infra.local.supervisor" in process.cmdline())


def ports(stack: Stack) -> list[int]:
    """Ports of the services and of PostgreSQL."""
    addresses = [*stack.endpoints.values(), *(dsn.rpartition("/")[0] for dsn in stack.databases.values())]
    return sorted({int(address.rpartition(":")[2]) for address in addresses})


def _shared_memory_of_the_dead() -> set[str]:
    """Identifiers of System V segments whose maker is gone, as a killed server would leave them."""
    rows = [row.split() for row in Path("/proc/sysvipc/shm").read_text("ascii").splitlines()[1:]]
    return {row[1] for row in rows if not Path(f"/proc/{row[4]}").exists()}


#: What others had left on this machine before these tests began.
_BEFORE = _shared_memory_of_the_dead()


def assert_nothing_is_left(stack: Stack, *, but_folder: bool = False) -> None:
    """No process, no port and, unless told otherwise, no folder of the stack is left."""
    left = [(process.pid, process.name(), process.status()) for process in processes(stack)]
    assert not left, f"still running: {left}"
    for port in ports(stack):
        with socket.socket() as probe:  # no SO_REUSEADDR: even a port that is merely held would be refused
            assert probe.connect_ex(("127.0.0.1", port)) != 0, f"port {port} still answers"
    # A server that tests beside these have killed leaves some as well, until it is started again.
    until(lambda: not _shared_memory_of_the_dead() - _BEFORE, "shared memory of a dead process is left")
    if not but_folder:
        assert not Path(stack.state).exists()
