"""Run one product: `python -m services.vendors sen|truc|dua`, with settings from the environment as services have them.

REFERENCE_DATA (folder), PASSCODE_KEY, PROVIDER_SECRET (key of the province's other systems), LISTEN ("host:port" of
the product; for dua of its control only), CALLBACK_URL (sen), EXCHANGE_FOLDER (dua). Prints its address when ready.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

from services.vendors import quirks
from services.vendors.dua.face import Face as Dua
from services.vendors.engine import agreement
from services.vendors.engine.control import control
from services.vendors.engine.http import Answerer, Asked, Told, serve
from services.vendors.engine.office import Office
from services.vendors.sen.face import Face as Sen
from services.vendors.sen.webhook import Webhook
from services.vendors.truc.face import Face as Truc

_PRODUCTS = ("sen", "truc", "dua")
_BAD_INPUT = 64


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    product = sys.argv[1] if len(sys.argv) > 1 else ""
    needed = ["REFERENCE_DATA", "PASSCODE_KEY", "PROVIDER_SECRET", "LISTEN"]
    needed += ["EXCHANGE_FOLDER"] if product == "dua" else []
    missing = [name for name in needed if not os.environ.get(name)]
    planted = [name for name in os.environ.get("PLANTED", "").split(",") if name]
    unknown = quirks.check(product, planted)
    if product not in _PRODUCTS or missing or unknown:
        sys.stderr.write(f"python -m services.vendors {'|'.join(_PRODUCTS)}; found “{product}”.\n")
        sys.stderr.write("".join(f"  environment variable {name} is missing\n" for name in missing))
        sys.stderr.write("".join(f"  PLANTED: {product} has no mismatch “{name}”\n" for name in unknown))
        return _BAD_INPUT
    office = Office(agreement.read(Path(os.environ["REFERENCE_DATA"]), os.environ["PASSCODE_KEY"]))
    office.planted = frozenset(planted)
    host, _, port = os.environ["LISTEN"].rpartition(":")
    server = serve(host, int(port), _answerer(product, office))
    sys.stdout.buffer.write(msgspec.json.encode({"url": f"http://{host}:{server.server_address[1]}"}) + b"\n")
    sys.stdout.flush()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.shutdown()
    return 0


def _answerer(product: str, office: Office) -> Answerer:
    key = os.environ["PROVIDER_SECRET"]
    if product == "dua":
        folder_face = Dua(office, Path(os.environ["EXCHANGE_FOLDER"]), integration_key=key)
        threading.Thread(target=folder_face.run, daemon=True).start()
        return control(product, office, folder_face.start_over)
    face: Sen | Truc
    if product == "sen":
        face = Sen(office, integration_key=key, webhook=Webhook(os.environ.get("CALLBACK_URL", "")))
    else:
        face = Truc(office, integration_key=key)
    beside = control(product, office, face.start_over)

    def answer(asked: Asked) -> Told:
        return beside(asked) if asked.path.startswith("/control") else face.answer(asked)

    return answer


if __name__ == "__main__":
    sys.exit(main())
