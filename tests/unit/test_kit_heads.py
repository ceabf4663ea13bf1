"""What a client may send before there is a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from services.kit.heads import MOST_HEAD_BYTES, BoundedProtocol

_FLOODS = {
    "one header": (b"GET / HTTP/1.1\r\nX: ", b"a" * 4096),
    "many headers": (b"GET / HTTP/1.1\r\n", b"X: abc\r\n" * 500),
    "an address": (b"GET /", b"a" * 4096),
    "empty lines": (b"", b"\r\n" * 2048),
    "trailers": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"X: abc\r\n" * 500),
    "a piece's extension": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a=", b"a" * 4096),
}


async def _length(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), bool(message.get("more_body"))
    told = b"%d" % length
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
    await send({"type": "http.response.body", "body": told})


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(_length, http=BoundedProtocol, log_config=None)
    config.load()

    def protocol() -> BoundedProtocol:
        return BoundedProtocol(config=config, server_state=ServerState(), app_state={})

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("flood", _FLOODS)
async def test_a_head_without_end_is_hung_up_on(flood: str) -> None:
    """Whoever sends it need not say who he is, and the parser would keep all of it."""
    first, more = _FLOODS[flood]
    sent = 0
    async with _connected() as (_, writer), asyncio.timeout(20):
        writer.write(first)
        with suppress(ConnectionError):
            while sent < 64 << 20:
                writer.write(more)
                sent += len(more)
                await writer.drain()
    assert sent < 64 << 20


async def test_what_is_large_and_no_head_is_taken() -> None:
    """Bodies are the gate's to bound, whole or in pieces; and a long head that ends is one."""
    body = b"x" * (1 << 20)
    whole = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    pieces = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
    long = b"GET / HTTP/1.1\r\nX: " + b"a" * (MOST_HEAD_BYTES - 100) + b"\r\n\r\n"
    async with _connected() as (reader, writer), asyncio.timeout(20):
        for request, told in ((whole, b"1048576"), (pieces, b"50000"), (long, b"0"), (whole, b"1048576")):
            for start in range(0, len(request), 1000):
                writer.write(request[start : start + 1000])
                await writer.drain()
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(told)) == told
