"""Keys of the desk's forms: each makes its act happen once, and none but a page of this session can have made it.

A key is a number drawn once and a seal over number and session; as Idempotency-Key it makes a second click harmless.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.requests import Request

from services.kit.accounts import session_cookie
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem

_BYTES = 18


def draw(kit: Kit, request: Request) -> str:
    """Make a key for a form on a page that answers `request`."""
    number = secrets.token_urlsafe(_BYTES)
    return f"{number}.{_seal(kit, request, number)}"


def check(kit: Kit, request: Request, key: str) -> None:
    """Raise 403 unless the key was made on a page of this session and the browser names no other site."""
    number, _, seal = key.partition(".")
    ours = hmac.compare_digest(_seal(kit, request, number).encode(), seal.encode("utf-8", "replace"))
    if not ours or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(
            403,
            "not-our-form",
            Text(
                "Biểu mẫu không do trang này tạo ra hoặc đã cũ; xin mở lại trang.",
                "This form is not of this page, or too old; please open the page again.",
            ),
        )


def _seal(kit: Kit, request: Request, number: str) -> str:
    session = request.cookies.get(session_cookie(kit.settings.service), "")
    return hmac.new(kit.settings.token_key.encode(), f"form|{number}|{session}".encode(), hashlib.sha256).hexdigest()
