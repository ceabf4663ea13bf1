"""The wire on uvloop: HTTP/1.1 over kept-alive connections, one request under way on each, parsed by httptools.

A trial of what exists (docs/adr/0028) found no client that costs less than the walk it serves. As in
loadtests/wire_client.py there are no silent second tries: every attempt has to show in the journal.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

import httptools
from greenlet import getcurrent, greenlet

from loadtests.answers import Answer
from loadtests.operations.operation import Request
from loadtests.swift.hub import Hub

_LOOK_SECONDS = 0.05  # between two looks at deadlines
_TIMEOUT = Answer(0, why="timeout")
_REFUSED = Answer(0, why="connection-refused")
_LOST = Answer(0, why="connection-lost")
_BROKEN = Answer(0, why="broken-answer")


class Wire:
    """Sends requests; an answer that does not come is an Answer too. For greenlets of one hub."""

    def __init__(self, hub: Hub, *, timeout: float = 10.0, authorities: ssl.SSLContext | None = None) -> None:
        """`timeout` is seconds for a whole attempt; `authorities` says whom an https:// address may be certified by."""
        self._hub, self._timeout, self._authorities = hub, timeout, authorities
        self._origins: dict[str, _Origin] = {}
        self.under_way = 0  #: requests sent and not yet answered
        self.most_under_way = 0
        self.connections = 0  #: opened so far
        self._watched: deque[tuple[float, _Attempt]] = deque()  # by deadline: all have the same time to live
        self._looking = False

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send once and wait for the whole answer."""
        origin = self._origins.get(request.origin)
        if origin is None:
            origin = self._origins[request.origin] = _Origin(request.origin, self._authorities)
        body = request.body
        named = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        length = "" if request.method == "GET" else f"Content-Length: {len(body)}\r\n"
        kind = "Content-Type: application/json\r\n" if body else ""
        head = f"{request.method} {request.target}{origin.after_target}{named}{length}{kind}\r\n"
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        attempt = _Attempt(self._hub, getcurrent())
        self._watch(attempt)
        try:
            connection = origin.take()
            if connection is None:
                self.connections += 1
                opening = self._hub.loop.create_task(origin.open())
                opening.add_done_callback(attempt.opened)
                connection = self._hub.wait()
                if not isinstance(connection, _Connection):
                    return cast("Answer", connection)
            if not connection.ask(head.encode("latin-1") + body, attempt):
                return _LOST  # closed by the other side since it was opened
            answer: Answer = self._hub.wait()
        finally:
            attempt.end()
            self.under_way -= 1
        if connection.reusable:
            origin.idle.append(connection)
        else:
            connection.close()
        return answer

    def _watch(self, attempt: _Attempt) -> None:
        """End the attempt if it is still under way at its deadline. Cheaper than a timer for each."""
        loop = self._hub.loop
        self._watched.append((loop.time() + self._timeout, attempt))
        if not self._looking:
            self._looking = True
            loop.call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        watched, loop = self._watched, self._hub.loop
        while watched and (watched[0][1].ended or watched[0][0] <= loop.time()):
            watched.popleft()[1].over(_TIMEOUT)
        self._looking = bool(watched)
        if watched:
            loop.call_later(_LOOK_SECONDS, self._look)

    def close(self) -> None:
        """Close idle connections."""
        for origin in self._origins.values():
            for connection in origin.idle:
                connection.close()
            origin.idle.clear()


class _Origin:
    """One system's address with its idle connections."""

    def __init__(self, origin: str, authorities: ssl.SSLContext | None) -> None:
        parts = urlsplit(origin)
        secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if secure else 80)
        self._tls = (authorities or ssl.create_default_context()) if secure else None
        self.after_target = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: tinhmau\r\n"
        self.idle: list[_Connection] = []  # the one used last is last

    def take(self) -> _Connection | None:
        while self.idle:
            connection = self.idle.pop()
            if connection.usable():
                return connection
            connection.close()
        return None

    async def open(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port, ssl=self._tls)
        return connection


class _Attempt:
    """One request on its way: wakes its walk once, with whatever comes first."""

    __slots__ = ("_connection", "_hub", "_walk")

    def __init__(self, hub: Hub, walk: greenlet) -> None:
        self._hub = hub
        self._walk: greenlet | None = walk
        self._connection: _Connection | None = None

    def sent_by(self, connection: _Connection) -> None:
        self._connection = connection

    def opened(self, opening: asyncio.Task[_Connection]) -> None:
        if opening.cancelled():
            return
        error = opening.exception()
        if error is None and self._walk is None:  # too late: nobody waits for it any more
            opening.result().close()
        elif error is None:
            self._wake(opening.result())
        elif isinstance(error, ConnectionRefusedError):
            self._wake(_REFUSED)
        elif isinstance(error, ConnectionError):
            self._wake(_LOST)
        else:
            self._wake(Answer(0, why=f"network-{type(error).__name__}"))

    def over(self, answer: Answer) -> None:
        if answer is _TIMEOUT and self._walk is not None and self._connection is not None:
            self._connection.reusable = False
        self._wake(answer)

    @property
    def ended(self) -> bool:
        return self._walk is None

    def end(self) -> None:
        self._walk = None

    def _wake(self, brings: Answer | _Connection) -> None:
        walk = self._walk
        if walk is not None:
            walk.switch(brings)


class _Connection(asyncio.Protocol):
    """One connection; the parser calls the `on_` methods back."""

    def __init__(self) -> None:
        self.reusable = True
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._attempt: _Attempt | None = None
        self._parts: list[bytes] = []
        self._whole = False
        self._begun = False  # some of the answer has come

    def usable(self) -> bool:
        return self.reusable and self._transport is not None and not self._transport.is_closing()

    def ask(self, raw: bytes, attempt: _Attempt) -> bool:
        """Send; False when the connection is gone."""
        if self._transport is None or not self.usable():
            return False
        self._attempt, self._parts, self._whole, self._begun = attempt, [], False, False
        attempt.sent_by(self)
        self._transport.write(raw)
        return True

    def close(self) -> None:
        self.reusable, self._attempt = False, None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self.reusable = False
        if self._attempt is not None and not self._whole:
            self._tell(_BROKEN if self._begun else _LOST)

    def data_received(self, data: bytes) -> None:
        if self._attempt is None:
            self.close()  # nobody asked
            return
        self._begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.reusable = False
            self._tell(_BROKEN)
            return
        if self._whole:
            parts = self._parts
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            self._tell(Answer(self._parser.get_status_code(), body))

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._whole = True
        self.reusable = self.reusable and self._parser.should_keep_alive()  # afterwards the parser has forgotten

    def _tell(self, answer: Answer) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.over(answer)
