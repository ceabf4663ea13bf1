"""Which objectives end a run that still goes on: those that ask for it (k6's abortOnFail) and are broken.

Broken is what is certain to be, however the rest of the day goes, and from its delay (k6's delayAbortEval) on what is
broken by all that was seen so far.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from simulation.journal import Observation
from simulation.timeline import Timeline
from verification.measures import LATE_SECONDS
from verification.objectives.files import Objective, Objectives
from verification.objectives.hopeless import Hope
from verification.objectives.values import LATE_SHARE, is_meant, value_of


class Ending:
    """Follows the objectives that may end the load while observations come in."""

    def __init__(self, objectives: Objectives, *, timeline: Timeline, steps: int) -> None:
        """`steps`: operations in the whole plan, at least as many as can come to an end."""
        self._marked = [one for one in objectives.objectives if one.ends_after is not None]
        self._values: list[list[float]] = [[] for _ in self._marked]
        self._hope = Hope(msgspec.structs.replace(objectives, objectives=tuple(self._marked)), steps=steps)
        self._phases, self._timeline = objectives.phases, timeline
        self._started = self._late = 0
        self._now = 0.0  # run second of the newest thing seen

    def see(self, observations: Iterable[Observation]) -> None:
        """Take in more of the run."""
        seen = list(observations)
        self._hope.see(seen)
        for one in seen:
            self._now = max(self._now, one.end)
            if one.attempt == 1:
                self._started += 1
                self._late += one.start - one.intended > LATE_SECONDS
            for marked, values in zip(self._marked, self._values, strict=True):
                if is_meant(marked, self._phases, self._timeline, one):
                    values.append(value_of(marked.metric, one))

    def lost(self) -> list[Objective]:
        """Give the objectives that end the load; none while it is to go on."""
        certain = {one.title for one in self._hope.lost()}
        return [
            one
            for one, values in zip(self._marked, self._values, strict=True)
            if one.title in certain or self._is_broken(one, values)
        ]

    def _is_broken(self, one: Objective, values: list[float]) -> bool:
        if one.ends_after is None or self._now < one.ends_after or not values:
            return False
        if one.metric != "late" and self._late > LATE_SHARE * self._started:
            return False  # the generator is being measured, which tells nothing about the systems
        return not one.expression.holds(one.expression.of(np.asarray(values)))
