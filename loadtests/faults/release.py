"""`upgrade:SERVICE@TIME` and `rollback:SERVICE@TIME`: another release of a service takes over while people work."""

from __future__ import annotations

import msgspec

from infra.stack import Stack
from loadtests.control import ask


class _Release(msgspec.Struct, frozen=True, kw_only=True):
    spec: str
    at: float
    service: str


class Upgrade(_Release, frozen=True, kw_only=True):
    """The next release of one service: it starts beside the old one, which goes when the new one answers."""

    def strike(self, stack: Stack) -> str:
        """Let the target begin; it goes on while traffic does, and is over before the books are taken."""
        ask(stack, act="upgrade", service=self.service)
        return f"{self.service} gets its next release"


class Rollback(_Release, frozen=True, kw_only=True):
    """The release before, the same way."""

    def strike(self, stack: Stack) -> str:
        """Let the target begin."""
        ask(stack, act="rollback", service=self.service)
        return f"{self.service} goes back to its first release"
