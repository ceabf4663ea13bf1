"""A server on loopback that answers every request alike and at once, in a process of its own.

It never sleeps. Whoever sends to a process that sleeps pays for waking it, on a virtual machine some 20 µs of the
sender's own processor time a request: more than a whole generator, and nothing that a generator is to blame for.

`python -m tests.benchmarks.echo [STALL_BEGINS STALL_SECONDS]` prints its port. From so many seconds after the first
request on it can stand still for a while: requests are taken and answered when the stall is over.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import httptools
import uvloop

_BODY = (
    b'{"code":"000.00.01.H07-180822-0001","state":"received","due_at":"2018-08-29T17:00:00+07:00","token":"t",'
    b'"procedures":[],"amount":1,"note":"' + b"x" * 70 + b'"}'
)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY


class _Echo(asyncio.Protocol):
    first = 0.0  # loop time of the first request at all

    def __init__(self, stall: tuple[float, float]) -> None:
        self._begins, self._seconds = stall
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        assert self._transport is not None
        if self._seconds:
            loop = asyncio.get_running_loop()
            _Echo.first = _Echo.first or loop.time()
            ends = _Echo.first + self._begins + self._seconds
            if _Echo.first + self._begins <= loop.time() < ends:
                loop.call_at(ends, self._transport.write, _ANSWER)
                return
        self._transport.write(_ANSWER)


async def _serve(stall: tuple[float, float]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Echo(stall), "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()

    def stay_awake() -> None:
        loop.call_soon(stay_awake)

    stay_awake()
    await server.serve_forever()


@contextmanager
def serving(*, stall: tuple[float, float] = (0.0, 0.0)) -> Iterator[str]:
    """Run the server as long as the block; gives its address."""
    command = [sys.executable, "-m", "tests.benchmarks.echo", *map(str, stall)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


if __name__ == "__main__":
    begins, seconds = (float(word) for word in sys.argv[1:] or ("0", "0"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve((begins, seconds)))
