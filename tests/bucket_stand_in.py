"""A bucket that speaks as much of the S3 protocol as the services use: signed PUT and GET of whole objects."""

from __future__ import annotations

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from services.kit.objects import authorization

_SIGNED = re.compile(r"SignedHeaders=([a-z0-9;-]+),")


class BucketStandIn:
    """`url` is its address, `objects` what it holds by path. A context."""

    def __init__(self, *, key: str, secret: str) -> None:
        """Listen on a free port of 127.0.0.1."""
        self.objects: dict[str, bytes] = {}
        self._key, self._secret = key, secret
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/goi-tin"

    def __enter__(self) -> Self:
        """Serve."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _known(self, asked: BaseHTTPRequestHandler, content: bytes) -> bool:
        told, digest = asked.headers.get("Authorization", ""), hashlib.sha256(content).hexdigest()
        names = _SIGNED.search(told)
        if not names or asked.headers.get("x-amz-content-sha256") != digest:
            return False
        signed = {name: asked.headers.get(name, "") for name in names[1].split(";")}
        return told == authorization(
            asked.command, asked.path, signed, digest=digest, key=self._key, secret=self._secret, region="us-east-1"
        )

    def _handler(bucket: BucketStandIn) -> type[BaseHTTPRequestHandler]:  # noqa: N805 -- `self` is the handler below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve(b"")

            def do_PUT(self) -> None:
                self._serve(self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_args: object) -> None:
                """Keep quiet."""

            def _serve(self, content: bytes) -> None:
                if not bucket._known(self, content):
                    self._answer(403, b"SignatureDoesNotMatch")
                elif self.command == "PUT":
                    bucket.objects[self.path] = content
                    self._answer(200, b"")
                elif self.path in bucket.objects:
                    self._answer(200, bucket.objects[self.path])
                else:
                    self._answer(404, b"NoSuchKey")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
