"""A stand-in for the LGSP: gives tokens, writes every call down, and answers as a test tells it to.

Runs in threads of the test's own process. Without instructions it takes every outbox item ("done") and answers other
calls with an empty object.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

_PATIENCE_SECONDS = 60.0


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call that a service made."""

    provider: str
    operation: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]

    @property
    def name(self) -> str:
        """As the contracts name it: "national.population.verify"."""
        return f"{self.provider}.{self.operation}"


#: What a provider answers: status and body.
Answerer = Callable[[Call], tuple[int, Any]]


class StandinLgsp:
    """`url` is its base address, `calls` what it was asked, `answers` what to answer by "provider.operation"."""

    def __init__(self) -> None:
        """Listen on a free port of 127.0.0.1 and serve until `close`."""
        self.calls: list[Call] = []
        self.answers: dict[str, Answerer] = {}
        self.out_of_reach = False  #: while true, every provider is unreachable
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def items(self, name: str) -> list[Any]:
        """Bodies of the outbox items sent to "provider.operation", each key once, as a receiver's inbox has it."""
        with self._changed:
            found = {item["key"]: item["body"] for call in self.calls if call.name == name for item in _items(call)}
        return list(found.values())

    def keys(self, name: str) -> list[str]:
        """Keys of all outbox items sent to "provider.operation", repeated ones too."""
        with self._changed:
            return [item["key"] for call in self.calls if call.name == name for item in _items(call)]

    def wait_for(self, name: str, wanted: Callable[[Any], bool], *, count: int = 1) -> list[Any]:
        """Return the items of an operation that are `wanted`, once there are `count` of them."""

        def found() -> list[Any]:
            return [item for item in self.items(name) if wanted(item)]

        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, _PATIENCE_SECONDS):
                message = f"waited for {count} item(s) at {name}, have {self.items(name)}"
                raise AssertionError(message)
            return found()

    def wait_for_call(self, name: str, *, count: int = 1) -> list[Call]:
        """Return the calls of an operation, once there are `count` of them."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._count(name) >= count, _PATIENCE_SECONDS):
                message = f"waited for {count} call(s) of {name}, have {[call.name for call in self.calls]}"
                raise AssertionError(message)
            return [call for call in self.calls if call.name == name]

    def _count(self, name: str) -> int:
        return sum(call.name == name for call in self.calls)

    def _take(self, call: Call) -> tuple[int, str, Any]:
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
            out_of_reach, answer = self.out_of_reach, self.answers.get(call.name)
        if out_of_reach:
            return 502, "unreachable", {"title": "provider-unreachable", "status": 502}
        if answer:
            status, body = answer(call)
            return status, "answered", body
        return 200, "answered", {"results": [{"key": item["key"], "result": "done"} for item in _items(call)]}

    def _handler(standin: StandinLgsp) -> type[BaseHTTPRequestHandler]:  # noqa: N805 -- `self` is the handler below
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
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                address = urlsplit(self.path)
                if address.path == "/token":
                    self._answer(200, "", {"token": "standin", "expires_in": 3600})
                    return
                _, _, provider, operation = address.path.split("/")
                call = Call(
                    provider=provider,
                    operation=operation,
                    query=dict(parse_qsl(address.query)),
                    body=msgspec.json.decode(raw) if raw else None,
                    headers={name.lower(): value for name, value in self.headers.items()},
                )
                self._answer(*standin._take(call))

            def _answer(self, status: int, marked: str, body: Any) -> None:
                content = msgspec.json.encode(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                if marked:
                    self.send_header("X-Lgsp", marked)
                self.end_headers()
                self.wfile.write(content)

        return Handler


def _items(call: Call) -> Iterable[dict[str, Any]]:
    return call.body.get("items", []) if isinstance(call.body, dict) else []
