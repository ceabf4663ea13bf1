"""What a rented product owes beside its work: an upgrade on request, all data handed over, and their deletion.

`GET /nang-cap` names the version, `POST /nang-cap` replaces it. `GET /ban-giao/manifest.json` and
`GET /ban-giao/ho-so.jsonl` hand everything over, one dossier a line, in the open form that docs/howto/judge-a-bid.md
describes; `POST /ban-giao/xoa` deletes it. All want the key of the province's systems in `X-Khoa-Lien-Thong`.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Callable, Iterator

import msgspec

from services.vendors.engine.dossier import CLOSED
from services.vendors.engine.http import Answerer, Asked, Told, json
from services.vendors.engine.office import Office


def service_ends(office: Office, *, key: str, version: str, upgrade: Callable[[], None]) -> Answerer:
    """Answer these addresses; `upgrade` is called once its request has been answered."""
    asked_for = itertools.count(1)
    deleted: list[bytes] = []

    def rows() -> bytes:
        return _lines(office) + b"".join(deleted)

    def delete() -> Told:
        if office.quirky("exports-after-deletion"):
            deleted.append(rows())
        if not office.quirky("keeps-after-deletion"):
            office.delete()
        return json({"deleted": True})

    def manifest() -> Told:
        whole = rows()
        return json({"dossiers": whole.count(b"\n"), "sha256": hashlib.sha256(whole).hexdigest()})

    def replace() -> Told:
        if not office.quirky("version-by-itself"):
            upgrade()
        return json({"version": version}, 202)

    ends: dict[tuple[str, str], Callable[[], Told]] = {
        ("GET", "/nang-cap"): lambda: json({"version": _named(office, version, asked_for)}),
        ("POST", "/nang-cap"): replace,
        ("GET", "/ban-giao/ho-so.jsonl"): lambda: Told(200, "application/jsonl; charset=utf-8", rows()),
        ("GET", "/ban-giao/manifest.json"): manifest,
        ("POST", "/ban-giao/xoa"): delete,
    }

    def answer(asked: Asked) -> Told:
        if not _may(office, asked, key):
            return json({"error": "sai khoá liên thông"}, 401)
        end = ends.get((asked.method, asked.path))
        return end() if end else json({"error": "không có địa chỉ này"}, 404)

    return answer


def _named(office: Office, version: str, asked_for: Iterator[int]) -> str:
    return f"{version}.{next(asked_for)}" if office.quirky("version-by-itself") else version


def _may(office: Office, asked: Asked, key: str) -> bool:
    """Whether whoever asks has the key of the province's systems, or needs none."""
    if asked.path.startswith("/ban-giao/") and office.quirky("exports-without-key"):
        return True
    return hmac.compare_digest(asked.headers.get("x-khoa-lien-thong", "").encode(), key.encode())


def _lines(office: Office) -> bytes:
    with office.lock:
        distinct = {id(dossier): dossier for dossier in office.dossiers.values()}.values()
        short, garbled = office.quirky("exports-closed-only"), office.quirky("exports-garbled")
        lines = [
            msgspec.structs.replace(dossier, name=_garbled(dossier.name)) if garbled else dossier
            for dossier in distinct
            if not short or dossier.state == CLOSED
        ]
        return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _garbled(name: str) -> str:
    return name.encode("ascii", "replace").decode("ascii")
