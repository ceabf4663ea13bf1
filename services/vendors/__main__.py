"""Run one product: `python -m services.vendors sen|truc|dua`, with settings from the environment as services have them.

REFERENCE_DATA (folder), PASSCODE_KEY, PROVIDER_SECRET (key of the province's other systems), LISTEN ("host:port" of
the product; for dua of its control only), STORE (its database file, made where missing), CALLBACK_URL (sen),
EXCHANGE_FOLDER (dua). Prints its address when ready. VERSION is counted up from one version to the next.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import IO

import msgspec

from services.vendors import quirks
from services.vendors.dua.face import Face as Dua
from services.vendors.engine import agreement
from services.vendors.engine.control import control
from services.vendors.engine.http import Answerer, Asked, Told, serve
from services.vendors.engine.office import Office
from services.vendors.engine.service_ends import service_ends
from services.vendors.engine.store import Store
from services.vendors.sen.face import Face as Sen
from services.vendors.sen.webhook import Webhook
from services.vendors.truc.face import Face as Truc

_PRODUCTS = ("sen", "truc", "dua")
_BAD_INPUT = 64
_ENDS = ("/nang-cap", "/ban-giao")
_ANSWERED_SECONDS = 0.05
_ENDING_SECONDS = 3.0  #: that the process before may take to end; assumed


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    product = sys.argv[1] if len(sys.argv) > 1 else ""
    needed = ["REFERENCE_DATA", "PASSCODE_KEY", "PROVIDER_SECRET", "LISTEN", "STORE"]
    needed += ["EXCHANGE_FOLDER"] if product == "dua" else []
    missing = [name for name in needed if not os.environ.get(name)]
    planted = [name for name in os.environ.get("PLANTED", "").split(",") if name]
    unknown = quirks.check(product, planted)
    if product not in _PRODUCTS or missing or unknown:
        sys.stderr.write(f"python -m services.vendors {'|'.join(_PRODUCTS)}; found “{product}”.\n")
        sys.stderr.write("".join(f"  environment variable {name} is missing\n" for name in missing))
        sys.stderr.write("".join(f"  PLANTED: {product} has no mismatch “{name}”\n" for name in unknown))
        return _BAD_INPUT
    owned = _own(Path(os.environ["STORE"]))
    if owned is None:
        sys.stderr.write(
            f"STORE {os.environ['STORE']} belongs to another {product} that is running; its dossiers are in that one's "
            "memory. A one-stop with a product behind it runs as one replica: end the other one first.\n"
        )
        return _BAD_INPUT
    store = Store(Path(os.environ["STORE"]))
    office = Office(agreement.read(Path(os.environ["REFERENCE_DATA"]), os.environ["PASSCODE_KEY"]), store)
    office.planted = frozenset(planted)
    host, _, port = os.environ["LISTEN"].rpartition(":")
    replaced = threading.Event()
    server = serve(host, int(port), _answerer(product, office, replaced))
    threading.Thread(target=_replace, args=(replaced, office, server), daemon=True).start()
    sys.stdout.buffer.write(msgspec.json.encode({"url": f"http://{host}:{server.server_address[1]}"}) + b"\n")
    sys.stdout.flush()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.shutdown()
    with office.working():
        pass  # what waits for the next act is kept now
    owned.close()
    return 0


def _own(store: Path) -> IO[str] | None:
    """Keep every other process from a store as long as what is returned is open; None where one does not let go."""
    held = store.with_name(f"{store.name}.lock").open("w", encoding="utf-8")
    until = time.monotonic() + _ENDING_SECONDS
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                held.close()
                return None
            time.sleep(_ANSWERED_SECONDS)
        else:
            return held


def _replace(asked: threading.Event, office: Office, server: ThreadingHTTPServer) -> None:
    """Once asked for, start the next version in this process's place, on the same address and the same store."""
    asked.wait()
    time.sleep(_ANSWERED_SECONDS)  # the reply to whoever asked is on its way
    if office.quirky("forgets-on-upgrade"):
        office.forget_waiting()
    with office.lock:
        server.shutdown()
        server.server_close()
        host, port = server.server_address[:2]
        left = {
            "LISTEN": f"{host!s}:{port}", "PLANTED": ",".join(sorted(office.planted)),
            "VERSION": str(_version() + 1),
        }  # fmt: skip
        os.execve(  # noqa: S606 -- the same program, on purpose without a shell
            sys.executable, [sys.executable, "-m", "services.vendors", *sys.argv[1:]], os.environ | left
        )


def _version() -> int:
    return int(os.environ.get("VERSION", "1"))


def _answerer(product: str, office: Office, replaced: threading.Event) -> Answerer:
    key = os.environ["PROVIDER_SECRET"]
    ends = service_ends(office, key=key, version=str(_version()), upgrade=replaced.set)
    if product == "dua":
        folder_face = Dua(office, Path(os.environ["EXCHANGE_FOLDER"]), integration_key=key)
        threading.Thread(target=folder_face.run, daemon=True).start()
        beside = control(product, office, folder_face.start_over)
        return lambda asked: ends(asked) if asked.path.startswith(_ENDS) else beside(asked)
    face: Sen | Truc
    if product == "sen":
        face = Sen(office, integration_key=key, webhook=Webhook(os.environ.get("CALLBACK_URL", "")))
    else:
        face = Truc(office, integration_key=key)
    beside = control(product, office, face.start_over)

    def answer(asked: Asked) -> Told:
        if asked.path.startswith(_ENDS):
            return ends(asked)
        if asked.path.startswith("/control"):
            return beside(asked)
        office.hold()
        try:
            return face.answer(asked)
        finally:
            office.let_go()

    return answer


if __name__ == "__main__":
    sys.exit(main())
