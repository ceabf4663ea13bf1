"""SimPy models of what the engine plays, fed with the same arrivals, service times and luck."""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy
from engine_story import Line

Steps = Generator[Any, Any, None]


class Office:
    """A team of officials, each of whom looks at the pile when free and when the office opens."""

    def __init__(
        self,
        environment: simpy.Environment,
        name: str,
        *,
        servers: int,
        seen: list[Line],
        next_open: Callable[[float], float] = lambda now: now,
        done_at: Callable[[float, float], float] = lambda now, work: now + work,
    ) -> None:
        """Let every official begin."""
        self.environment, self.name, self.seen = environment, name, seen
        self.next_open, self.done_at = next_open, done_at
        self.pile: list[tuple[int, int, int, float, simpy.Event]] = []
        self.order = 0
        self.bells: list[simpy.Event] = []
        for _ in range(servers):
            environment.process(self._official())

    def visit(self, job: int, work: float, *, priority: int = 0, patience: float = 0.0) -> Generator[Any, Any, bool]:
        """Be served; returns False where patience ran out first."""
        done = self.environment.event()
        turn = (priority, self.order, job, work, done)
        self.order += 1
        heappush(self.pile, turn)
        self.seen.append((self.environment.now, "entered", job, self.name))
        bells, self.bells = self.bells, []
        for bell in bells:
            bell.succeed()
        if not patience:
            yield done
            return True
        yield done | self.environment.timeout(patience)
        if turn in self.pile:
            self.pile.remove(turn)
            self.pile.sort()
            self.seen.append((self.environment.now, "gave up", job, self.name))
            return False
        if not done.triggered:
            yield done
        return True

    def _official(self) -> Steps:
        environment = self.environment
        while True:
            closed = self.next_open(environment.now) - environment.now
            if closed > 0:
                yield environment.timeout(closed)
            elif not self.pile:
                bell = environment.event()
                self.bells.append(bell)
                yield bell
            else:
                _, _, job, work, done = heappop(self.pile)
                self.seen.append((environment.now, "began", job, self.name))
                yield environment.timeout(self.done_at(environment.now, work) - environment.now)
                self.seen.append((environment.now, "finished", job, self.name))
                done.succeed()
