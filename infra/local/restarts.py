"""When a process that ended is started again, and when it is given up."""

from __future__ import annotations

from collections import deque

import msgspec


class RestartRule(msgspec.Struct, frozen=True, kw_only=True):
    """At once the first time, then after longer and longer pauses; not for ever. All numbers are assumed."""

    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0
    give_up_after: int = 8  #: exits of its own within the window
    window_seconds: float = 60.0


class Restarts:
    """Exits of one process so far. An exit that was asked for (a fault that is being played) does not count."""

    def __init__(self, rule: RestartRule) -> None:
        """Start with a clean record."""
        self._rule = rule
        self._exits: deque[float] = deque()
        self.count = 0  #: how often the process was started again

    def after_exit(self, now: float, *, asked: bool = False) -> float | None:
        """Seconds to wait before starting again, or None to give up. `now` in seconds of any steady clock."""
        rule = self._rule
        while self._exits and now - self._exits[0] > rule.window_seconds:
            self._exits.popleft()
        if not asked:
            self._exits.append(now)
            if len(self._exits) >= rule.give_up_after:
                return None
        self.count += 1
        earlier = max(len(self._exits) - 1, 0)
        return 0.0 if earlier == 0 else min(rule.first_pause_seconds * 2.0 ** (earlier - 1), rule.longest_pause_seconds)
