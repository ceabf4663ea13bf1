"""Virtual time: processes that are taken up again in order of time, first come first served at the same instant.

A process is a generator that yields the moment at which it wants to go on. Everything it does between two yields
happens at that one moment, so a resource asked by several processes is always asked in order of time.
"""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop, heappush

Process = Generator[float, None, None]


class Clockwork:
    """Runs processes until none of them wants to go on."""

    def __init__(self) -> None:
        """Start at time zero with nothing to do."""
        self.now = 0.0
        self.resumed = 0  #: how many times a process was taken up
        self._waiting: list[tuple[float, int, Process]] = []
        self._order = 0

    def start(self, process: Process, *, at: float) -> None:
        """Take `process` up for the first time at `at`. Raises ValueError for a moment that has passed."""
        if at < self.now:
            message = f"time would run back: a process wants to go on at {at}, it is {self.now}"
            raise ValueError(message)
        heappush(self._waiting, (at, self._order, process))
        self._order += 1

    def run(self) -> None:
        """Go on until every process has ended; a yielded infinity ends a process as well."""
        waiting = self._waiting
        while waiting:
            self.now, _, process = heappop(waiting)
            self.resumed += 1
            try:
                wanted = next(process)
            except StopIteration:
                continue
            if wanted == _NEVER:
                process.close()
                continue
            self.start(process, at=wanted)


_NEVER = float("inf")
