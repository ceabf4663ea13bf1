"""Sen's webhook: news are posted to the province's address, one after the other, until each is taken."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import msgspec

_AGAIN_SECONDS = 0.2
_PATIENCE_SECONDS = 30.0  # a busy neighbour that answers late has still been told once


class Webhook:
    """Posts to one address from a thread of its own; without an address news go nowhere."""

    def __init__(self, url: str) -> None:
        """Start the thread."""
        self._url = urlsplit(url)
        self._queue: Queue[dict[str, Any]] = Queue()
        if url:
            Thread(target=self._run, daemon=True).start()

    @property
    def waiting(self) -> int:
        """News that have not been taken yet."""
        return self._queue.unfinished_tasks

    def send(self, news: dict[str, Any]) -> None:
        """Have it posted."""
        if self._url.hostname:
            self._queue.put(news)

    def _run(self) -> None:
        while True:
            body = msgspec.json.encode(self._queue.get())
            while not self._post(body):
                time.sleep(_AGAIN_SECONDS)
            self._queue.task_done()

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
