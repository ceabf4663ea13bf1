"""Passes calls on to providers over kept-open connections: HTTP/1.1, one request under way on each.

A general client would cost more than all else that the LGSP does with a call.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import cast
from urllib.parse import urlsplit

import httptools
import msgspec

_CONNECT_SECONDS = 5.0
_KEPT_SECONDS = 60.0  # unused connections; less than the 75 s after which our services close them
_MOST_CONNECTIONS = 128  # to one provider; further calls wait
_MOST_ANSWER_BYTES = 64 << 20  # assumed: the largest, an envelope of 15 MB with its files beside it, takes half of it
_FRAMED = {b"content-length", b"transfer-encoding"}
_FIRST_FINAL, _LAST_STATUS = 200, 599


class Passed(msgspec.Struct, frozen=True):
    """What the provider answered."""

    status: int
    content_type: bytes
    body: bytes


class Provider:
    """Connections to one provider."""

    def __init__(self, url: str) -> None:
        """`url` is its base address, http or https; with https it has to prove that it is that host."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._prefix = parts.path.rstrip("/").encode()
        self._host_line = f" HTTP/1.1\r\nHost: {parts.netloc}\r\n".encode()
        self._idle: list[_Connection] = []  # the one used last is last
        self._places = asyncio.Semaphore(_MOST_CONNECTIONS)

    async def ask(self, method: bytes, target: bytes, headers: bytes, body: bytes, *, seconds: float) -> Passed:
        """Send one request and return its answer. `headers` are complete lines.

        Raises TimeoutError after `seconds`, OSError when the provider cannot be reached or breaks off.
        """
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        raw = b"".join((method, b" ", self._prefix, target, self._host_line, headers, length, body))
        async with asyncio.timeout(seconds), self._places:  # the wait for a place counts
            connection = self._take() or await self._open()
            try:
                answer = await connection.ask(raw)
            except BaseException:
                connection.close()
                raise
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close what is not in use."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _take(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and time.monotonic() - connection.used_at < _KEPT_SECONDS:
                return connection
            connection.close()
        return None

    async def _open(self) -> _Connection:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection, self._host, self._port, ssl=self._tls
                )
        except TimeoutError as error:
            message = f"{self._host}:{self._port} did not take a connection in {_CONNECT_SECONDS:.0f} s"
            raise ConnectionError(message) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection; the parser calls the `on_` methods back."""

    def __init__(self) -> None:
        self.reusable = True
        self.used_at = time.monotonic()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Passed] | None = None
        self._type = b"application/json"
        self._parts: list[bytes] = []
        self._taken = 0  #: bytes since the request
        self._framed = False  #: the answer says where it ends; else the end of the connection does

    async def ask(self, raw: bytes) -> Passed:
        if self._transport is None or not self.reusable:
            raise ConnectionError("the connection is gone")
        self._type, self._parts, self._taken, self._framed = b"application/json", [], 0, False
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._waiting

    def close(self) -> None:
        self.reusable = False
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.reusable = False
        if error is None and self._parts and not self._framed:
            self.on_message_complete()
        self._fail(error or ConnectionError("the provider closed the connection"))

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.close()  # nobody asked
            return
        self._taken += len(data)
        if self._taken > _MOST_ANSWER_BYTES:
            self._fail(ConnectionError(f"the answer is longer than {_MOST_ANSWER_BYTES} bytes"))
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(ConnectionError(f"not HTTP: {error}"))
            self.close()

    def on_message_begin(self) -> None:
        if self._waiting is None:
            self.reusable = False  # a second answer: it must not become the next call's

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-type":
            self._type = value
        elif name in _FRAMED:
            self._framed = True

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL:  # 103 Early Hints, for one: the answer itself is still to come
            self._type = b"application/json"
            return
        if status > _LAST_STATUS:
            self._fail(ConnectionError(f"not HTTP: status {status}"))
            return
        self.reusable = self.reusable and self._parser.should_keep_alive()
        self.used_at = time.monotonic()
        waiting, self._waiting = self._waiting, None
        if waiting and not waiting.done():
            body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            waiting.set_result(Passed(status, self._type, body))

    def _fail(self, error: Exception) -> None:
        self.reusable = False
        waiting, self._waiting = self._waiting, None
        if waiting and not waiting.done():
            waiting.set_exception(error if isinstance(error, OSError) else ConnectionError(str(error)))
