"""How many connections Docker lets through to what is published on 127.0.0.1.

Where `userland-proxy` is on, which is Docker's default, each of them passes through a process of Docker's
(`docker-proxy`, one a port) that may open as many files as `dockerd` and ends for good when it has none left.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from simulation.text import Text

#: Of docker-proxy: two sockets and two pipes of two ends each. Measured: with 20,000 files it ended at 3,333
#: connections.
FILES_A_CONNECTION = 6
#: What a port must be able to hold at once. A day of Bến Tre that is kept has 300 requests under way at most; on a
#: machine that starves it clients pile up by the thousand, and what would recover must not end then. Assumed beyond.
CONNECTIONS_WANTED = 10_000
_LIMIT = re.compile(r"^Max open files +\S+ +(\d+|unlimited)\b", re.MULTILINE)
_PROC, _SETTINGS = Path("/proc"), Path("/etc/docker/daemon.json")


def most_connections(proc: Path = _PROC, settings: Path = _SETTINGS) -> int | None:
    """The most that one published port carries at once; None: no such bound, or the engine is not on this machine."""
    for folder in proc.glob("[0-9]*"):
        with suppress(OSError):  # it ended in between, or is somebody else's
            if (folder / "comm").read_text("utf-8").strip() == "dockerd":
                return _bound(folder, settings)
    return None


def _bound(daemon: Path, settings: Path) -> int | None:
    given = (daemon / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    named = [one for one in given if one.startswith("--userland-proxy")]
    on = named[-1].partition("=")[2].lower() not in {"false", "f", "0"} if named else _on(settings)
    limit = _LIMIT.search((daemon / "limits").read_text("ascii"))
    if not on or limit is None or limit[1] == "unlimited":
        return None
    return int(limit[1]) // FILES_A_CONNECTION


def _on(settings: Path) -> bool:
    told: Any = {}
    with suppress(OSError, msgspec.DecodeError):
        told = msgspec.json.decode(settings.read_bytes())
    return not isinstance(told, dict) or told.get("userland-proxy") is not False


def doubt(most: int | None) -> Text | None:
    """What to tell whoever is about to bring a stack up; None where there is no reason to."""
    if most is None or most >= CONNECTIONS_WANTED:
        return None
    return Text(
        f"Docker chuyển tiếp mỗi cổng qua docker-proxy, ở máy này chịu được {most} kết nối rồi dừng hẳn. Hệ "
        'thống quá tải có nhiều hơn thế: đặt "userland-proxy": false trong /etc/docker/daemon.json rồi khởi động lại '
        "Docker.",
        f"Docker passes each port on by docker-proxy, which on this machine carries {most} connections and then ends "
        'for good. An overloaded stack has more: set "userland-proxy": false in /etc/docker/daemon.json, then restart '
        "Docker.",
    )
