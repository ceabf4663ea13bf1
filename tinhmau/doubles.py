"""Starts a vendor's double as a process of its own, and takes it down again."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from verification.conformance.access import Access
from verification.conformance.agreement import Agreement
from verification.conformance.listener import Listener

_ROOT = Path(__file__).resolve().parent.parent
_TAKEN = 200


class Started(msgspec.Struct):
    """What a double says once it serves."""

    url: str


class DoubleError(Exception):
    """The double did not start, or refuses a mismatch; the message is its own."""


class Double:
    """One product, running from construction to `close` on an address of 127.0.0.1, with keys made for it."""

    def __init__(self, product: str, agreement: Agreement, listener: Listener) -> None:
        """Start it with nothing planted; its news go to the listener where its dialect sends any."""
        self.product = product
        self._folder = tempfile.TemporaryDirectory(prefix="tinhmau-double-")
        folder = Path(self._folder.name)
        agreement.write(folder / "reference")
        keys = {"PASSCODE_KEY": secrets.token_urlsafe(24), "PROVIDER_SECRET": secrets.token_urlsafe(24)}
        exchange = folder / "exchange"
        exchange.mkdir()
        # A file, and no pipe that nobody reads: a product that complains a lot would wait for ever.
        self._complaints = (folder / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.vendors", product],
            cwd=_ROOT,
            env={
                "PATH": os.defpath, "PYTHONPATH": str(_ROOT), "REFERENCE_DATA": str(folder / "reference"),
                "LISTEN": "127.0.0.1:0", "CALLBACK_URL": listener.url, "EXCHANGE_FOLDER": str(exchange),
                "STORE": str(folder / "store.db"), **keys,
            },
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )  # fmt: skip
        assert self._process.stdout  # noqa: S101 -- asked for above
        said = self._process.stdout.readline()
        if not said:
            self._process.wait()
            self._complaints.seek(0)
            message = self._complaints.read().decode("utf-8", "replace")
            self.close()
            raise DoubleError(message)
        control = msgspec.json.decode(said, type=Started).url
        url = f"file://{exchange}" if product == "dua" else control
        self._control = urlsplit(control)
        self.upgrade_url, self.handover_url = f"{control}/nang-cap", f"{control}/ban-giao"
        self.access = Access(
            url=url, clock_url=control, passcode_key=keys["PASSCODE_KEY"], integration_key=keys["PROVIDER_SECRET"]
        )

    def plant(self, names: Iterable[str]) -> None:
        """Let these mismatches hold from now on, and start over. Raises DoubleError for a name it has not."""
        connection = HTTPConnection(self._control.hostname or "", self._control.port, timeout=30)
        try:
            connection.request("PUT", "/control/mismatches", msgspec.json.encode({"names": list(names)}))
            reply = connection.getresponse()
            said = reply.read().decode()
        finally:
            connection.close()
        if reply.status != _TAKEN:
            raise DoubleError(said)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._complaints.close()
        self._folder.cleanup()
