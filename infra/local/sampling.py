"""Processor and memory of each process family, every second (metrics/processes.ndjson of docs/run-folder.md)."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from infra.local import proc

EVERY_SECONDS = 1.0
_FILE = "processes.ndjson"


class Watched(msgspec.Struct, frozen=True):
    """A service and the process that it is now."""

    service: str
    pid: int  #: 0 while none runs
    restarts: int
    state: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One line of processes.ndjson."""

    at: float  #: Unix time, seconds
    service: str
    cpu_percent: float  #: of one processor, since the sample before; over 100 where several are used
    memory_mb: float
    restarts: int
    state: str


class Sampler:
    """Takes samples, remembers the last of each service, and appends them to a file when there is one."""

    def __init__(self) -> None:
        """Begin with nothing seen and nowhere to write."""
        self.last: dict[str, Sample] = {}
        self._used: dict[str, tuple[int, float, float]] = {}  # service -> (pid, moment, processor seconds)
        self._fd = -1

    def write_to(self, folder: Path) -> None:
        """Append samples to processes.ndjson in `folder` from now on."""
        folder.mkdir(parents=True, exist_ok=True)
        fresh = os.open(folder / _FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self.close()
        self._fd = fresh

    def close(self) -> None:
        """Stop writing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def take(self, watched: Sequence[Watched]) -> None:
        """Take one sample of each."""
        processes = proc.table()
        at, now = round(time.time(), 3), time.monotonic()
        lines = b""
        for one in watched:
            pids = proc.family(one.pid, processes) if one.pid else []
            used = proc.cpu_seconds(pids, processes)
            pid_before, moment, used_before = self._used.get(one.service, (0, 0.0, 0.0))
            percent = (
                100 * (used - used_before) / (now - moment) if pids and pid_before == one.pid and now > moment else 0.0
            )
            self._used[one.service] = (one.pid, now, used)
            sample = Sample(
                at=at,
                service=one.service,
                cpu_percent=round(max(percent, 0.0), 1),
                memory_mb=round(proc.memory_mb(pids), 1),
                restarts=one.restarts,
                state=one.state if pids or one.state != "running" else "ended",
            )
            self.last[one.service] = sample
            lines += msgspec.json.encode(sample) + b"\n"
        if self._fd >= 0:
            os.write(self._fd, lines)  # one write: a reader never sees half a second
