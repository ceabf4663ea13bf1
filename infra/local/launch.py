"""What a supervisor is told to keep alive: one file, readable by its owner only, because it holds secrets."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from infra.local.restarts import RestartRule


class ServiceLaunch(msgspec.Struct, frozen=True, kw_only=True):
    """One service: its command and what only it is given."""

    name: str
    command: tuple[str, ...]
    secrets: Mapping[str, str] = {}  #: variables of docs/reference-data.md, e.g. {"TOKEN_KEY": ...}
    database_password: str
    settings: Mapping[
        str, str
    ] = {}  #: optional variables of docs/reference-data.md, e.g. {"DATABASE_CONNECTIONS": "4"}


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """A whole stack, before anything of it runs."""

    name: str
    state: str  #: the state folder, made and locked by whoever starts the supervisor
    reference: str  #: folder of reference data
    services: tuple[ServiceLaunch, ...]
    superuser_password: str
    attached: bool  #: stop when the command that placed the stack ends
    lifeline: int  #: inherited file descriptor; end of file means that the command has ended
    keep: bool = False  #: leave the state folder in place at the end
    port_base: int | None = None  #: services get this port and those after it; otherwise any free ports
    metrics: str = ""  #: folder for processes.ndjson; empty: sampled, not written
    logs_to: str = ""  #: folder that logs are copied to at the end; empty: not copied
    ready_within_seconds: float = 60.0
    restarts: RestartRule = RestartRule()


def default_command(service: str) -> tuple[str, ...]:
    """How a service of this project is started. -P keeps its working folder off the import path."""
    return (sys.executable, "-P", "-m", f"services.{service}")


def save(launch: Launch, path: Path) -> None:
    """Write the launch file so that only its owner can read it."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(msgspec.json.encode(launch))


def load(path: Path) -> Launch:
    """Read a launch file that `save` wrote."""
    return msgspec.json.decode(path.read_bytes(), type=Launch)
