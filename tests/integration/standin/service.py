"""The smallest thing that the local target can keep alive: answers /health, /ready and a little about itself.

`STANDIN` in its command line makes it misbehave: `dies` ends at once with a message, `never-ready` answers 503.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType

MANNER = sys.argv[1] if len(sys.argv) > 1 else ""


async def _count() -> int:
    """Add a row to a table of its own database and count the rows."""
    import asyncpg  # noqa: PLC0415 -- only where it is asked for, so that the others start fast

    connection = await asyncpg.connect(os.environ["DATABASE_URL"], timeout=5)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS row (at timestamptz DEFAULT now())")
        await connection.execute("INSERT INTO row DEFAULT VALUES")
        return int(await connection.fetchval("SELECT count(*) FROM row"))
    finally:
        await connection.close()


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    def do_GET(self) -> None:
        """Answer one of the few addresses there are."""
        status, body = 200, {}
        match self.path:
            case "/ready" if MANNER == "never-ready":
                status = 503
            case "/about":
                body = {"pid": os.getpid(), "nice": os.nice(0), "environment": dict(os.environ)}
            case "/count":
                body = {"rows": asyncio.run(_count())}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the log for what matters."""


def main() -> None:
    """Serve on the inherited socket until SIGTERM."""
    if MANNER == "dies":
        sys.exit("standin: no such table: người dân")
    print("standin: serving", os.environ["SERVICE"], flush=True)  # noqa: T201 -- this is its log
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(os.environ["LISTEN_FD"]))
    server.server_name, server.server_port = "127.0.0.1", server.socket.getsockname()[1]

    def stop(_number: int, _frame: FrameType | None) -> None:
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    server.serve_forever()


if __name__ == "__main__":
    main()
