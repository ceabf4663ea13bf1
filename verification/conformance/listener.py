"""The neighbours' ear: an address on 127.0.0.1 that products post their news to, and that answers as neighbours do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

#: Bytes of one post of news: a dossier's are some hundred.
_LONGEST_NEWS = 16 * 1024 * 1024

#: Gets the path and the decoded body; returns what to answer.
Hear = Callable[[str, Any], Any]


class Listener:
    """Listens from construction to `close`; `hear` is set by whoever wants to hear."""

    def __init__(self, port: int = 0) -> None:
        """Listen on a port of 127.0.0.1, any free one by default."""
        self.hear: Hear = lambda _path, _body: {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(listener: Listener) -> type[BaseHTTPRequestHandler]:  # noqa: N805 -- `self` is the handler below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length") or "0"
                if not length.isdecimal() or int(length) > _LONGEST_NEWS:
                    self.send_error(400)
                    return
                raw = self.rfile.read(int(length))
                try:
                    told = msgspec.json.decode(raw) if raw else None
                except (ValueError, RecursionError, msgspec.MsgspecError):
                    self.send_error(400)  # and says so to its product, not on our standard error
                    return
                answer = msgspec.json.encode(listener.hear(self.path, told))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("X-Lgsp", "answered")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args: object) -> None:
                """Keep quiet."""

        return Handler
