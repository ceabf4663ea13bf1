"""Comparing what somebody shows with what is known, in a time that tells nothing, whatever letters it has."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from services.kit.problems import Problem


def same(shown: str, known: str) -> bool:
    """Whether the two are equal. Any text may be shown, letters beyond ASCII and lone surrogates too."""
    return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), known.encode())


def check_auditor(request: Request, audit_token: str) -> None:
    """Raise a 401 Problem unless the request shows the run's audit token."""
    if not same(request.headers.get("authorization", ""), f"Bearer {audit_token}"):
        raise Problem(401, "not-the-auditor", "Cần thẻ kiểm toán của lần chạy.")
