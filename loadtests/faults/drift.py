"""`drift@TIME`: the nation changes its catalogue and the province does not follow (TRB-UNBOUND-CATALOGUE).

Of the procedures that the portal lists first, every third one costs more from then on, and every seventh is gone.
"""

from __future__ import annotations

import urllib.error
import urllib.request
import uuid
from typing import Any

import msgspec

from infra.stack import Stack
from loadtests.control import ControlError

_PATIENCE_SECONDS = 10.0
_DEARER_EACH, _GONE_EACH, _DEARER_BY = 3, 7, 5000  # assumed: enough of each to be seen


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """The province's catalogue falls behind the nation's."""

    spec: str
    at: float

    def strike(self, stack: Stack) -> str:
        """Change the nation's catalogue, and let the portal hold its own against it."""
        listed = _ask(stack, "GET", "portal", "/api/procedures")["procedures"]
        changes: dict[str, dict[str, int] | None] = {
            one["code"]: {"fee": one["fee"] + _DEARER_BY} for one in listed[::_DEARER_EACH]
        }
        changes |= {one["code"]: None for one in listed[::_GONE_EACH]}
        _ask(stack, "PUT", "national", "/control/catalogue", changes)
        found = _ask(stack, "POST", "portal", "/api/catalogue/comparison")
        return f"the nation changed {len(changes)} procedures; the portal found {found['drifted']} differences"


def _ask(stack: Stack, method: str, service: str, path: str, body: Any = None) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 -- an endpoint of the stack
        stack.endpoints[service] + path,
        data=msgspec.json.encode(body) if body is not None else (b"" if method == "POST" else None),
        method=method,
        headers={"Authorization": f"Bearer {stack.audit_token}", "Idempotency-Key": str(uuid.uuid4())},
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 -- see above
            return msgspec.json.decode(answer.read() or b"{}", type=dict[str, Any])
    except (OSError, urllib.error.URLError, msgspec.MsgspecError) as error:
        message = f"{service} did not answer {method} {path}: {error}"
        raise ControlError(message) from error
