"""`pause:`, `partition:`, `delay:` and `loss:SERVICE@TIME`: a service suffers until the day ends, or with `@TIME-TIME`.

pause: its processes freeze and connections stay open; partition: it runs and nobody reaches it; delay and loss: what it
sends comes 200 ms late, or 5 % of it never (assumed; infra/docker_target/disturbance.py).
"""

from __future__ import annotations

import msgspec

from infra.stack import Stack
from infra.target import Disturbance
from loadtests.control import ask

_PATIENCE_SECONDS = 30.0  # a container is started for delay and loss
_DONE = {
    "pause": "was frozen",
    "partition": "was cut off",
    "delay": "answers late",
    "loss": "loses packets",
}


class Disturb(msgspec.Struct, frozen=True, kw_only=True):
    """A service suffers from now on."""

    spec: str
    at: float
    service: str
    kind: Disturbance
    until: float | None = None

    def strike(self, stack: Stack) -> str:
        """Let the target do it; it ends by `Relieve`, or when the target finishes the day."""
        ask(stack, patience_seconds=_PATIENCE_SECONDS, act="disturb", kind=self.kind, service=self.service)
        return f"{self.service} {_DONE[self.kind]}"


class Relieve(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a disturbance."""

    spec: str
    at: float
    service: str
    kind: Disturbance

    def strike(self, stack: Stack) -> str:
        """Let the target undo it."""
        ask(stack, patience_seconds=_PATIENCE_SECONDS, act="relieve", kind=self.kind, service=self.service)
        return f"{self.service} is as before ({self.kind} has ended)"
