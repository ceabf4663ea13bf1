"""Calls that have been passed on and are not answered yet, in a file beside the database.

A line is written before a call is passed on, by one `write`: what was written survives the death of the process, as in
the call books of all systems. At the next start the calls of an earlier life that have no audit row get one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from services.lgsp.chain import Begun

_LARGEST_BYTES = 8 << 20  # past this the file is written anew with what is still under way
_IDLE_BYTES = 64 << 10  # past this an idle LGSP empties the file
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Begun).decode


class UnderWay:
    """Knows the calls that are under way by their id."""

    def __init__(self, folder: Path, *, largest_bytes: int = _LARGEST_BYTES) -> None:
        """Keep the file in `folder`; calls of an earlier life are in `left` until `forget_left`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._fresh = folder / "calls-under-way.ndjson", folder / "calls-under-way.new"
        self._largest, self._calls = largest_bytes, dict[str, Begun]()
        self.left = _read(self._path)
        self._fd = self._open(self._path)
        self._size = os.fstat(self._fd).st_size

    def __contains__(self, call: object) -> bool:
        """Whether a call of this id is under way."""
        return call in self._calls

    def claim(self, begun: Begun) -> bool:
        """Take an id for a call; False where a call of that id is under way already."""
        return self._calls.setdefault(begun.call, begun) is begun

    def drop(self, call: str) -> None:
        """A call is on the books, or was not passed on."""
        self._calls.pop(call, None)
        if self._size > _IDLE_BYTES and not self._calls and not self.left:
            os.ftruncate(self._fd, 0)
            self._size = 0

    def note(self, calls: Iterable[Begun]) -> None:
        """Write calls down that are about to be passed on. Raises OSError where the disk does not take them."""
        lines = b"".join(_encode(call) + b"\n" for call in calls)
        if self._size + len(lines) > self._largest:
            self._renew()  # holds these calls, too: they have been claimed
            return
        written = os.write(self._fd, lines)
        if written != len(lines):
            self._size = self._largest  # so that the torn line goes before another comes
            raise OSError(f"{self._path}: only {written} of {len(lines)} bytes were written")
        self._size += written

    def forget_left(self) -> None:
        """The calls of the earlier life are on the books."""
        self.left = []
        self._renew()

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _renew(self) -> None:
        lines = b"".join(_encode(call) + b"\n" for call in [*self.left, *self._calls.values()])
        self._fresh.unlink(missing_ok=True)
        fresh = self._open(self._fresh)
        written = os.write(fresh, lines)
        if written != len(lines):
            os.close(fresh)
            raise OSError(f"{self._fresh}: only {written} of {len(lines)} bytes were written")
        self._fresh.replace(self._path)
        os.close(self._fd)
        self._fd, self._size = fresh, written

    @staticmethod
    def _open(path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _read(path: Path) -> list[Begun]:
    """Return what the file holds; a line cut off at its end was never passed on."""
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            found.append(_decode(line))
        except msgspec.DecodeError:
            continue
    return found
