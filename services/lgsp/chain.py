"""The rules of the audit's hash chain: what a row's digest and a block's digest are made of (docs/wire.md, "Audit")."""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from services.kit.settings import SettingsError

#: What the first block of a chain names as the one before it.
GENESIS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode


class Begun(msgspec.Struct, frozen=True, array_like=True):
    """First half of an audit row, written before the call is passed on."""

    call: str
    consumer: str
    provider: str
    operation: str
    purpose: str
    request_digest: str
    trace: str
    started_at: datetime
    synthetic: bool = False  #: the caller said that nobody real waits for it

    def digest(self) -> bytes:
        """SHA-256 of the fields as a JSON array, the moment in microseconds since 1970."""
        moment = (self.started_at - _EPOCH) // _MICROSECOND
        return _digest(
            "begun", self.call, self.consumer, self.provider, self.operation, self.purpose, self.request_digest,
            self.trace, moment, self.synthetic,
        )  # fmt: skip


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """Second half of an audit row, written before the call is answered."""

    call: str
    outcome: str
    status: int
    duration_us: int

    def digest(self) -> bytes:
        """SHA-256 of the fields as a JSON array."""
        return _digest("ended", self.call, self.outcome, self.status, self.duration_us)


class Head(msgspec.Struct, frozen=True):
    """The newest block of one writer's chain."""

    writer: str
    number: int
    digest: str  #: hexadecimal


def _digest(*fields: object) -> bytes:
    return hashlib.sha256(_encode(fields)).digest()


def block_digest(previous: bytes, rows: Iterable[bytes]) -> bytes:
    """SHA-256 of the digest of the block before and of the rows' digests, sorted: a block is a set."""
    return hashlib.sha256(previous + b"".join(sorted(rows))).digest()


class Witness:
    """A file beside the database that knows the newest block: a chain cut off at its end no longer reaches it.

    It is one process's own, and the journal beside it as well: a second one would write its calls down as interrupted.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the file in `folder`; the first time, the writer is given its name there.

        Raises SettingsError where another process has it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "audit-head.json"
        self._fresh = folder / "audit-head.new"
        if not self._path.exists():
            self._replace(Head(str(uuid.uuid4()), 0, GENESIS.hex()))
        self.writer = self.read().writer
        self._file = self._path.open("r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            message = f"STATE_DIR {folder} belongs to another LGSP process that is running; give each one its own"
            raise SettingsError(message) from error

    def read(self) -> Head:
        """Return what was noted last."""
        return msgspec.json.decode(self._path.read_bytes(), type=Head)

    def note(self, number: int, digest: bytes) -> None:
        """Note the newest block. One write of a padded line: the death of the process leaves it whole or as it was."""
        line = _encode(Head(self.writer, number, digest.hex()))
        self._file.seek(0)
        self._file.write(line.ljust(200) + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _replace(self, head: Head) -> None:
        """Write it for the first time; on the disk before it has its name, so that no power failure leaves it empty."""
        with self._fresh.open("wb") as file:
            file.write(_encode(head).ljust(200) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._fresh.replace(self._path)
