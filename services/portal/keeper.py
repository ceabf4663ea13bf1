"""Who keeps the province's catalogue: whoever holds the run's audit token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Kit
from services.kit.problems import Problem

Endpoint = Callable[[Request], Awaitable[Response]]


def kept(kit: Kit, endpoint: Endpoint) -> Endpoint:
    """Let only the keeper through, before anything else is looked at."""

    async def guard(request: Request) -> Response:
        token = request.headers.get("authorization", "")
        if not hmac.compare_digest(token.encode(), f"Bearer {kit.settings.audit_token}".encode()):
            raise Problem(401, "not-the-auditor", "Cần thẻ kiểm toán của lần chạy.")
        return await endpoint(request)

    return guard
