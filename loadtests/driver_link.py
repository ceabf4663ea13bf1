"""The master's line to the program that drives it: JSON lines over an inherited socket.

In: `{"order": "begin", "plan", "stack", "journal"}`, `{"order": "lost", "pid"}`. Out: `{"tell": "ready" | "began" |
"ended" | "broken", ...}`. When the line breaks, the driver is gone and the master ends.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

#: Number of the inherited socket; without it nobody drives and the environment names what to walk.
VARIABLE = "TINHMAU_DRIVER"


class DriverLink:
    """One end of the line."""

    def __init__(self, end: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket = end
        self._rest = b""  #: the beginning of a line whose end has not come yet

    @classmethod
    def inherited(cls) -> DriverLink | None:
        """Return the line to the driver, or None when nobody drives."""
        number = os.environ.get(VARIABLE)
        return cls(socket.socket(fileno=int(number))) if number else None

    def say(self, words: Mapping[str, Any]) -> None:
        """Send one line."""
        self._socket.sendall(msgspec.json.encode(words) + b"\n")

    def heard(self) -> Iterator[dict[str, Any]]:
        """Wait for lines, one after the other, until the other end is gone."""
        with self._socket.makefile("rb") as lines:
            for line in lines:
                yield msgspec.json.decode(line)

    def poll(self, seconds: float) -> list[dict[str, Any]]:
        """Return the lines that came within so many seconds. Raises EOFError when the other end is gone."""
        ready, _, _ = select.select([self._socket], [], [], seconds)
        if not ready:
            return []
        try:
            block = self._socket.recv(65536)
        except ConnectionError:
            block = b""
        if not block:
            raise EOFError
        *lines, self._rest = (self._rest + block).split(b"\n")
        return [msgspec.json.decode(line) for line in lines]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
