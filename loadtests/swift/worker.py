"""A worker on uvloop. Locust's master cannot tell it from one of its own; the conductor need not.

Every journey of its shard starts at its planned time whether or not earlier ones have been answered. Past a bound of
requests under way arrivals are dropped, counted and written down: a run with drops did not carry the planned load.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
import traceback
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from infra import stack as stacks
from loadtests import guard, messages
from loadtests.guard import Leave, Pace
from loadtests.shards import GRACE_SECONDS, Shard, TimedJourney, read_shard
from loadtests.swift.hub import Hub
from loadtests.swift.master_line import MasterLine
from loadtests.swift.own_line import OwnLine
from loadtests.swift.tallies import Tallies
from loadtests.swift.wire import Wire
from loadtests.walker import Walker, World
from simulation.client_lines import line_of
from simulation.journal import Event, Observation, Writer

log = logging.getLogger(__name__)

_STARTS_AT_A_TIME = 32  # then the loop looks at its sockets again


def _no_line(_journey: str) -> None:
    """Everybody shares the worker's connections."""


class Run:
    """One run of traffic on this worker."""

    def __init__(self, hub: Hub, order: Mapping[str, Any], leave: Leave, *, most_under_way: int) -> None:
        """Read the shard and open the journal; nothing is sent yet."""
        self.hub, self.order, self.leave = hub, order, leave
        self.index: int = order["index"]
        self.shard: Shard = read_shard(Path(order["plan"]), index=self.index, of=order["of"])
        self.stack = stacks.load(Path(order["stack"]))
        self.writer = Writer(Path(order["journal"]) / f"worker-{self.index}.ndjson")
        self.wire = Wire(hub, first=self._write_down)
        self._entries: list[Observation | Event] = []  # of this turn of the loop
        self._lost: BrokenJourneyError | None = None  # the journal took some entries no more
        self.tallies = Tallies(0.0)
        self.over: asyncio.Future[None] = hub.loop.create_future()
        self.most = most_under_way
        self._zero = 0.0  # monotonic time of run second 0
        self._cpu = 0.0
        self._next = 0  # journey
        self._walking = 0
        self._walker: Walker | None = None

    def begin(self, began: float) -> None:
        """Let traffic go; run second 0 is at Unix time `began`."""
        self._zero = time.monotonic() + (began - time.time())
        self._cpu = time.process_time()
        self.tallies = Tallies(began)
        closes = min(self.shard.ends + GRACE_SECONDS, self.leave.ends - began)
        pace = Pace(self.leave, workers=self.order["of"], now=self.now, sleep=self.hub.sleep, closes=closes)
        world = World(
            now=self.now,
            sleep=self.hub.sleep,
            send=self.wire.send,
            record=self._record,
            make_lock=self.hub.lock,
            admit=pace.wait,
            line=self._line if self.shard.head.client_lines else _no_line,
        )
        self._walker = Walker(self.stack, world, run=self.order["run"], closes=closes)
        self._send_off()

    def now(self) -> float:
        """Run seconds."""
        return time.monotonic() - self._zero

    def _line(self, journey: str) -> OwnLine | None:
        chosen = line_of(self.shard.head.client_lines, journey)
        return OwnLine(self.wire, chosen, journey) if chosen else None

    def end(self) -> None:
        """Close what is open. Raises BrokenJourneyError when the journal does not take its last lines."""
        self._write_down()
        self.writer.close()
        self.wire.close()

    def summary(self) -> dict[str, Any]:
        """Tell what the conductor keeps: histograms that merge exactly, and how well this worker kept up."""
        lateness = self.tallies.lateness
        return {
            "worker": self.index,
            "histograms": self.tallies.histograms(),
            "lateness": lateness.to_dict(),
            "dropped": self.tallies.dropped,
            "most_under_way": self.wire.most_under_way,
            "connections": self.wire.connections,
            "cpu_share": (time.process_time() - self._cpu) / max(self.now(), 1e-9),
        }

    def _send_off(self) -> None:
        """Start what is due, and come back for the next."""
        journeys = self.shard.journeys
        for _ in range(_STARTS_AT_A_TIME):
            if self._next == len(journeys):
                self._look_whether_over()
                return
            timed = journeys[self._next]
            delay = timed.planned[0] - self.now()
            if delay > 0:
                self.hub.loop.call_later(max(delay, 0.001), self._send_off)
                return
            self._next += 1
            if self.wire.under_way >= self.most:
                self._drop(timed)
            else:
                self._walking += 1
                self.hub.spawn(self._walk, timed)
        self.hub.loop.call_soon(self._send_off)

    def _drop(self, timed: TimedJourney) -> None:
        self.tallies.dropped += 1
        detail = f"{self.wire.under_way} requests under way"
        self._record(Event(at=self.now(), event="dropped", subject=timed.journey.id, detail=detail))

    def _walk(self, timed: TimedJourney) -> None:
        try:
            assert self._walker is not None  # noqa: S101 -- begin() made it
            self._walker.walk(timed)
        except Exception as error:  # noqa: BLE001 -- whatever it is ends the run, and is told with its trace
            self._break_off(timed.journey.id, error)
        finally:
            self._walking -= 1
            self._look_whether_over()

    def _look_whether_over(self) -> None:
        if not self._walking and self._next == len(self.shard.journeys) and not self.over.done():
            self.over.set_result(None)

    def _record(self, entry: Observation | Event) -> None:
        self._entries.append(entry)
        if len(self._entries) == 1:
            self.hub.loop.call_soon(self._write_down)

    def _write_down(self) -> None:
        """Put on disk what this turn of the loop has brought: by one system call, which costs more than many lines."""
        if self._lost is not None:
            raise self._lost
        entries, self._entries = self._entries, []
        if not entries:
            return
        try:
            self.writer.write(*entries)
        except OSError as error:
            self._lost = self._break_off("journal", error)
            raise self._lost from error
        self.tallies.count(entries)

    def _break_off(self, what: str, error: Exception) -> BrokenJourneyError:
        broken = BrokenJourneyError(f"{what}: {type(error).__name__}: {error}")
        if not self.over.done():
            log.error("Run broke off: %s", broken, exc_info=error)
            self.over.set_exception(broken)
        return broken


