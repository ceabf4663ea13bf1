"""Sen's webhook: news are posted to the province's address, one after the other, until each is taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from threading import Condition, Thread
from typing import Any
from urllib.parse import urlsplit

import msgspec

_AGAIN_SECONDS = 0.2
_PATIENCE_SECONDS = 30.0  # a busy neighbour that answers late has still been told once


class _Letter(msgspec.Struct, eq=False):
    body: bytes
    then: Callable[[], None]


class Webhook:
    """Posts to one address from a thread of its own; without an address news go nowhere."""

    def __init__(self, url: str) -> None:
        """Start the thread."""
        self._url = urlsplit(url)
        self._letters: deque[_Letter] = deque()
        self._posting = False
        self._changed = Condition()
        if url:
            Thread(target=self._run, daemon=True).start()

    @property
    def waiting(self) -> int:
        """News that have not been taken yet."""
        return len(self._letters)

    def send(self, news: dict[str, Any], *, then: Callable[[], None]) -> None:
        """Have it posted; `then` is called once it has been taken."""
        if self._url.hostname:
            with self._changed:
                self._letters.append(_Letter(msgspec.json.encode(news), then))
                self._changed.notify_all()

    def start_over(self) -> None:
        """Forget what has not been taken; returns when nothing of it is on its way any more."""
        with self._changed:
            self._letters.clear()
            self._changed.wait_for(lambda: not self._posting)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._letters)
                letter = self._letters[0]
                self._posting = True
            taken = self._post(letter.body)
            with self._changed:
                self._posting = False
                known = bool(self._letters) and self._letters[0] is letter
                if taken and known:
                    self._letters.popleft()
                self._changed.notify_all()
                if not taken:
                    self._changed.wait(_AGAIN_SECONDS)
            if taken and known:
                letter.then()

    def _post(self, body: bytes) -> bool:
        connection = HTTPConnection(self._url.hostname or "", self._url.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("POST", self._url.path or "/", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
        except (OSError, HTTPException):
            return False
        else:
            return reply.status < 300  # noqa: PLR2004 -- taken
        finally:
            connection.close()
