"""The state folder of a stack: where everything of it lives, who owns it, and how a dead one is swept away.

A folder belongs to a supervisor as long as that process holds the lock inside it. The kernel lets go of the lock when
the process dies, however it dies, so that the next command can tell a dead stack from a living one without guessing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from infra.local import proc
from infra.trouble import TargetError
from simulation.text import Text

#: A Unix socket's address holds 108 bytes, the last of them zero (Linux, unix(7)).
_SOCKET_PATH_LIMIT = 107
_UNLOCKED_GRACE_SECONDS = 60.0
_END_WITHIN_SECONDS = 5.0


class Folder:
    """Names of everything inside one state folder."""

    def __init__(self, path: Path) -> None:
        """Describe `path`; makes nothing."""
        self.path = path
        self.launch = path / "launch.json"
        self.lock = path / "lock"
        self.keep = path / "keep"
        self.control = path / "control.sock"
        self.clock = path / "clock.json"
        self.registry = path / "lgsp-registry.json"
        self.logs = path / "logs"
        self.reference = path / "reference"  #: the stack's own copy: a service reads it again whenever it starts
        self.services = path / "services"
        self.binaries = path / "binaries"
        self.postgresql = path / "postgresql"
        self.data = self.postgresql / "data"

    def log(self, service: str) -> Path:
        """Where the output of a service goes."""
        return self.logs / f"{service}.log"


def prefix() -> str:
    """How the state folders of this user are named under the temporary folder."""
    return f"tinhmau-{os.getuid()}-"


def make() -> tuple[Folder, int]:
    """Make a state folder that only this user can enter, and take its lock. Returns the folder and the lock's fd."""
    try:
        folder = Folder(Path(tempfile.mkdtemp(prefix=prefix())))
    except OSError as error:
        raise TargetError(
            Text(
                f"Không tạo được thư mục tạm ({error.strerror}). Đặt TMPDIR tới một thư mục ghi được.",
                f"Cannot make a temporary folder ({error.strerror}). Set TMPDIR to a folder you can write to.",
            )
        ) from error
    if len(os.fsencode(folder.control)) > _SOCKET_PATH_LIMIT:
        folder.path.rmdir()
        raise TargetError(
            Text(
                f"Đường dẫn thư mục tạm {folder.path.parent} quá dài cho socket. Đặt TMPDIR ngắn hơn, ví dụ /tmp.",
                f"The temporary folder's path {folder.path.parent} is too long for a socket. Set a shorter TMPDIR, "
                "such as /tmp.",
            )
        )
    fresh = folder.path / "lock.new"
    lock = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fresh.rename(folder.lock)  # only now can `sweep` see it, and it is held already
    for inside in (folder.logs, folder.services):
        inside.mkdir(mode=0o700)
    return folder, lock


def sweep(root: Path | None = None) -> tuple[Path, ...]:
    """Remove the state folders of this user whose supervisor is dead, and end what is left of their processes.

    Returns the folders removed. Folders that somebody asked to keep stay.
    """
    removed = []
    for path in sorted((root or Path(tempfile.gettempdir())).glob(f"{prefix()}*")):
        folder = Folder(path)
        if _is_ours(path) and not folder.keep.exists() and is_dead(folder):
            end_all(path)
            remove(path)
            removed.append(path)
    return tuple(removed)


def is_dead(folder: Folder) -> bool:
    """Whether no living supervisor holds the folder."""
    try:
        lock = os.open(folder.lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # being made this very moment, or half removed
        with suppress(FileNotFoundError):
            return time.time() - folder.path.stat().st_mtime > _UNLOCKED_GRACE_SECONDS
        return False
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(lock)


def end_all(path: Path) -> None:
    """End every process of the stack: PostgreSQL by its own way of stopping at once, and what is left for good."""
    deadline = time.monotonic() + _END_WITHIN_SECONDS
    while left := proc.belonging_to(path):
        gentle = time.monotonic() < deadline
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGQUIT if gentle and proc.is_postgres(pid) else signal.SIGKILL)
        if time.monotonic() > 2 * _END_WITHIN_SECONDS + deadline:
            break  # not even SIGKILL helps (stuck in the kernel): leave it to the next sweep
        time.sleep(0.05)
    proc.forget_shared_memory(Folder(path).data)


def remove(path: Path) -> None:
    """Remove the folder and all it holds."""
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():  # something was still being written: once more, and loudly
        with suppress(FileNotFoundError):  # another command sweeps it as well, and was faster
            shutil.rmtree(path)


def _is_ours(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
