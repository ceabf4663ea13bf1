"""The wire, as the load speaks it: HTTP/1.1 over kept-alive connections, with gevent.

Built on geventhttpclient's connection pool and parser (what Locust's FastHttpUser uses), without the layers that cost
most per request, and without its silent second tries: every attempt has to show in the journal.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent.monkey import get_original
from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketPoolResponse

from loadtests.answers import Answer
from loadtests.operations.operation import Request

#: Connections a worker may have open to one system. Far above what a plan needs: the load must never queue on itself.
_CONNECTIONS = 5000
_BLOCK_BYTES = 64 * 1024
_poll = get_original("select", "poll")
_POLLIN = get_original("select", "POLLIN")


class _Tuned:
    """What both pools change: addresses resolved once, no Nagle delay, a cheap look at idle connections."""

    _addresses: list[Any] | None = None

    def _resolve(self) -> list[Any]:
        if self._addresses is None:
            self._addresses = super()._resolve()  # type: ignore[misc]
        return self._addresses

    def after_connect(self, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _is_socket_alive(self, sock: Any) -> bool:
        """Tell whether an idle connection still stands: one that is readable was closed by the other side."""
        if sock.fileno() < 0:
            return False
        look = _poll()
        look.register(sock.fileno(), _POLLIN)
        return not look.poll(0)


class _PlainPool(_Tuned, ConnectionPool):
    """Connections to an http:// address."""


class _SecurePool(_Tuned, SSLConnectionPool):
    """Connections to an https:// address, certificates checked."""


class _Origin:
    """One system's address with its connections."""

    def __init__(self, origin: str, timeout: float) -> None:
        parts = urlsplit(origin)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        make = _SecurePool if secure else _PlainPool
        self.host_header = parts.netloc
        self.pool = make(host, port, host, port, size=_CONNECTIONS, connection_timeout=timeout, network_timeout=timeout)


class WireClient:
    """Sends requests; an answer that does not come is an Answer too."""

    def __init__(self, *, timeout: float = 10.0) -> None:
        """`timeout` is seconds for a whole attempt, connecting included."""
        self._timeout = timeout
        self._origins: dict[str, _Origin] = {}

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send once and wait for the whole answer."""
        origin = self._origins.get(request.origin)
        if origin is None:
            origin = self._origins[request.origin] = _Origin(request.origin, self._timeout)
        try:
            with gevent.Timeout(self._timeout):
                return _exchange(origin, request, headers)
        except (gevent.Timeout, TimeoutError):
            return Answer(0, why="timeout")
        except ConnectionRefusedError:
            return Answer(0, why="connection-refused")
        except (HTTPConnectionClosed, ConnectionError):
            return Answer(0, why="connection-lost")
        except HTTPParseError:
            return Answer(0, why="broken-answer")
        except (OSError, ssl.SSLError) as error:
            return Answer(0, why=f"network-{type(error).__name__}")

    def close(self) -> None:
        """Close idle connections."""
        for origin in self._origins.values():
            origin.pool.close()


def _exchange(origin: _Origin, request: Request, headers: Mapping[str, str]) -> Answer:
    lines = [f"{request.method} {request.target} HTTP/1.1", f"Host: {origin.host_header}", "User-Agent: tinhmau"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if request.method != "GET":
        lines.append(f"Content-Length: {len(request.body)}")
        if request.body:
            lines.append("Content-Type: application/json")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    sock = origin.pool.get_socket()
    try:
        sock.sendall(head + request.body)
    except BaseException:
        origin.pool.release_socket(sock)
        raise
    # From here on the response gives the connection back, or closes it, itself.
    response = HTTPSocketPoolResponse(sock, origin.pool, block_size=_BLOCK_BYTES, method=request.method)
    try:
        body = response.read()
    finally:
        with suppress(OSError):
            response.release()
    return Answer(response.get_code(), bytes(body))
