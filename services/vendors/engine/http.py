"""A small HTTP server for a product's face and for its control: one handler per method and path, JSON or bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import msgspec

_MIB = 1 << 20


class Asked(msgspec.Struct, frozen=True):
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]  #: names in lower case
    body: bytes


class Told(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    content_type: str
    body: bytes


Answerer = Callable[[Asked], Told]


def serve(host: str, port: int, answer: Answerer) -> ThreadingHTTPServer:
    """Serve on 127.0.0.1 in threads of this process; the caller shuts it down."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        server_version, sys_version = "mot-cua", ""

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def do_PUT(self) -> None:
            self._serve("PUT")

        def log_message(self, *_args: object) -> None:
            """Keep quiet: what is said here names people."""

        def _serve(self, method: str) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _MIB)
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = unquote(urlsplit(self.path).path)
            told = answer(Asked(method, path, headers, self.rfile.read(length)))
            self.send_response(told.status)
            self.send_header("Content-Type", told.content_type)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def json(body: object, status: int = 200) -> Told:
    """Answer with JSON."""
    return Told(status, "application/json; charset=utf-8", msgspec.json.encode(body))
