"""What a rented product owes beside its work: an upgrade on request, all data handed over, and their deletion.

`GET /nang-cap` names the version, `POST /nang-cap` replaces it. `GET /ban-giao/manifest.json` and
`GET /ban-giao/ho-so.jsonl` hand everything over, one dossier a line, in the open form that docs/howto/judge-a-bid.md
describes; `POST /ban-giao/xoa` deletes it. All want the key of the province's systems in `X-Khoa-Lien-Thong`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import msgspec

from services.vendors.engine.dossier import CLOSED
from services.vendors.engine.http import Answerer, Asked, Told, json
from services.vendors.engine.office import Office


def service_ends(office: Office, *, key: str, version: str, upgrade: Callable[[], None]) -> Answerer:
    """Answer these addresses; `upgrade` is called once its request has been answered."""

    def rows() -> bytes:
        with office.lock:
            distinct = {id(dossier): dossier for dossier in office.dossiers.values()}.values()
            short = office.quirky("exports-closed-only")
            return b"".join(
                msgspec.json.encode(dossier) + b"\n" for dossier in distinct if not short or dossier.state == CLOSED
            )

    def delete() -> Told:
        if not office.quirky("keeps-after-deletion"):
            office.delete()
        return json({"deleted": True})

    def manifest() -> Told:
        whole = rows()
        return json({"dossiers": whole.count(b"\n"), "sha256": hashlib.sha256(whole).hexdigest()})

    def replace() -> Told:
        upgrade()
        return json({"version": version}, 202)

    ends: dict[tuple[str, str], Callable[[], Told]] = {
        ("GET", "/nang-cap"): lambda: json({"version": version}),
        ("POST", "/nang-cap"): replace,
        ("GET", "/ban-giao/ho-so.jsonl"): lambda: Told(200, "application/jsonl; charset=utf-8", rows()),
        ("GET", "/ban-giao/manifest.json"): manifest,
        ("POST", "/ban-giao/xoa"): delete,
    }

    def answer(asked: Asked) -> Told:
        if not hmac.compare_digest(asked.headers.get("x-khoa-lien-thong", "").encode(), key.encode()):
            return json({"error": "sai khoá liên thông"}, 401)
        end = ends.get((asked.method, asked.path))
        return end() if end else json({"error": "không có địa chỉ này"}, 404)

    return answer
