"""Whom the load may be sent to: this machine itself, or somebody who has said yes in writing.

Anything that is not a loopback address needs a permission file that names the targets, their owner, a rate and a
window; the generator's own processes read it and keep to it (docs/adr/0029). The file is TOML:

    targets = ["https://dichvucong.example.vn"]
    owner = "Sở Thông tin và Truyền thông"
    contact = "0275 000 0000"
    rate = 50                                  # requests a second, all workers together
    begins = 2026-11-25T22:00:00+07:00
    ends = 2026-11-26T04:00:00+07:00
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from simulation.mistakes import BadInputError
from simulation.province_files.reading import Findings, read_toml
from simulation.text import Text

#: Environment variable that names the permission file for a Locust that nobody drives.
VARIABLE = "TINHMAU_PERMISSION"
#: Nobody is permitted more than this a second: a slip of the keyboard does not pass. Assumed: ten times what this
#: testbed has been seen to send.
_LARGEST_RATE = 200_000.0
_UNTIL_STOPPED = float("inf")


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner allows."""

    targets: tuple[str, ...]  #: origins, e.g. "https://dichvucong.example.vn"
    owner: str
    contact: str  #: whom to call when something goes wrong
    rate: float  #: requests a second, all workers together
    begins: float  #: Unix time
    ends: float  #: Unix time


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """What the generator may do in this run."""

    rate: float = 0.0  #: requests a second, all workers together; 0: as many as the plan asks for
    ends: float = _UNTIL_STOPPED  #: Unix time after which nothing new begins


class Pace:
    """Keeps one worker's share of a permitted rate: no two requests closer together than it allows."""

    def __init__(
        self,
        leave: Leave,
        *,
        workers: int,
        now: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
        closes: float = _UNTIL_STOPPED,
    ) -> None:
        """`now` and `sleep` are the walks' own; `closes` is the moment on that clock after which nothing may go."""
        self._gap = workers / leave.rate if leave.rate else 0.0
        self._now, self._sleep, self._closes = now, sleep, closes
        self._next = 0.0
        self.waited = 0.0  #: seconds, all requests together

    def wait(self) -> bool:
        """Return True when the next request may go; False, at once, where that would be after the window.

        Waiting makes its start late, which the verdict will hold against us.
        """
        if not self._gap:  # as mostly: a call less for every request
            return True
        seconds = self.put_off()
        if seconds:
            self._sleep(seconds)
        return seconds is not None

    def put_off(self) -> float | None:
        """Take the next place in line: seconds until it; None where that would be after the window."""
        if not self._gap:
            return 0.0
        now = self._now()
        mine = max(now, self._next)
        if mine >= self._closes:
            return None
        self._next = mine + self._gap
        self.waited += mine - now
        return mine - now


def ask_leave(endpoints: Mapping[str, str], permission: Path | None, *, now: float) -> Leave:
    """Tell what may be sent to these addresses (system -> base address).

    Raises BadInputError that names every system which is not on this machine and not permitted, or not now.
    """
    foreign = {system: address for system, address in endpoints.items() if not is_loopback(address)}
    if not foreign:
        return Leave()
    findings = Findings()
    if permission is None:
        for system, address in sorted(foreign.items()):
            found = Text(f"{address} không ở trên máy này.", f"{address} is not on this machine.")
            findings.add("stack", f"endpoints.{system}", found, _HOW_TO_ASK)
        raise BadInputError(findings.mistakes)
    given = read_permission(permission)
    allowed = {_origin(target) for target in given.targets}
    for system, address in sorted(foreign.items()):
        if (origin := _origin(address)) is None or origin not in allowed:
            found = Text(
                f"{permission.name} không cho phép {address}.", f"{permission.name} does not permit {address}."
            )
            findings.add("stack", f"endpoints.{system}", found, _HOW_TO_ASK)
    if not given.begins <= now < given.ends:
        found = Text(
            f"bây giờ là {_shown(now)}, ngoài khung {_shown(given.begins)} – {_shown(given.ends)}.",
            f"it is {_shown(now)} now, outside the window {_shown(given.begins)} – {_shown(given.ends)}.",
        )
        findings.add(permission.name, "begins", found, Text("Đợi đến khung giờ đó.", "Wait for the window."))
    findings.raise_if_any()
    return Leave(rate=given.rate, ends=given.ends)


def named_in(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the permission file that the environment names, if any."""
    named = environ.get(VARIABLE)
    return Path(named) if named else None


def is_loopback(address: str) -> bool:
    """Tell whether an address can only be this machine: a loopback number, the name localhost, or a folder here."""
    origin = _origin(address)
    if origin is None:
        return False
    scheme, host, _ = origin
    if scheme == "file" and not host:  # file://somewhere/… is an address like any other
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_permission(path: Path) -> Permission:
    """Read a permission file. Raises BadInputError with every mistake."""
    findings = Findings()
    if not path.is_file():
        findings.add(str(path), "", Text("không có tệp này.", "there is no such file."), _HOW_TO_ASK)
        raise BadInputError(findings.mistakes)
    row = read_toml(path, file=path.name, findings=findings)
    if row is None:
        raise BadInputError(findings.mistakes)
    targets = row.texts("targets")
    for index, target in enumerate(targets):
        if not _is_origin(target):
            found = Text(f"tìm thấy “{target}”.", f"found “{target}”.")
            way_out = Text("Viết dạng https://tên-máy[:cổng].", "Write it as https://host[:port].")
            row.wrong(f"targets[{index}]", found, way_out)
    if not targets:
        row.wrong("targets", Text("còn thiếu.", "is missing."), Text("Nêu các địa chỉ.", "Name the addresses."))
    permission = Permission(
        targets=targets,
        owner=row.text("owner"),
        contact=row.text("contact"),
        rate=row.number("rate", low=0.001, high=_LARGEST_RATE),
        begins=row.moment("begins"),
        ends=row.moment("ends"),
    )
    row.no_more()
    if permission.begins and permission.ends and permission.ends <= permission.begins:
        row.wrong(
            "ends", Text("không sau begins.", "is not after begins."), Text("Sửa khung giờ.", "Correct the window.")
        )
    findings.raise_if_any()
    return permission


def _origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None of what is no address."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port or (443 if parts.scheme == "https" else 80)


def _is_origin(target: str) -> bool:
    """Whether it names a scheme, a host and perhaps a port, and nothing besides."""
    if _origin(target) is None:
        return False
    parts = urlsplit(target)
    besides = parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not besides


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone().strftime("%d/%m/%Y %H:%M:%S %z")


_HOW_TO_ASK = Text(
    "Chỉ gửi tải đến hệ thống của người khác khi chủ hệ thống đồng ý: đưa tệp cho phép bằng --permission (mẫu ở đầu "
    "loadtests/guard.py).",
    "Load somebody else's system only with its owner's consent: give the file that says so with --permission (its form "
    "is at the head of loadtests/guard.py).",
)
