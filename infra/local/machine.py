"""Whether this machine can carry a stack, and what it is."""

from __future__ import annotations

import os
import platform
import pwd
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from infra.blueprint import Blueprint
from infra.local import binaries
from infra.trouble import all_at_once
from simulation.text import Text

_MIB = 1 << 20
_SPARE_MB = 512  # shared buffers that fill up (256 MB) and, assumed, as much for the command and growth under load
#: 1 GB of write-ahead log at most (max_wal_size), databases and call books of a day; assumed beyond the first.
DISK_NEEDED_MB = 2048


def check(
    blueprint: Blueprint, *, temporary: Path, user: pwd.struct_passwd | None, writable: tuple[Path, ...] = ()
) -> None:
    """Refuse a machine that cannot carry the stack. Raises one TargetError with everything that is in the way.

    `user` is who PostgreSQL runs as where that is somebody else; `writable` are folders that will be written to.
    """
    all_at_once(_troubles(blueprint, temporary, user, writable))


def _troubles(
    blueprint: Blueprint, temporary: Path, user: pwd.struct_passwd | None, writable: tuple[Path, ...]
) -> Iterator[Text]:
    if not sys.platform.startswith("linux"):
        yield Text(
            f"Đích “local” chỉ chạy trên Linux, máy này là {platform.system()}. Dùng máy ảo Linux hoặc WSL.",
            f"The target “local” runs on Linux only, this is {platform.system()}. Use a Linux virtual machine or WSL.",
        )
        return
    needed, free = blueprint.floor_mb + _SPARE_MB, available_memory_mb()
    if free < needed:
        yield Text(
            f"Máy còn trống {free:.0f} MB bộ nhớ, cần ít nhất {needed} MB. Đóng bớt chương trình rồi thử lại.",
            f"The machine has {free:.0f} MB of memory free and at least {needed} MB are needed. Close other programs "
            "and try again.",
        )
    with suppress(OSError):
        disk = shutil.disk_usage(temporary).free / _MIB
        if disk < DISK_NEEDED_MB:
            yield Text(
                f"{temporary} còn trống {disk:.0f} MB, cần {DISK_NEEDED_MB} MB. Dọn đĩa hoặc đặt TMPDIR tới đĩa khác.",
                f"{temporary} has {disk:.0f} MB free and {DISK_NEEDED_MB} MB are needed. Free some space or set TMPDIR "
                "to another disk.",
            )
    if user is not None and not binaries.can_enter(temporary, user):
        yield Text(
            f"PostgreSQL chạy bằng người dùng “{user.pw_name}” mà người này không vào được {temporary}. "
            "Đặt TMPDIR=/tmp, hoặc chạy lệnh này bằng một người dùng thường.",
            f"PostgreSQL runs as user “{user.pw_name}”, who cannot enter {temporary}. Set TMPDIR=/tmp, or run the "
            "command as an ordinary user.",
        )
    for folder in writable:
        existing = next((part for part in (folder, *folder.parents) if part.exists()), Path("/"))
        if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
            yield Text(
                f"Không ghi được vào {folder}. Chọn thư mục khác hoặc sửa quyền.",
                f"Cannot write to {folder}. Choose another folder or correct its permissions.",
            )


def available_memory_mb(control_group: Path = Path("/sys/fs/cgroup")) -> float:
    """Memory that can still be used: the machine's, or what a container's limit leaves, whichever is less."""
    free = psutil.virtual_memory().available / _MIB
    with suppress(OSError, ValueError):  # no limit ("max") or no control group
        limit = int((control_group / "memory.max").read_text("ascii"))
        used = int((control_group / "memory.current").read_text("ascii"))
        reclaimable = 0
        for line in (control_group / "memory.stat").read_text("ascii").splitlines():
            name, _, value = line.partition(" ")
            if name in ("inactive_file", "active_file"):
                reclaimable += int(value)
        free = min(free, (limit - used + reclaimable) / _MIB)
    return max(free, 0.0)


def describe() -> dict[str, str]:
    """What the machine is, for the report. No names of hosts or users."""
    processor = platform.processor() or platform.machine()
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    return {
        "processor": processor,
        "processors": str(len(os.sched_getaffinity(0))),
        "memory_mb": f"{psutil.virtual_memory().total / _MIB:.0f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
