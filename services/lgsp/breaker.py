"""Circuit breaker: a counterpart that does not answer is left alone for a while, and then tried with one call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

_FAILURES = 5  # in a row; assumed
_FIRST_PAUSE_SECONDS = 1.0  # doubled each time the trial fails; assumed
_LONGEST_PAUSE_SECONDS = 15.0

State = Literal["closed", "open", "half-open"]


class Breaker:
    """Of one counterpart: one provider's operations that begin with the same word."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin closed: calls pass."""
        self._clock = clock
        self._failures = 0
        self._pause = _FIRST_PAUSE_SECONDS
        self._until = 0.0
        self._trying = False

    @property
    def state(self) -> State:
        """closed: calls pass; open: none does; half-open: one may try."""
        if self._failures < _FAILURES:
            return "closed"
        return "open" if self._clock() < self._until else "half-open"

    def admits(self) -> bool:
        """Whether a call may go on now. Whoever is admitted must report how it went."""
        state = self.state
        if state == "half-open" and not self._trying:
            self._trying = True
            return True
        return state == "closed"

    def report(self, *, reached: bool) -> None:
        """Take note of how an admitted call went. Any answer counts as reached, an error's too."""
        trial, self._trying = self._trying, False
        if reached:
            self._failures, self._pause = 0, _FIRST_PAUSE_SECONDS
            return
        self._failures += 1
        if self._failures >= _FAILURES:
            if trial:
                self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
            self._until = self._clock() + self._pause
