"""Greenlets on an asyncio loop: code that waits like a blocking call, at the price of a callback.

So the one walker (loadtests/walker.py) serves gevent and uvloop alike, and no request pays for a task and its futures.
A walk may wait only through this module; whatever else blocks would block the whole loop.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

_TICK_SECONDS = 0.001  # timers of uvloop know no smaller unit; a shorter wait would spin


class Hub:
    """Runs walks as greenlets of one loop. Made in the greenlet that runs the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing runs yet."""
        self.loop = loop
        self._main = getcurrent()
        #: Stand still until somebody wakes this greenlet; returns what they bring.
        self.wait: Callable[[], Any] = self._main.switch
        self._alive: set[greenlet] = set()
        self._resting: list[greenlet] = []  # done with a walk and ready for the next: making one costs system calls

    def spawn(self, what: Callable[..., None], *arguments: Any) -> None:
        """Run a function until it first waits. Only from callbacks of the loop; it must not raise."""
        each = self._resting.pop() if self._resting else greenlet(self._run, self._main)
        self._alive.add(each)
        each.switch(what, arguments)

    def wake_soon(self, sleeper: greenlet, brings: Any = None) -> None:
        """Wake a greenlet in the loop's next round."""
        self.loop.call_soon(self._wake, sleeper, brings)

    def sleep(self, seconds: float) -> None:
        """Wait for so long or up to a millisecond more."""
        ticks = max(math.ceil(seconds / _TICK_SECONDS), 1)
        self.loop.call_later(ticks * _TICK_SECONDS, self._wake, getcurrent())
        self._main.switch()

    def lock(self) -> Lock:
        """Make a lock for greenlets of this hub."""
        return Lock(self)

    def end_all(self) -> None:
        """End every walk where it stands."""
        for each in (*self._alive, *self._resting):
            each.throw(GreenletExit)
        self._resting.clear()

    def _run(self, what: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        me = getcurrent()
        try:
            while True:
                what(*arguments)
                self._alive.discard(me)
                self._resting.append(me)
                what, arguments = self._main.switch()
        finally:
            self._alive.discard(me)

    def _wake(self, sleeper: greenlet, brings: Any = None) -> None:
        if sleeper in self._alive:  # it may have been ended meanwhile
            sleeper.switch(brings)


class Lock:
    """Whoever comes first goes on, the others wait in line."""

    __slots__ = ("_held", "_hub", "_line")

    def __init__(self, hub: Hub) -> None:
        """Nobody holds it."""
        self._hub, self._held = hub, False
        self._line: deque[greenlet] = deque()

    def __enter__(self) -> None:
        """Wait until it is free, then hold it."""
        if self._held:
            self._line.append(getcurrent())
            self._hub.wait()  # it is handed over held
        self._held = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hand it to the next in line."""
        if self._line:
            self._hub.wake_soon(self._line.popleft())
        else:
            self._held = False
