"""The wire on uvloop: HTTP/1.1 over kept-alive connections, one request under way on each, parsed by httptools.

A trial of what exists (docs/adr/0028) found no client that costs less than the walk it serves. As in
loadtests/wire_client.py there are no silent second tries: every attempt has to show in the journal.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from itertools import takewhile
from typing import cast
from urllib.parse import urlsplit

import httptools
import msgspec
from greenlet import getcurrent, greenlet

from loadtests.answers import Answer
from loadtests.operations.operation import Request
from loadtests.swift.hub import Hub
from loadtests.swift.own_line import OwnLine

_LOOK_SECONDS = 0.05  # between two looks at deadlines
_PIECE_SECONDS = 0.05  # a narrow line is written to so often
_NARROW_BYTES = 16 * 1024  # what a system may send ahead of a narrow line, beside its own buffer
_TOGETHER = 32  # requests of one turn of the loop that wait for each other
_TIMEOUT = Answer(0, why="timeout")
_REFUSED = Answer(0, why="connection-refused")
_LOST = Answer(0, why="connection-lost")
_BROKEN = Answer(0, why="broken-answer")


class Wire:
    """Sends requests; an answer that does not come is an Answer too. For greenlets of one hub."""

    def __init__(
        self,
        hub: Hub,
        *,
        timeout: float = 10.0,
        authorities: ssl.SSLContext | None = None,
        first: Callable[[], None] = lambda: None,
    ) -> None:
        """`timeout` is seconds for a whole attempt; `authorities` says whom an https:// address may be certified by.

        `first` is called before what a turn of the loop has asked for leaves; if it raises, nothing leaves.
        """
        self._hub, self._timeout, self._authorities = hub, timeout, authorities
        self._wait, self._loop = hub.wait, hub.loop
        self._origins: dict[str, Origin] = {}
        self.most_under_way = 0
        self.connections = 0  #: opened so far
        self._waiting: dict[Attempt, float] = {}  # until when; in this order, since all have the same patience
        self._looking = False
        self._first = first
        self._going: list[tuple[_Connection, bytes]] = []  # asked for in this turn of the loop

    def send(self, request: Request, headers: Mapping[str, str], own: OwnLine | None = None) -> Answer:
        """Send once and wait for the whole answer; over shared connections, or over a client's own line.

        Patience towards a client's own line is with silence: what trickles is still coming.
        """
        origins = self._origins if own is None else own.origins
        origin = origins.get(request.origin)
        if origin is None:
            origin = origins[request.origin] = Origin(request.origin, self._authorities, own)
        raw = _written(request, origin, headers)
        attempt = Attempt(getcurrent())
        self._be_patient(attempt)
        if len(self._waiting) > self.most_under_way:  # noqa: PLR1730 -- max() costs a call for every request
            self.most_under_way = len(self._waiting)
        try:
            connection = origin.take()
            if connection is None:
                self.connections += 1
                opening = self._loop.create_task(origin.open())
                opening.add_done_callback(attempt.opened)
                connection = self._wait()
                if not isinstance(connection, _Connection):
                    return cast("Answer", connection)
                if not connection.usable():
                    return _LOST  # closed by the other side since it was opened
            connection.expect(attempt)
            if own is None:
                going = self._going
                going.append((connection, raw))
                if len(going) == 1:
                    self._loop.call_soon(self._let_go)
                elif len(going) == _TOGETHER:
                    self._let_go()
            else:
                self._first()
                cast("_NarrowConnection", connection).trickle_soon(raw, attempt)
            answer: Answer = self._wait()
        finally:
            attempt.walk = None
            del self._waiting[attempt]
        if connection.reusable:
            origin.idle.append(connection)
        else:
            connection.close()
        return answer

    def _let_go(self) -> None:
        """Send, unless the other side has hung up, which the attempt is told in any case."""
        going, self._going = self._going, []
        self._first()
        for connection, raw in going:
            if not connection.closing():
                connection.write(raw)

    @property
    def under_way(self) -> int:
        """Requests sent and not yet answered."""
        return len(self._waiting)

    def alive(self, attempt: Attempt) -> None:
        """Something has moved on a client's own line: patience begins anew."""
        if self._waiting.pop(attempt, None) is not None:
            self._be_patient(attempt)

    def _be_patient(self, attempt: Attempt) -> None:
        """End the attempt if it is still under way when its time is over. Cheaper than a timer for each."""
        self._waiting[attempt] = self._loop.time() + self._timeout
        if not self._looking:
            self._looking = True
            self._loop.call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        waiting, loop = self._waiting, self._loop
        now = loop.time()
        for attempt in list(takewhile(lambda each: waiting[each] <= now, waiting)):
            attempt.run_out()
        self._looking = bool(waiting)
        if waiting:
            loop.call_later(_LOOK_SECONDS, self._look)

    def close(self) -> None:
        """Close idle connections."""
        for origin in self._origins.values():
            origin.close()


def _written(request: Request, origin: Origin, headers: Mapping[str, str]) -> bytes:
    body = request.body
    head = f"{request.method} {request.target}{origin.after_target}"
    for name, value in headers.items():
        head += f"{name}: {value}\r\n"
    if request.method != "GET":
        head += f"Content-Length: {len(body)}\r\n"
    if body:
        head += "Content-Type: application/json\r\n"
    return f"{head}\r\n".encode("latin-1") + body


