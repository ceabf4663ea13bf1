"""Asks a service whether it can serve: GET /ready."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_ANSWER_WITHIN_SECONDS = 10.0
_PAUSE_SECONDS = 0.05
_OK = b" 200 "


async def until_ready(host: str, port: int) -> None:
    """Return when `GET /ready` is answered with 200; ask for ever until then.

    The supervisor's socket listens before the service does, so a question simply waits for the service to come.
    """
    while True:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
                if await _ask(host, port):
                    return
        await asyncio.sleep(_PAUSE_SECONDS)


async def _ask(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET /ready HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        status = await reader.readline()
        return _OK in status
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
