"""What one worker does: read its shard, wait for the common start, send each journey off on time, keep the journal."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from gevent.event import AsyncResult
from gevent.pool import Group

from infra import stack as stacks
from loadtests import guard, messages
from loadtests.guard import Pace
from loadtests.operations import TABLE
from loadtests.operations.operation import Crowd
from loadtests.shards import GRACE_SECONDS, Shard, TimedJourney, of_crowd, read_shard
from loadtests.walker import Walker, World
from loadtests.wire_client import WireClient
from simulation.journal import Event, Observation, Writer

log = logging.getLogger(__name__)


class AttemptError(Exception):
    """What Locust's own statistics show of an attempt that did not succeed."""


class _Run:
    """One run of traffic, on this worker."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.index: int = order["index"]
        self.shard: Shard = read_shard(Path(order["plan"]), index=self.index, of=order["of"])
        if self.shard.head.client_lines:
            message = "the scenario has client_lines, which Locust's own workers do not know; take --generator swift"
            raise ValueError(message)
        self.stack = stacks.load(Path(order["stack"]))
        self.workers: int = order["of"]
        permission = order.get("permission")
        self.leave = guard.ask_leave(self.stack.endpoints, Path(permission) if permission else None, now=time.time())
        self.run: str = order["run"]
        self.writer = Writer(Path(order["journal"]) / f"worker-{self.index}.ndjson")
        self.client = WireClient()
        self.zero = 0.0  #: monotonic time of run second 0
        self.walker: Walker | None = None

    def now(self) -> float:
        """Run seconds."""
        return time.monotonic() - self.zero


class WorkerPart:
    """The worker's side of a run. Users of Locust lend it their greenlets, one for each crowd."""

    def __init__(self, environment: Any, tell: Callable[[str, dict[str, Any]], None]) -> None:
        """`tell` sends a message to the master."""
        self._environment, self._tell = environment, tell
        self._reset()

    def _reset(self) -> None:
        self._run: _Run | None = None
        self._present: set[Crowd] = set()
        self._finished: set[Crowd] = set()
        self._begun: AsyncResult = AsyncResult()

    @property
    def _crowds(self) -> set[Crowd]:
        return {user.crowd for user in self._environment.user_classes}

    def on_test_stop(self, **_: Any) -> None:
        """Forget the run; not at the next one's start, whose orders may be here before Locust says that it starts."""
        self._reset()

    def on_prepare(self, msg: Any, **_: Any) -> None:
        """Get ready for a run; whatever is in the way is told to the master."""
        try:
            self._run = _Run(msg.data)
        except Exception as error:
            log.exception("Cannot prepare")
            self._tell(messages.BROKEN, {"why": f"{type(error).__name__}: {error}"})
            return
        # The plan stays until the end: without it the collector has little to look at and makes no long pauses.
        gc.collect()
        gc.freeze()
        self._tell_when_ready()

    def on_begin(self, msg: Any, **_: Any) -> None:
        """Let the crowds go at the given moment (Unix time)."""
        run = self._run
        if run is None:
            return
        run.zero = time.monotonic() + (msg.data["began"] - time.time())
        closes = min(run.shard.ends + GRACE_SECONDS, run.leave.ends - msg.data["began"])
        pace = Pace(run.leave, workers=run.workers, now=run.now, sleep=gevent.sleep, closes=closes)
        world = World(
            now=run.now,
            sleep=gevent.sleep,
            send=run.client.send,
            record=partial(self._record, run),
            admit=pace.wait,
        )
        run.walker = Walker(run.stack, world, run=run.run, closes=closes)
        self._begun.set(run)

    def walk(self, crowd: Crowd) -> None:
        """Send off every journey of one crowd at its time; returns when the last is over."""
        if crowd in self._present:
            return  # Locust starts a task again after an error; journeys are walked once
        self._present.add(crowd)
        self._tell_when_ready()
        run: _Run = self._begun.get()
        self._send_off(run, of_crowd(run.shard.journeys, crowd))
        self._finished.add(crowd)
        if self._finished == self._crowds:
            run.writer.close()
            run.client.close()
            self._tell(messages.DONE, {})

    def _tell_when_ready(self) -> None:
        if self._run is not None and self._present == self._crowds:
            self._tell(messages.READY, {"pid": os.getpid(), "journeys": len(self._run.shard.journeys)})

    def _send_off(self, run: _Run, journeys: Sequence[TimedJourney]) -> None:
        under_way = Group()
        try:
            for timed in journeys:
                while (delay := timed.planned[0] - run.now()) > 0:
                    gevent.sleep(delay)
                under_way.spawn(self._walk, run, timed)
            under_way.join()
        except gevent.GreenletExit:  # Locust stops the user before its time: its journeys go with it
            under_way.kill(block=False)
            raise

    def _walk(self, run: _Run, timed: TimedJourney) -> None:
        try:
            assert run.walker is not None  # noqa: S101 -- on_begin made it before any journey goes
            run.walker.walk(timed)
        except Exception as error:
            log.exception("Journey %s broke off", timed.journey.id)
            self._tell(messages.BROKEN, {"why": f"{timed.journey.id}: {type(error).__name__}: {error}"})

    def _record(self, run: _Run, entry: Observation | Event) -> None:
        run.writer.write(entry)
        if isinstance(entry, Observation):
            self._show(run, entry)

    def _show(self, run: _Run, seen: Observation) -> None:
        """Tell Locust's statistics: latency from the intended start once final, else the attempt's own time."""
        seconds = seen.latency if seen.final else seen.end - seen.start
        trouble = None if seen.outcome in {"ok", "not_yet"} else AttemptError(f"{seen.outcome}: {seen.why}")
        self._environment.events.request.fire(
            request_type=TABLE[seen.operation].method,
            name=seen.operation if seen.outcome != "not_yet" else f"{seen.operation} (not yet)",
            response_time=seconds * 1000,
            response_length=seen.size,
            exception=trouble,
            context={},
            start_time=time.time() - run.now() + seen.start,
            url=None,
            response=None,
        )
