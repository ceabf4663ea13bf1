"""What a fault is: one bad thing that happens to a stack at an official time of the day."""

from __future__ import annotations

from typing import Protocol

from infra.stack import Stack


class Fault(Protocol):
    """One bad thing. The smallest is `nothing` (loadtests/faults/nothing.py)."""

    @property
    def spec(self) -> str:
        """How it is written on the command line, e.g. "kill:portal@10:30"."""

    @property
    def at(self) -> float:
        """Official seconds since midnight."""

    def strike(self, stack: Stack) -> str:
        """Do it, and return what was done in a few words. Raises ControlError when it cannot be done."""
