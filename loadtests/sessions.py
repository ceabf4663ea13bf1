"""Tokens. A citizen's lasts one journey; staff and pollers sign in once per system and keep theirs for the run."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Session:
    """One account at one system."""

    def __init__(self) -> None:
        """Nobody has signed in yet."""
        self._lock = threading.Lock()
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


class Sessions:
    """All lasting sessions of a worker."""

    def __init__(self) -> None:
        """Nobody has signed in."""
        self._sessions: dict[tuple[str, str], Session] = {}

    def of(self, system: str, account: str) -> Session:
        """Return the one session of an account at a system."""
        return self._sessions.setdefault((system, account), Session())
