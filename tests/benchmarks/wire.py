"""A keep-alive HTTP client on one core, thin enough not to be what is measured. Closed loop or open loop."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self, cast
from urllib.parse import urlsplit

import msgspec
import uvloop


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    seconds: float  #: from the first request to the last answer
    latencies: list[float]  #: seconds; in the open loop from the intended start, so that waiting in line counts
    answers: list[tuple[int, bytes]]  #: status and body, in order of arrival

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.answers) / self.seconds

    @property
    def statuses(self) -> set[int]:
        """Every status that was seen."""
        return {status for status, _ in self.answers}


@contextmanager
def _no_collections() -> Iterator[None]:
    """Let the client's own garbage wait: a whole look at its memory took 163 ms, told as the services' latency."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Wire:
    """Sends prepared requests to one address at a time. A context: closes its event loop at the end."""

    def __enter__(self) -> Self:
        """Open an event loop of its own."""
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._runner.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._runner.close()

    def closed(
        self, address: str, requests: Sequence[bytes], *, connections: int, seconds: float = float("inf")
    ) -> Load:
        """Each connection sends its next request as soon as it has an answer, until time or requests are used up."""
        with _no_collections():
            return self._runner.run(_closed(address, iter(requests), connections, seconds))

    def open(self, address: str, requests: Sequence[bytes], *, connections: int, rate: float) -> Load:
        """Requests start `rate` times a second whether or not earlier ones are answered."""
        with _no_collections():
            return self._runner.run(_open(address, requests, connections, rate))

    def one(self, address: str, request: bytes) -> tuple[int, bytes]:
        """Send a single request."""
        return self.closed(address, [request], connections=1).answers[0]


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Bytes of a request; underscores in header names stand for hyphens."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/json")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, on_answer: _OnAnswer) -> None:
        self._on_answer = on_answer
        self._parts: list[bytes] = []
        self._bytes, self._wanted = 0, 0  # come, and in the whole answer: 0 while its head is not complete
        self._body_at, self._status = 0, 0
        self._since = 0.0
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def send(self, raw: bytes, since: float) -> None:
        assert self._transport
        self._since = since
        self._transport.write(raw)

    def close(self) -> None:
        assert self._transport
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._bytes += len(data)
        if not self._wanted:
            head = b"".join(self._parts) if len(self._parts) > 1 else data
            self._body_at = head.find(b"\r\n\r\n") + 4
            if self._body_at < 4:
                return
            self._status, self._wanted = int(head[9:12]), self._body_at + _content_length(head[: self._body_at].lower())
        if self._bytes < self._wanted:
            return
        whole = b"".join(self._parts) if len(self._parts) > 1 else data
        self._parts, self._bytes, self._wanted = [], 0, 0
        self._on_answer.take(self, self._status, whole[self._body_at :], time.perf_counter() - self._since)


def _content_length(head: bytes) -> int:
    start = head.find(b"content-length:") + 15
    assert start > 14, head
    return int(head[start : head.find(b"\r\n", start)])


class _OnAnswer:
    """Collects answers and says when all are in."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.latencies: list[float] = []
        self.under_way = 0
        self.finished = asyncio.Event()
        self.exhausted = False
        self.last = 0.0

    def take(self, connection: _Connection, status: int, body: bytes, latency: float) -> None:
        self.answers.append((status, body))
        self.latencies.append(latency)
        self.under_way -= 1
        self.next(connection)
        if self.exhausted and not self.under_way:
            self.last = time.perf_counter()
            self.finished.set()

    def next(self, connection: _Connection) -> None:
        raise NotImplementedError


class _ClosedLoop(_OnAnswer):
    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        super().__init__()
        self._requests, self._until = requests, until

    def next(self, connection: _Connection) -> None:
        now = time.perf_counter()
        raw = next(self._requests, None) if now < self._until else None
        if raw is None:
            self.exhausted = True
        else:
            self.under_way += 1
            connection.send(raw, now)


class _OpenLoop(_OnAnswer):
    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[tuple[bytes, float]] = deque()
        self.free: list[_Connection] = []

    def add(self, raw: bytes, since: float) -> None:
        self.under_way += 1
        if self.free:
            self.free.pop().send(raw, since)
        else:
            self._waiting.append((raw, since))

    def next(self, connection: _Connection) -> None:
        if self._waiting:
            connection.send(*self._waiting.popleft())
        else:
            self.free.append(connection)


async def _connect(address: str, how_many: int, loop: _OnAnswer) -> list[_Connection]:
    parts = urlsplit(address)
    host, port = str(parts.hostname), int(parts.port or 80)
    made = [
        await asyncio.get_running_loop().create_connection(lambda: _Connection(loop), host, port)
        for _ in range(how_many)
    ]
    return [connection for _, connection in made]


async def _close(connections: list[_Connection]) -> None:
    for connection in connections:
        connection.close()
    await asyncio.gather(*(connection.lost for connection in connections))


async def _closed(address: str, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    loop = _ClosedLoop(requests, float("inf"))
    opened = await _connect(address, connections, loop)
    started = time.perf_counter()
    loop._until = started + seconds
    for connection in opened:
        loop.next(connection)
    await loop.finished.wait()
    await _close(opened)
    return Load(seconds=loop.last - started, latencies=loop.latencies, answers=loop.answers)


async def _open(address: str, requests: Sequence[bytes], connections: int, rate: float) -> Load:
    loop = _OpenLoop()
    loop.free = await _connect(address, connections, loop)
    opened = list(loop.free)
    started = time.perf_counter()
    for number, raw in enumerate(requests):
        due = started + number / rate
        ahead = due - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        loop.add(raw, due)
    loop.exhausted = True
    if loop.under_way:
        await loop.finished.wait()
    await _close(opened)
    return Load(seconds=time.perf_counter() - started, latencies=loop.latencies, answers=loop.answers)
