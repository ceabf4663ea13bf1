"""What Linux says about processes, read straight from /proc: one cheap pass for a whole stack."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_IPC_RMID = 0
_MIB = 1 << 20


class Process(msgspec.Struct, frozen=True):
    """One process at one moment."""

    pid: int
    parent: int
    zombie: bool
    cpu_seconds: float  #: its own and that of its ended children


def table() -> dict[int, Process]:
    """Every process that this user may see."""
    found = {}
    for name in _names():
        with suppress(OSError, ValueError, IndexError):  # it ended in between
            found[int(name)] = _parse(int(name), Path(f"/proc/{name}/stat").read_bytes())
    return found


def _names() -> list[str]:
    # os.listdir, because a Path for each of some hundred processes every second would be felt
    return [name for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208


def _parse(pid: int, content: bytes) -> Process:
    # proc_pid_stat(5): the name in brackets may hold anything, so fields are counted from the last bracket.
    fields = content[content.rindex(b")") + 2 :].split()
    user, system, children_user, children_system = (int(field) for field in fields[11:15])
    return Process(pid, int(fields[1]), fields[0] == b"Z", (user + system + children_user + children_system) / _TICK)


def family(root: int, processes: Mapping[int, Process]) -> list[int]:
    """The process `root` and all its descendants that still run."""
    children: dict[int, list[int]] = {}
    for process in processes.values():
        if not process.zombie:
            children.setdefault(process.parent, []).append(process.pid)
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        if pid in processes and not processes[pid].zombie:
            found.append(pid)
        queue.extend(children.get(pid, ()))
    return found


def cpu_seconds(pids: Iterable[int], processes: Mapping[int, Process]) -> float:
    """Processor time that these processes have used so far, ended children included."""
    return sum(processes[pid].cpu_seconds for pid in pids if pid in processes)


def memory_mb(pids: Iterable[int]) -> float:
    """Memory of a family: each one's own pages, and shared pages once (PostgreSQL's buffers are in every process)."""
    own = shared_most = 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{pid}/statm").read_bytes().split()
            resident, shared = int(fields[1]), int(fields[2])
            own += resident - shared
            shared_most = max(shared_most, shared)
    return (own + shared_most) * _PAGE / _MIB


def belonging_to(state: Path) -> list[int]:
    """Processes of the stack with this state folder: its PostgreSQL by working folder, its services by STATE_DIR.

    Somebody's shell that merely stands in the folder does not belong to it. (PostgreSQL writes its titles over its
    environment, so that its processes cannot be told by that.)
    """
    mark = b"STATE_DIR=" + os.fsencode(state) + b"/"
    inside = f"{state}/"
    found = []
    for name in _names():
        if int(name) == os.getpid():
            continue
        with suppress(OSError):
            process = Path("/proc", name)
            where = f"{str((process / 'cwd').readlink()).removesuffix(' (deleted)')}/"
            if (where.startswith(inside) and is_postgres(int(name))) or any(
                entry.startswith(mark) for entry in (process / "environ").read_bytes().split(b"\0")
            ):
                found.append(int(name))
    return found


def is_postgres(pid: int) -> bool:
    """Whether the process is PostgreSQL's."""
    try:
        return Path(f"/proc/{pid}/comm").read_bytes().strip() == b"postgres"
    except OSError:
        return False


def forget_shared_memory(data: Path) -> None:
    """Give back the small System V segment that a killed PostgreSQL leaves behind, if this data folder names one.

    PostgreSQL writes its own pid, and the key and id of the segment, into `postmaster.pid`; a segment is only taken
    away when key, id and maker all agree and nobody is attached.
    """
    with suppress(OSError, ValueError, IndexError):
        lines = (data / "postmaster.pid").read_text("utf-8", errors="replace").splitlines()
        maker, (key, segment) = int(lines[0]), (int(part) for part in lines[6].split())
        for row in Path("/proc/sysvipc/shm").read_text("ascii").splitlines()[1:]:
            fields = row.split()
            if [int(fields[0]), int(fields[1]), int(fields[4]), int(fields[6])] == [key, segment, maker, 0]:
                ctypes.CDLL(None, use_errno=True).shmctl(segment, _IPC_RMID, None)
