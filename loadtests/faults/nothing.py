"""`nothing@TIME`: the fault that does nothing, to compare others with."""

from __future__ import annotations

import msgspec

from infra.stack import Stack


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing happens; the journal says when."""

    spec: str
    at: float

    def strike(self, stack: Stack) -> str:
        """Leave the stack alone."""
        return f"{stack.name} was left alone"