class BrokenJourneyError(Exception):
    """A journey could not be walked or written down, through our own fault. The text names it."""


class SwiftWorker:
    """Serves one master until it says quit."""

    def __init__(self, line: MasterLine, *, most_under_way: int, permission: Path | None = None) -> None:
        """`permission` is this machine's own copy of the permission file, if there is one."""
        self._most_under_way = most_under_way
        self._line, self._permission = line, permission
        self._hub = Hub(asyncio.get_running_loop())
        self._run: Run | None = None
        self._users: dict[str, int] = {}
        self._told_ready = False
        self._watching: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Join, work, and return at the master's word. Raises MasterGoneError."""
        await self._line.join()
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(self._line.beat()),
                tasks.create_task(self._line.report(self._news)),
            ]
            while True:
                message = await self._line.hear()
                if message.type == "quit":
                    break
                await self._handle(message.type, message.data)
            for task in background:
                task.cancel()
        self._forget()
        self._line.say("stats", self._news())

    async def _handle(self, kind: str, data: Any) -> None:
        if kind == "spawn":
            self._users = dict(data["user_classes_count"])
            self._line.say("spawning")
            self._line.state = "running"
            self._line.say("spawning_complete", self._placed())
            self._tell_when_ready()
        elif kind == messages.PREPARE:
            await self._prepare(data)
        elif kind == messages.BEGIN and self._run is not None:
            self._watching = asyncio.create_task(self._see_through(self._run, data["began"]))
        elif kind == "stop":
            self._forget()
            self._line.say("client_stopped")
            self._line.say_ready()
        elif kind == "reconnect":
            self._line.say_ready()

    async def _prepare(self, order: Mapping[str, Any]) -> None:
        try:
            stack = stacks.load(Path(order["stack"]))
            named = order.get("permission") or self._permission
            leave = guard.ask_leave(stack.endpoints, Path(named) if named else None, now=time.time())
            self._run = await asyncio.to_thread(
                partial(Run, self._hub, order, leave, most_under_way=self._most_under_way)
            )
        except Exception as error:  # noqa: BLE001 -- whatever is in the way is told to the master
            log.error("Cannot prepare\n%s", traceback.format_exc())  # noqa: TRY400 -- with the trace
            self._line.say(messages.BROKEN, {"why": f"{type(error).__name__}: {error}"})
            return
        # As in loadtests/worker_part.py: the plan stays, so the collector need not look at it.
        gc.collect()
        gc.freeze()
        self._tell_when_ready()

    def _tell_when_ready(self) -> None:
        if self._run is not None and any(self._users.values()) and not self._told_ready:
            self._told_ready = True
            self._line.say(messages.READY, {"pid": os.getpid(), "journeys": len(self._run.shard.journeys)})

    async def _see_through(self, run: Run, began: float) -> None:
        """Walk the shard to its end and tell the master."""
        run.begin(began)
        try:
            await run.over
            run.end()
        except BrokenJourneyError as error:
            self._line.say(messages.BROKEN, {"why": str(error)})
            return
        self._line.say(messages.DONE, run.summary())

    def _news(self) -> dict[str, Any]:
        tallies = self._run.tallies if self._run is not None else Tallies(time.time())
        return {**tallies.report(), **self._placed()}

    def _placed(self) -> dict[str, Any]:
        return {"user_classes_count": self._users, "user_count": sum(self._users.values())}

    def _forget(self) -> None:
        """Let go of the run, walks under way included."""
        if self._watching is not None:
            self._watching.cancel()
        if self._run is not None and not self._run.over.done():
            self._run.over.cancel()
            self._hub.end_all()
            self._run.end()
        self._run, self._watching, self._told_ready = None, None, False
        self._users = dict.fromkeys(self._users, 0)
