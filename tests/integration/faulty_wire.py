"""A wire between two systems that loses, repeats and delays what passes, by chance from a seed.

It stands in front of one HTTP server. What it does to a request: nothing, cut (the connection ends before the request
is passed on), lose (it is passed on and the answer thrown away), repeat (passed on twice), delay (so that later
requests overtake it), or replay (passed on once more, some time after it was answered).
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_Request = tuple[str, str, dict[str, str], bytes]
_FAULTS = ("cut", "lose", "repeat", "delay", "replay")
_PATIENCE_SECONDS = 30.0
_DELAYS_SECONDS = (0.02, 0.4)
_DROPPED_HEADERS = {"transfer-encoding", "connection", "content-length", "host"}


class FaultyWire:
    """Passes requests on to `target` until it is closed; does harm only between `harm` and `heal`."""

    def __init__(self, target: str) -> None:
        """Listen on a port of its own."""
        self._target = urlsplit(target).netloc
        self._share, self._chance = 0.0, random.Random(0)  # noqa: S311 -- reproducible faults, no secret
        self._guard = threading.Lock()
        self._replays: list[threading.Timer] = []
        self.done: Counter[str] = Counter()  #: faults played so far
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def harm(self, *, seed: int, share: float) -> None:
        """From now on play a fault on this share of the requests."""
        with self._guard:
            self._share, self._chance = share, random.Random(seed)  # noqa: S311

    def heal(self) -> None:
        """Pass everything on from now on; replays that wait are played first."""
        with self._guard:
            self._share = 0.0
            waiting, self._replays = self._replays, []
        for one in waiting:
            one.join(_PATIENCE_SECONDS)

    def close(self) -> None:
        """End."""
        self.heal()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _fault(self) -> tuple[str, float]:
        with self._guard:
            if self._chance.random() >= self._share:
                return "", 0.0
            fault, seconds = self._chance.choice(_FAULTS), self._chance.uniform(*_DELAYS_SECONDS)
            self.done[fault] += 1
            return fault, seconds

    def _pass_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self._target, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _again_later(self, seconds: float, request: _Request) -> None:
        def replay() -> None:
            with suppress(OSError, http.client.HTTPException):
                self._pass_on(*request)

        timer = threading.Timer(seconds, replay)
        timer.daemon = True
        with self._guard:
            self._replays.append(timer)
        timer.start()

    def _served(self, request: _Request) -> tuple[int, dict[str, str], bytes] | None:
        """What is to be answered; None where the connection is to end without an answer."""
        fault, seconds = self._fault()
        if fault == "cut":
            return None
        if fault == "delay":
            time.sleep(seconds)
        try:
            if fault == "repeat":
                self._pass_on(*request)
            answer = self._pass_on(*request)
        except (OSError, http.client.HTTPException):
            return None
        if fault == "replay":
            self._again_later(seconds, request)
        return None if fault == "lose" else answer

    def _handler(wire: FaultyWire) -> type[BaseHTTPRequestHandler]:  # noqa: N805 -- `self` is the handler below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def log_message(self, *_args: object) -> None:
                """Keep quiet."""

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: text for name, text in self.headers.items() if name.lower() not in _DROPPED_HEADERS}
                answer = wire._served((self.command, self.path, headers, body))
                self.close_connection = answer is None
                if answer:
                    self._answer(*answer)

            def _answer(self, status: int, told: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, text in told.items():
                    if name.lower() not in _DROPPED_HEADERS | {"date", "server"}:
                        self.send_header(name, text)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        return Handler
