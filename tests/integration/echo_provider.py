"""A provider behind the LGSP that answers everything."""

from __future__ import annotations

import http.server
import threading


class Echo:
    """A provider that answers everything, and counts what reached it."""

    def __init__(self) -> None:
        """Serve on a free port."""
        self.served: list[str] = []
        self.go_on = threading.Event()  #: cleared, it answers nobody until it is set again
        self.go_on.set()
        served, go_on = self.served, self.go_on

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                served.append(self.headers["X-Call-Id"])
                go_on.wait(20)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_POST = do_GET  # noqa: N815 -- the library's name

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
