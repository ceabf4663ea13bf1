"""The book of cross-system calls: an append-only file beside the database.

Caller, callee and LGSP are so three independent sources when calls are reconciled. One `write` a line: what was
written survives the death of the process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

Side = Literal["sent", "done", "served"]


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the book."""

    call: str
    side: Side
    peer: str
    operation: str
    at: str
    status: int = 0
    outcome: str = ""


class CallBook:
    """Appends calls and gives them back for the export."""

    def __init__(self, folder: Path) -> None:
        """Keep the book in `folder`/calls.ndjson."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "calls.ndjson"
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._encoder = msgspec.json.Encoder()

    def add(self, call: Call) -> None:
        """Append one line."""
        os.write(self._fd, self._encoder.encode(call) + b"\n")

    def chunks(self) -> Iterator[bytes]:
        """Return the whole book, piece by piece."""
        with self._path.open("rb") as book:
            while chunk := book.read(1 << 16):
                yield chunk
