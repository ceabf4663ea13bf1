"""Replies kept by request number, so that a request sent again is answered and not done again."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

Reply = TypeVar("Reply")


class Once(Generic[Reply]):
    """Remembers what was answered to each request number."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[str, Reply] = {}
        self._lock = RLock()

    def do(self, number: str, work: Callable[[], Reply]) -> Reply:
        """Do the work, or give the reply that this number had; a number of no letters is never remembered."""
        with self._lock:
            if number and number in self._kept:
                return self._kept[number]
            reply = work()
            if number:
                self._kept[number] = reply
            return reply

    def forget(self) -> None:
        """Start over."""
        with self._lock:
            self._kept.clear()
