"""The master's side of a run: deals out shards, sets the common start and the stack's clock, waits for the end.

A Locust without workers conducts itself: the same steps, with one shard.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import gevent
from gevent.queue import Empty, Queue
from locust.runners import STATE_MISSING, WORKER_REPORT_INTERVAL, MasterRunner
from locust.stats import CSV_STATS_INTERVAL_SEC

from infra import stack as stacks
from loadtests import messages
from loadtests.clock import set_clock
from loadtests.driver_link import DriverLink
from loadtests.generator_summary import write_summary
from loadtests.where import Places
from simulation import plan as plans
from simulation.journal import Event, Writer
from simulation.timeline import VIETNAM

log = logging.getLogger(__name__)

#: Traffic begins this long after everybody is ready: services look at the clock file four times a second.
LEAD_SECONDS = 0.75
#: Reading a plan takes about a second per 100,000 steps; a worker that needs longer than this is not coming.
_READY_SECONDS = 60.0
_HEARTBEAT_LOOK_SECONDS = 0.5

#: A worker's id at the master; None where one Locust is master and worker in one.
_Node = str | None


class BrokenError(Exception):
    """A worker cannot do its part."""


class Conductor:
    """Runs each test of one master (or of one Locust alone)."""

    def __init__(self, environment: Any, link: DriverLink | None, find: Callable[[], Places]) -> None:
        """With a link the driver says what to walk and when; without one `find` does, as soon as the test starts."""
        self._environment, self._link, self._find = environment, link, find
        self._orders: Queue = Queue()
        self._heard: Queue = Queue()
        if link is not None:
            gevent.spawn(self._listen, link)

    def on_message(self, msg: Any, **_: Any) -> None:
        """Keep what a worker says for the run that waits for it."""
        self._heard.put((msg.type, None if msg.node_id == "local" else msg.node_id, msg.data))

    def on_test_start(self, **_: Any) -> None:
        """Conduct in the background: Locust goes on to place its users."""
        self._heard = Queue()
        gevent.spawn(self._conduct)

    def _listen(self, link: DriverLink) -> None:
        for order in link.heard():
            if order["order"] == "begin":
                places = Places(
                    plan=Path(order["plan"]),
                    stack=Path(order["stack"]),
                    journal=Path(order["journal"]),
                    permission=Path(order["permission"]) if order["permission"] else None,
                )
                self._orders.put(places)
            else:
                self._heard.put(("lost", None, order))
        log.info("The driver is gone")
        self._environment.runner.quit()

    def _conduct(self) -> None:
        try:
            places = self._orders.get() if self._link is not None else self._find()
            self._run(places)
        except BrokenError as error:
            log.error("%s", error)  # noqa: TRY400 -- the worker's own log has the traceback
            self._tell({"tell": "broken", "why": str(error)})
        except Exception as error:
            log.exception("Cannot conduct")
            self._tell({"tell": "broken", "why": f"{type(error).__name__}: {error}"})
        if self._environment.parsed_options.headless:
            self._let_statistics_be_written()
            self._environment.runner.quit()
        else:
            self._environment.runner.stop()

    def _run(self, places: Places) -> None:
        timeline = plans.load_head(places.plan).timeline
        stack = stacks.load(places.stack)
        nodes = self._nodes()
        run = f"{time.time_ns() // 1_000_000 & 0xFFFFFFFF:08x}"
        for index, node in enumerate(nodes):
            order = {
                "plan": str(places.plan),
                "stack": str(places.stack),
                "journal": str(places.journal),
                "permission": str(places.permission or ""),
            }
            self._say(messages.PREPARE, {**order, "index": index, "of": len(nodes), "run": run}, node)
        pids = self._gather(nodes)
        began = time.time() + LEAD_SECONDS
        book = Writer(places.journal / "master.ndjson")
        try:
            moment = datetime.fromtimestamp(began, VIETNAM).isoformat()
            book.write(Event(at=0.0, event="begin", subject=run, detail=f"{moment}, {len(nodes)} workers"))
            if stack.clock:
                set_clock(Path(stack.clock), timeline, began=began)
            for node in nodes:
                self._say(messages.BEGIN, {"began": began}, node)
            self._tell({"tell": "began", "at": began, "pids": sorted(pids.values())})
            summaries = self._wait_for_end(pids, book, began)
            if summaries:
                write_summary(places.journal, summaries)
            book.write(Event(at=time.time() - began, event="end"))
        finally:
            book.close()
        self._tell({"tell": "ended", "at": time.time()})

    def _let_statistics_be_written(self) -> None:
        """Locust writes its CSV files once a second, from what workers report every few, and not at the end."""
        if self._environment.parsed_options.csv_prefix:
            reports = WORKER_REPORT_INTERVAL if isinstance(self._environment.runner, MasterRunner) else 0.0
            gevent.sleep(reports + 1.5 * CSV_STATS_INTERVAL_SEC)

    def _nodes(self) -> list[_Node]:
        """Return the workers that take part, in the order in which they came."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return [None]
        limit = time.monotonic() + _READY_SECONDS
        while True:
            ours = [client.id for client in runner.clients.values() if client.state != STATE_MISSING]
            # A worker that the busy machine has kept from its heartbeat for a moment is waited for.
            if len(ours) >= self._environment.parsed_options.expect_workers or time.monotonic() > limit:
                return sorted(ours, key=runner.get_worker_index)
            gevent.sleep(_HEARTBEAT_LOOK_SECONDS)

    def _gather(self, nodes: list[_Node]) -> dict[_Node, int]:
        """Wait until every worker is ready; returns their process ids."""
        pids: dict[_Node, int] = {}
        limit = time.monotonic() + _READY_SECONDS
        while set(pids) != set(nodes):
            try:
                kind, node, data = self._heard.get(timeout=max(0.0, limit - time.monotonic()))
            except Empty:
                message = f"only {len(pids)} of {len(nodes)} workers were ready within {_READY_SECONDS:.0f} s"
                raise BrokenError(message) from None
            if kind == messages.BROKEN:
                raise BrokenError(data["why"])
            if kind == "lost":
                message = "a worker ended before traffic began"
                raise BrokenError(message)
            if kind == messages.READY:
                pids[node] = data["pid"]
        return pids

    def _wait_for_end(self, pids: dict[_Node, int], book: Writer, began: float) -> list[dict[str, Any]]:
        """Return what those workers say of their part who can."""
        waiting = dict(pids)
        summaries: list[dict[str, Any]] = []
        while waiting:
            for node in self._silent(waiting):
                del waiting[node]
                book.write(Event(at=time.time() - began, event="worker-lost", subject=str(pids[node])))
            try:
                kind, node, data = self._heard.get(timeout=_HEARTBEAT_LOOK_SECONDS)
            except Empty:
                continue
            if kind == messages.DONE:
                waiting.pop(node, None)
                if data:
                    summaries.append(data)
            elif kind == messages.BROKEN:
                raise BrokenError(data["why"])
            elif kind == "lost":
                waiting = {node: pid for node, pid in waiting.items() if pid != data["pid"]}
        return summaries

    def _silent(self, waiting: dict[_Node, int]) -> list[_Node]:
        """Return workers whose heartbeat has stopped. A driver knows better: it sees whether processes are there."""
        if self._link is not None:
            return []
        clients = getattr(self._environment.runner, "clients", {})
        return [node for node in waiting if node and (node not in clients or clients[node].state == STATE_MISSING)]

    def _say(self, kind: str, data: dict[str, Any], node: _Node) -> None:
        if node is None:
            self._environment.runner.send_message(kind, data)
        else:
            self._environment.runner.send_message(kind, data, client_id=node)

    def _tell(self, words: dict[str, Any]) -> None:
        if self._link is not None:
            self._link.say(words)