class Origin:
    """One system's address with its idle connections, shared or of one client."""

    def __init__(self, origin: str, authorities: ssl.SSLContext | None, line: OwnLine | None = None) -> None:
        """Connections over `line` are as slow as it is."""
        parts = urlsplit(origin)
        secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if secure else 80)
        self._tls = (authorities or ssl.create_default_context()) if secure else None
        self.after_target = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: tinhmau\r\n"
        self.idle: list[_Connection] = []  # the one used last is last
        self._line = line

    def take(self) -> _Connection | None:
        """Give an idle connection that still stands."""
        while self.idle:
            connection = self.idle.pop()
            if connection.reusable and not connection.closing():
                return connection
            connection.close()
        return None

    async def open(self) -> _Connection:
        """Make another."""
        loop = asyncio.get_running_loop()
        if self._line is not None:
            trips = 1 if self._tls is None else 2
            await asyncio.sleep(self._line.round_trip * trips + self._line.late(opening=True))
        make = _Connection if self._line is None else partial(_NarrowConnection, self._line)
        _, connection = await loop.create_connection(make, self._host, self._port, ssl=self._tls)
        return connection

    def close(self) -> None:
        """Close idle connections."""
        for connection in self.idle:
            connection.close()
        self.idle.clear()


class Attempt(msgspec.Struct, eq=False):
    """One request on its way: wakes its walk once, with whatever comes first."""

    walk: greenlet | None  #: while it waits
    connection: _Connection | None = None

    def opened(self, opening: asyncio.Task[_Connection]) -> None:
        """There is a connection for it, or a reason why not."""
        if opening.cancelled():
            return
        error = opening.exception()
        if error is None and self.walk is None:  # too late: nobody waits for it any more
            opening.result().close()
        elif error is None:
            self.wake(opening.result())
        elif isinstance(error, ConnectionRefusedError):
            self.wake(_REFUSED)
        elif isinstance(error, ConnectionError):
            self.wake(_LOST)
        else:
            self.wake(Answer(0, why=f"network-{type(error).__name__}"))

    def run_out(self) -> None:
        """Its time is over."""
        if self.walk is not None and self.connection is not None:
            self.connection.reusable = False
        self.wake(_TIMEOUT)

    def wake(self, brings: Answer | _Connection) -> None:
        """Let the walk go on, if it still waits."""
        walk = self.walk
        if walk is not None:
            walk.switch(brings)


class _Connection(asyncio.Protocol):
    """One connection; the parser calls the `on_` methods back."""

    _transport: asyncio.Transport  # from `connection_made` on, which comes before anything else
    closing: Callable[[], bool]
    write: Callable[[bytes], None]

    def __init__(self) -> None:
        self.reusable = True
        self._attempt: Attempt | None = None
        self._parts: list[bytes] = []
        self.on_body = self._parts.append
        self._whole = False
        self._begun = False  # some of the answer has come
        self._parser = httptools.HttpResponseParser(self)

    def usable(self) -> bool:
        return self.reusable and not self.closing()

    def expect(self, attempt: Attempt) -> None:
        """The next answer belongs to this attempt."""
        self._attempt, self._whole, self._begun = attempt, False, False
        self._parts.clear()
        attempt.connection = self

    def close(self) -> None:
        self.reusable, self._attempt = False, None
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.closing, self.write = self._transport.is_closing, self._transport.write

    def connection_lost(self, _error: Exception | None) -> None:
        self.reusable = False
        if not self._whole:
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

    def on_message_complete(self) -> None:
        self._whole = True
        self.reusable = self.reusable and self._parser.should_keep_alive()  # afterwards the parser has forgotten

    def _tell(self, answer: Answer) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.wake(answer)


class _NarrowConnection(_Connection):
    """One that is as slow as a client's own line."""

    def __init__(self, line: OwnLine) -> None:
        super().__init__()
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._pending = False  # of what has come some is still on its way down the line

    def trickle_soon(self, raw: bytes, attempt: Attempt) -> None:
        """Send a round trip later, and piece by piece."""
        self._loop.call_later(self._line.round_trip + self._line.late(), self._trickle, raw, attempt)

    def _trickle(self, raw: bytes, attempt: Attempt) -> None:
        """Send a piece as long as the line takes to carry it, then the next."""
        line = self._line
        if attempt is not self._attempt or self.closing():
            return
        piece = max(int(line.up * _PIECE_SECONDS), 1)
        self.write(raw[:piece])
        line.alive(attempt)
        if raw[piece:]:
            self._loop.call_later(_PIECE_SECONDS + line.late(), self._trickle, raw[piece:], attempt)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NARROW_BYTES)

    def connection_lost(self, error: Exception | None) -> None:
        if self._pending:
            self.reusable = False
        else:
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._attempt is None:
            self.close()  # nobody asked
            return
        self._pending = True
        self._transport.pause_reading()
        self._come_down(data)

    def _come_down(self, data: bytes) -> None:
        """Let a piece take as long as the line takes to carry it, then the next."""
        piece = max(int(self._line.down * _PIECE_SECONDS), 1)
        seconds = min(len(data), piece) / self._line.down + self._line.late()
        self._loop.call_later(seconds, self._arrive, data[:piece], data[piece:])

    def _arrive(self, piece: bytes, rest: bytes) -> None:
        attempt = self._attempt
        if attempt is None:  # given up meanwhile
            return
        self._line.alive(attempt)
        super().data_received(piece)
        if rest:
            self._come_down(rest)
            return
        self._pending = False
        if self.closing():
            self.connection_lost(None)
        else:
            self._transport.resume_reading()
