"""The line to Locust's master, as Locust's own workers speak it: ZeroMQ DEALER, msgpack of (type, data, worker).

Order: client_ready → ack; spawn → spawning, spawning_complete; every second heartbeat; every 3 s stats; stop →
client_stopped, client_ready; quit. Any other type belongs to the testbed (loadtests/messages.py).
"""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import msgpack
import psutil
import zmq
import zmq.asyncio

_CONNECT_SECONDS = 5.0  # between two knocks at the master's door
_KNOCKS = 60
_HEARTBEAT_SECONDS = 1.0  # Locust's HEARTBEAT_INTERVAL
_REPORT_SECONDS = 3.0  # Locust's WORKER_REPORT_INTERVAL
_MASTER_GONE_SECONDS = 60.0  # Locust's MASTER_HEARTBEAT_TIMEOUT


class MasterGoneError(Exception):
    """The master does not answer, or not any more."""


class Message(NamedTuple):
    """What the master says."""

    type: str
    data: Any


class MasterLine:
    """One worker's line. Used within a running loop."""

    def __init__(self, host: str, port: int) -> None:
        """Connect in the background, as ZeroMQ does."""
        self.worker = f"{socket.gethostname()}_{uuid.uuid4().hex}"
        self.state = "ready"  #: in Locust's words: ready, spawning, running
        self._context = zmq.asyncio.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 1000)
        self._socket.setsockopt(zmq.IDENTITY, self.worker.encode())
        self._socket.connect(f"tcp://{host}:{port}")
        self._process = psutil.Process()
        self._heard = time.monotonic()

    async def join(self) -> None:
        """Knock until the master lets us in. Raises MasterGoneError when it does not."""
        for _ in range(_KNOCKS):
            self.say_ready()
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    while (await self.hear()).type != "ack":
                        pass
            except TimeoutError:
                continue
            return
        message = "the master does not answer"
        raise MasterGoneError(message)

    def say_ready(self) -> None:
        """Tell that this worker can take work; with Locust's version, which the master compares with its own."""
        self.state = "ready"
        self.say("client_ready", version("locust"))

    def say(self, kind: str, data: Any = None) -> None:
        """Send a message; it is queued when the line is busy."""
        self._socket.send(msgpack.packb((kind, data, self.worker)))

    async def hear(self) -> Message:
        """Wait for the next message."""
        kind, data, _ = msgpack.unpackb(await self._socket.recv(), raw=False, strict_map_key=False)
        self._heard = time.monotonic()
        return Message(kind, data)

    async def beat(self) -> None:
        """Tell every second that we are alive, and how busy. Raises MasterGoneError when the master is silent."""
        self._process.cpu_percent()
        while time.monotonic() - self._heard < _MASTER_GONE_SECONDS:
            data = {
                "state": self.state,
                "current_cpu_usage": self._process.cpu_percent(),
                "current_memory_usage": self._process.memory_info().rss,
            }
            self.say("heartbeat", data)
            await asyncio.sleep(_HEARTBEAT_SECONDS)
        message = f"the master has been silent for {_MASTER_GONE_SECONDS:.0f} s"
        raise MasterGoneError(message)

    async def report(self, news: Callable[[], dict[str, Any]]) -> None:
        """Send the news every few seconds."""
        while True:
            self.say("stats", news())
            await asyncio.sleep(_REPORT_SECONDS)

    def close(self) -> None:
        """Hang up once what was said is sent."""
        self._socket.close()
        self._context.term()
