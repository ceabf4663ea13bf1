"""HTTP to one address, kept open, from several threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from verification.conformance.product import OutOfReach

_PATIENCE_SECONDS = 30.0
_WHOLE_ANSWER_SECONDS = 600.0  # a hand-over of all data may take long; an answer that never ends is none
LONGEST_ANSWER = 256 * 1024 * 1024  #: bytes; assumed, far above a province's whole hand-over
_BLOCK = 1 << 16


class Reply(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    body: bytes


class Pace(Protocol):
    """What an owner allows: every request to a product waits for it."""

    @property
    def waited(self) -> float:
        """Seconds, all requests together."""

    def __call__(self) -> None:
        """Return when the next request may go; raises where none may any more."""


class Unhurried:
    """The pace on one's own machine: nobody waits."""

    waited = 0.0

    def __call__(self) -> None:
        """Return at once."""


class Wire:
    """One address. Raises OutOfReach when nothing answers there."""

    def __init__(self, url: str, pace: Pace | None = None) -> None:
        """Take the base address, `http://…` or `https://…`; any other is out of reach."""
        self._url, self._pace = urlsplit(url), pace or Unhurried()
        self._local = threading.local()
        self._open: list[HTTPConnection] = []

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """Ask once; where a kept connection was closed meanwhile, on a fresh one."""
        if self._url.scheme not in {"http", "https"}:  # whoever let it pass took it for a folder
            raise OutOfReach(f"{self._url.geturl()}: không phải http:// hay https://")
        for attempt in (1, 2):
            self._pace()
            connection = self._connection()
            try:
                connection.request(method, self._url.path.rstrip("/") + path, body or None, dict(headers or {}))
                response = connection.getresponse()
                return Reply(response.status, _whole(response))
            except (OSError, HTTPException, UnicodeError) as error:
                connection.close()
                if attempt == 2 or isinstance(error, TimeoutError):  # noqa: PLR2004 -- the second one
                    message = f"{method} {self._url.geturl()}{path}: {error or type(error).__name__}"
                    raise OutOfReach(message) from error
        raise AssertionError  # left above

    def close(self) -> None:
        """Close all connections."""
        for connection in self._open:
            connection.close()

    def _connection(self) -> HTTPConnection:
        kept: HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is None:
            kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            kept = kind(self._url.hostname or "", self._url.port, timeout=_PATIENCE_SECONDS)
            self._local.connection = kept
            self._open.append(kept)
        return kept


def _whole(response: HTTPResponse) -> bytes:
    """Read an answer. Raises TimeoutError where it does not end, in time or in length."""
    until, read, body = time.monotonic() + _WHOLE_ANSWER_SECONDS, 0, []
    while block := response.read1(_BLOCK):
        body.append(block)
        read += len(block)
        if read > LONGEST_ANSWER or time.monotonic() > until:
            raise TimeoutError(f"câu trả lời chưa hết sau {read} byte")
    if response.length:
        raise IncompleteRead(b"".join(body), response.length)
    response.read()  # nothing is left; the connection may be used again
    return b"".join(body)
