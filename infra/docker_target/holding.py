"""State folders of stacks on Docker: who holds one, and which were left by a command that was killed."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from infra import caches
from infra.trouble import TargetError
from simulation.text import Text

_LEFT_RUNNING = "left-running"  # a file: the stack does not end with the command that placed it
_LOCK = "lock"


class Held:
    """A state folder, held by this process until `let_go`."""

    def __init__(self, path: Path) -> None:
        """Hold a folder that exists. Raises BlockingIOError when another process does."""
        self.path = path
        self._lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise

    def leave_running(self) -> None:
        """Nobody holds the stack from now on, and it is to stay."""
        (self.path / _LEFT_RUNNING).touch(mode=0o600)
        self.let_go()

    def let_go(self) -> None:
        """Nobody holds the folder from now on."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def root() -> Path:
    """Where all state folders are."""
    return caches.state() / "docker"


def make(name: str = "") -> Held:
    """Make a state folder and hold it. Raises TargetError when there is one of that name."""
    own = root() / (name or f"tinhmau-{secrets.token_hex(4)}")
    try:
        own.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise TargetError(
            Text(
                f"Đã có một stack tên “{own.name}” ({own}). Chọn tên khác, hoặc dừng nó bằng “tinhmau down”.",
                f"There is a stack named “{own.name}” ({own}). Choose another name, or stop it with “tinhmau down”.",
            )
        ) from None
    return Held(own)


def abandoned() -> Iterator[Held]:
    """State folders whose command has ended without putting its stack away; each is held now."""
    for path in sorted(root().glob("*/")):
        if not (path / _LEFT_RUNNING).exists():
            try:
                yield Held(path)
            except (BlockingIOError, FileNotFoundError):
                continue
