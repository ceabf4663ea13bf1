"""Tokens. A citizen's lasts one journey; staff and pollers sign in once per system and keep theirs for the run.

And turns, for whoever does one thing after another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

#: Makes a lock of the kind that the walks' way of waiting needs.
MakeLock = Callable[[], AbstractContextManager[Any]]


class Session:
    """One account at one system."""

    def __init__(self, make_lock: MakeLock = threading.Lock) -> None:
        """Nobody has signed in yet."""
        self._lock, self._turn = make_lock(), make_lock()
        self._free = 0.0  # since when nobody has the turn
        self.token = ""  #: empty while not signed in

    def open(self, sign_in: Callable[[], str]) -> str:
        """Give the token; whoever comes first signs in and the others wait. Empty when the sign-in failed."""
        with self._lock:
            if not self.token:
                self.token = sign_in()
            return self.token

    def over(self, token: str) -> None:
        """Drop the token if it is still this one, so that the next to ask signs in."""
        if self.token == token:
            self.token = ""

    @contextmanager
    def turn(self, now: Callable[[], float]) -> Iterator[float]:
        """Wait for those who came before; gives the run second at which the last of them had done."""
        with self._turn:
            try:
                yield self._free
            finally:
                self._free = now()


class Sessions:
    """All lasting sessions of a worker."""

    def __init__(self, make_lock: MakeLock = threading.Lock) -> None:
        """Nobody has signed in."""
        self._make_lock = make_lock
        self._sessions: dict[tuple[str, str], Session] = {}

    def of(self, system: str, account: str) -> Session:
        """Return the one session of an account at a system."""
        session = self._sessions.get((system, account))
        if session is None:
            session = self._sessions[system, account] = Session(self._make_lock)
        return session
