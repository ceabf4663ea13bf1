"""Collects the steps of one journey while virtual time passes."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from simulation.plan import Journey, Step


class StepLog:
    """The steps of one journey so far. Parallel branches may add out of order; the journey is put in order of time."""

    def __init__(self, journey_id: str, kind: str) -> None:
        """Start with nothing."""
        self.id = journey_id
        self.kind = kind
        self._steps: list[tuple[float, str, str, str, Mapping[str, Any]]] = []

    def add(self, at: float, actor: str, operation: str, *, account: str = "", **detail: Any) -> None:
        """Note one step at official second `at`; `detail` is what docs/wire.md lists for the operation."""
        self._steps.append((round(at, 3), actor, account, operation, detail))

    def journey(self, *, until: float) -> Journey | None:
        """Return the journey as far as it gets before `until`; None where nothing happens."""
        # Sorting by time alone is stable: what was added first stays first at the same instant.
        kept = [step for step in sorted(self._steps, key=itemgetter(0)) if step[0] < until]
        if not kept:
            return None
        steps = tuple(
            Step(number=number, at=at, actor=actor, account=account, operation=operation, detail=detail)
            for number, (at, actor, account, operation, detail) in enumerate(kept, start=1)
        )
        return Journey(id=self.id, kind=self.kind, steps=steps)
