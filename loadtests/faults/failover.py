"""`failover:postgresql@TIME`: the database server is lost with its disk; the one that follows it takes over."""

from __future__ import annotations

import msgspec

from infra.stack import Stack
from loadtests.control import ask


class Failover(msgspec.Struct, frozen=True, kw_only=True):
    """The loss of the database's host. Everything that was acknowledged is on the other one."""

    spec: str
    at: float
    service: str

    def strike(self, stack: Stack) -> str:
        """Let the target begin; a new server in the place of the lost one is there before the books are taken."""
        ask(stack, act="failover", service=self.service)
        return f"{self.service} was lost with its disk, its standby takes over"
