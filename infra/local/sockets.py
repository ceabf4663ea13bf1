"""Sockets on 127.0.0.1 that belong to the supervisor, so that a service that dies never loses its port."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

import psutil

from infra.trouble import all_at_once
from simulation.text import Text

HOST = "127.0.0.1"
_BACKLOG = 2048
_HIGHEST_PORT = 65535


def listen(names: Sequence[str], *, port_base: int | None = None) -> dict[str, socket.socket]:
    """Open a listening socket per name: on any free ports, or on `port_base`, `port_base + 1`, ... in order.

    Raises TargetError that names every port that cannot be had and, where it can be seen, who holds it.
    """
    found: dict[str, socket.socket] = {}
    troubles = []
    for index, name in enumerate(names):
        port = 0 if port_base is None else port_base + index
        try:
            found[name] = _bind(port)
            found[name].listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            troubles.append(_why(name, port, error))
    if troubles:
        for opened in found.values():
            opened.close()
    all_at_once(troubles)
    return found


def hold() -> socket.socket:
    """Take a free port without listening on it, for a server that cannot be handed a socket (PostgreSQL).

    Linux lets two sockets share an address as long as both set SO_REUSEADDR and at most one listens. So the server can
    listen where we hold, now and after every restart, while nobody else is ever given the port.
    """
    return _bind(0)


def _bind(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
    except (OSError, OverflowError):
        made.close()
        raise
    return made


def port_of(opened: socket.socket) -> int:
    """The port of a bound socket."""
    return int(opened.getsockname()[1])


def holder(port: int) -> str:
    """Who listens on the port, as "name (pid)"; empty where that cannot be seen."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid is None:
                    return ""
                return f"{psutil.Process(connection.pid).name()} ({connection.pid})"
    return ""


def _why(name: str, port: int, error: OSError | OverflowError) -> Text:
    if isinstance(error, OverflowError):
        return Text(
            f"{name}: không có cổng {port}. Chọn số đầu nhỏ hơn, cổng lớn nhất là {_HIGHEST_PORT}.",
            f"{name}: there is no port {port}. Choose a lower first port; the highest is {_HIGHEST_PORT}.",
        )
    if error.errno == errno.EADDRINUSE:
        who = holder(port)
        return Text(
            f"{name}: cổng {port} đang được dùng{f' bởi {who}' if who else ''}. "
            "Dừng tiến trình đó, chọn số đầu khác, hoặc bỏ tùy chọn cổng để lấy cổng trống.",
            f"{name}: port {port} is taken{f' by {who}' if who else ''}. "
            "Stop that process, choose another first port, or leave the option out to get free ports.",
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return Text(
        f"{name}: không mở được cổng {port} ({reason}). Chọn số đầu từ 1024 trở lên.",
        f"{name}: cannot open port {port} ({reason}). Choose a first port of 1024 or above.",
    )
