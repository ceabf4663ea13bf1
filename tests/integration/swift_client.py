"""The swift worker's wire, one request at a time, for tests that both clients have to pass."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping

import uvloop

from loadtests.answers import Answer
from loadtests.operations.operation import Request
from loadtests.swift.hub import Hub
from loadtests.swift.wire import Wire


class SwiftClient:
    """Same interface as WireClient; every send is a greenlet of its own."""

    def __init__(self, *, timeout: float = 10.0, authorities: ssl.SSLContext | None = None) -> None:
        """Open a loop of its own."""
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._hub = Hub(self._runner.get_loop())
        self.wire = Wire(self._hub, timeout=timeout, authorities=authorities)

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send once and wait."""
        return self._runner.run(self._send(request, headers))

    def close(self) -> None:
        """Close connections and loop."""
        self._runner.run(self._close())
        self._runner.close()

    async def _send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.001)  # the loop looks at its sockets, as it does all the time under load
        answered: asyncio.Future[Answer] = loop.create_future()
        self._hub.spawn(lambda: answered.set_result(self.wire.send(request, headers)))
        return await answered

    async def _close(self) -> None:
        self.wire.close()
        await asyncio.sleep(0)
