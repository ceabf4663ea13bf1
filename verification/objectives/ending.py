"""Which objectives end a run that still goes on: those that ask for it (k6's abortOnFail) and are broken.

Broken is what is certain to be, however the rest of the day goes, and from its delay (k6's delayAbortEval) on what is
broken by all that was seen so far.
"""

from __future__ import annotations

import msgspec
import numpy as np

from simulation.timeline import Timeline
from verification.measures import LATE_SECONDS
from verification.objectives.files import Objective, Objectives
from verification.objectives.gates import is_gate
from verification.objectives.hopeless import Hope
from verification.objectives.news import News
from verification.objectives.values import LATE_SHARE, is_meant, value_of


class Ending:
    """Follows the objectives that may end the load while news come in."""

    def __init__(self, objectives: Objectives, *, timeline: Timeline, steps: int) -> None:
        """`steps`: operations in the whole plan, at least as many as can come to an end."""
        marked = tuple(one for one in objectives.objectives if one.ends_after is not None)
        self._hope = Hope(msgspec.structs.replace(objectives, objectives=marked), timeline=timeline, steps=steps)
        self._of_clients = [one for one in marked if not is_gate(one)]
        self._values: list[list[float]] = [[] for _ in self._of_clients]
        self._phases, self._timeline = objectives.phases, timeline
        self._started = self._late = 0
        self._now = 0.0  # run second of the newest thing seen

    def see(self, news: News) -> None:
        """Take in more of the run."""
        self._hope.see(news)
        if news.began is not None:
            moments = [one.at for one in news.samples] + [one.at for one in news.looks]
            self._now = max([self._now, *(at - news.began for at in moments)])
        for one in news.observations:
            self._now = max(self._now, one.end)
            if one.attempt == 1:
                self._started += 1
                self._late += one.start - one.intended > LATE_SECONDS
            for marked, values in zip(self._of_clients, self._values, strict=True):
                if is_meant(marked, self._phases, self._timeline, one):
                    values.append(value_of(marked.metric, one))

    def lost(self) -> list[Objective]:
        """Give the objectives that end the load; none while it is to go on."""
        broken = [gate.objective for gate in self._hope.gates if gate.is_broken and self._is_due(gate.objective)]
        broken += [
            one for one, values in zip(self._of_clients, self._values, strict=True) if self._is_broken(one, values)
        ]
        certain = self._hope.lost()
        return certain + [one for one in broken if one not in certain]

    def _is_due(self, one: Objective) -> bool:
        return one.ends_after is not None and self._now >= one.ends_after

    def _is_broken(self, one: Objective, values: list[float]) -> bool:
        if not values or (one.metric != "late" and self._late > LATE_SHARE * self._started):
            return False  # the generator is being measured, which tells nothing about the systems
        value = one.expression.of(np.asarray(values))
        return one.expression.is_lost(value) or (self._is_due(one) and not one.expression.holds(value))
