"""Who keeps the province's catalogue: whoever holds the run's audit token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from services.kit import proof
from services.kit.kit import Kit

Endpoint = Callable[[Request], Awaitable[Response]]


def kept(kit: Kit, endpoint: Endpoint) -> Endpoint:
    """Let only the keeper through, before anything else is looked at."""

    async def guard(request: Request) -> Response:
        proof.check_auditor(request, kit.settings.audit_token)
        return await endpoint(request)

    return guard
