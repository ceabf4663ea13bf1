"""Calls that are not in the database yet, in a file beside it: their beginning, and once they have ended the end.

A beginning is written before the call is passed on, by one `write`: it survives the death of the process, as in the
call books of all systems. An end is on the disk before the call is answered. The database follows a moment later
(audit.py); at the next start what an earlier life left is written there.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import msgspec

from services.lgsp.chain import Begun, Ended

_LARGEST_BYTES = 16 << 20  # past this the file is written anew with what is not in the database yet
_IDLE_BYTES = 64 << 10  # past this an idle LGSP empties the file
#: A thread that has flushed waits so long for its turn to say so; Python's own 5 ms were seen to be most of a call.
_TURN_SECONDS = 1e-4
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[object]).decode


class Entry(msgspec.Struct, frozen=True):
    """One call as the file has it."""

    begun: Begun
    ended: Ended | None  #: None: nobody was answered


class Journal:
    """Knows by their ids the calls that are under way or not in the database yet."""

    def __init__(self, folder: Path, *, largest_bytes: int = _LARGEST_BYTES) -> None:
        """Keep the file in `folder`; calls of an earlier life are in `left` until `forget_left`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path, self._fresh = folder / "calls-under-way.ndjson", folder / "calls-under-way.new"
        self._least, self._largest, self._calls = largest_bytes, largest_bytes, dict[str, Entry]()
        self.left = _read(self._path)
        self._fd = self._open(self._path)
        self._size = os.fstat(self._fd).st_size
        self._flusher = _Flusher()

    def claim(self, begun: Begun) -> bool:
        """Take an id for a call; False where a call of that id is here already."""
        if begun.call in self._calls:
            return False
        self._calls[begun.call] = Entry(begun, None)
        return True

    def drop(self, call: str) -> None:
        """A call is in the database, or was not passed on."""
        self._calls.pop(call, None)
        if self._size > _IDLE_BYTES and not self._calls and not self.left:
            with suppress(OSError):  # a full disk may refuse even that: then at the next turn
                os.ftruncate(self._fd, 0)
                self._size = 0

    def note(self, calls: Iterable[Begun]) -> None:
        """Write calls down that are about to be passed on. Raises OSError where the disk does not take them."""
        self._append(b"".join(_encode(call) + b"\n" for call in calls))

    async def end(self, rows: Sequence[tuple[Begun, Ended]], *, noted: bool = True) -> None:
        """Return when these ends are on the disk, with their beginnings. Raises OSError where it does not take them.

        One caller at a time. `noted` False: the beginnings have not been written before.
        """
        for begun, ended in rows:
            self._calls[begun.call] = Entry(begun, ended)
        if self._size > self._largest:
            self._renew()  # holds these, too
            return
        if not noted:
            self.note(begun for begun, _ in rows)
        self._append(b"".join(_encode(ended) + b"\n" for _, ended in rows))
        try:
            await self._flusher.flush(self._fd)
        except OSError:
            # The system may have thrown away what it could not write, and will not tell again: beginnings and ends of
            # others, too. The next end writes all of them anew.
            self._size = self._largest + 1
            raise

    def forget_left(self) -> None:
        """The calls of the earlier life are in the database."""
        self.left = []
        self._renew()

    def close(self) -> None:
        """Close the file."""
        self._flusher.stop()
        os.close(self._fd)

    def _append(self, lines: bytes) -> None:
        if self._size > self._largest:
            lines = b"\n" + lines  # a torn line before it, until the next end writes the file anew
        written = os.write(self._fd, lines)
        self._size += written
        if written != len(lines):
            self._size = self._largest + 1
            raise OSError(f"{self._path}: only {written} of {len(lines)} bytes were written")

    def _renew(self) -> None:
        """Write the file anew. Without a pause, so that no note goes to the old one meanwhile."""
        kept = [*self.left, *self._calls.values()]
        lines = b"".join(_encode(half) + b"\n" for one in kept for half in (one.begun, one.ended) if half is not None)
        self._fresh.unlink(missing_ok=True)
        fresh = self._open(self._fresh)
        try:
            _write_whole(fresh, lines)
            self._fresh.replace(self._path)
        except BaseException:
            os.close(fresh)
            raise
        os.close(self._fd)
        self._fd, self._size = fresh, self._largest + 1  # not trusted until its name is on the disk
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        # Where the database has been away for long, what is owed alone may be past the bound.
        self._size, self._largest = len(lines), max(self._least, 2 * len(lines))

    @staticmethod
    def _open(path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _write_whole(fd: int, lines: bytes) -> None:
    written = os.write(fd, lines)
    if written != len(lines):
        raise OSError(f"only {written} of {len(lines)} bytes were written")
    os.fdatasync(fd)


class _Flusher:
    """Waits for the disk in a thread of its own, while the event loop goes on."""

    def __init__(self) -> None:
        self._asked = SimpleQueue[tuple[int, "asyncio.Future[None]"] | None]()
        self._thread: Thread | None = None

    async def flush(self, fd: int) -> None:
        """Return when what was written to a file is on the disk."""
        if self._thread is None:
            sys.setswitchinterval(_TURN_SECONDS)
            self._thread = Thread(target=self._work, name="journal", daemon=True)
            self._thread.start()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked.put((fd, done))
        await done

    def stop(self) -> None:
        """End the thread once it has done what was asked."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            fd, done = asked
            error: OSError | None = None
            try:
                os.fdatasync(fd)
            except OSError as found:
                error = found
            loop = done.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, done, error)


def _settle(done: asyncio.Future[None], error: OSError | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def _read(path: Path) -> list[Entry]:
    """Return what the file holds. A line cut off was neither passed on nor answered."""
    if not path.exists():
        return []
    found: dict[str, Entry] = {}
    for line in path.read_bytes().split(b"\n"):
        try:
            values = _decode(line)
            if len(values) > len(Ended.__struct_fields__):
                begun = msgspec.convert(values, Begun)
                found[begun.call] = Entry(begun, None)
            else:
                ended = msgspec.convert(values, Ended)
                found[ended.call] = Entry(found[ended.call].begun, ended)
        except (msgspec.DecodeError, KeyError):  # a ValidationError is a DecodeError
            continue
    return list(found.values())
