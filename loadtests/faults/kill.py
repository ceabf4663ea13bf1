"""`kill:SERVICE@TIME`: a service's processes end at once (SIGKILL); the supervisor has to bring it back."""

from __future__ import annotations

import msgspec

from infra.stack import Stack
from loadtests.control import ask


class Kill(msgspec.Struct, frozen=True, kw_only=True):
    """The sudden death of one service."""

    spec: str
    at: float
    service: str

    def strike(self, stack: Stack) -> str:
        """Let the supervisor kill the service without warning."""
        ask(stack, act="kill", service=self.service)
        return f"{self.service} was killed"
