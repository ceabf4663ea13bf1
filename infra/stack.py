"""A Stack: endpoints and credentials of something that runs. All that traffic ever learns of the infrastructure.

A vendor's system under test is also just a Stack.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """Where the province's systems answer and how to be let in. Saved with mode 0600: it holds secrets."""

    name: str
    target: str  #: local, docker, openstack, or the name of somebody else's system
    province: str
    era: str
    endpoints: Mapping[str, str]  #: service name -> base address, e.g. {"portal": "http://127.0.0.1:41234"}
    audit_token: str  #: bearer token for GET /export/... and GET /backlog of every service
    passcode_key: str  #: passcodes of accounts derive from it (services/kit/accounts.py)
    certificate_authority: str  #: PEM of the signing CA that documents are verified against
    clock: str = ""  #: file that sets the services' official time; empty where the clock cannot be set
    databases: Mapping[str, str] = {}  #: service name -> superuser DSN; only targets that can be sabotaged have it
    control: str = ""  #: Unix socket of the supervisor; empty where the target has none
    state: str = ""  #: folder of the stack's own state (logs, databases); empty where it is not on this machine
    machine: Mapping[str, str] = {}  #: what it runs on: versions and settings such as fsync


def save(stack: Stack, path: Path) -> None:
    """Write the stack as JSON that only its owner can read."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(stack, order="sorted"), indent=2))


def load(path: Path) -> Stack:
    """Read a stack that `save` wrote."""
    return msgspec.json.decode(path.read_bytes(), type=Stack)
