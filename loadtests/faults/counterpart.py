"""`slow:COUNTERPART@TIME` and `outage:COUNTERPART@TIME`: a national counterpart of the province misbehaves.

TRB-SLOW-MINISTRY: ministries answer a province's requests very slowly. Until the end of the day, or of `@TIME-TIME`.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import msgspec

from infra.stack import Stack
from loadtests.control import ControlError

#: The first word of the operations of `national` (docs/wire.md, "Beside the table").
COUNTERPARTS = (
    "population",
    "business",
    "insurance",
    "procedures",
    "payment",
    "dvcqg",
    "post",
    "ndxp",
    "identity",
    "land",
    "signing",
)
_PATIENCE_SECONDS = 5.0
_SLOW = {"latency_ms": 4000, "spread_ms": 2000}  # assumed: a person gives up, the LGSP's 15 s do not run out


class Counterpart(msgspec.Struct, frozen=True, kw_only=True):
    """A counterpart of `national` suffers `words` from now on, or until `until` (official seconds since midnight)."""

    spec: str
    at: float
    service: str
    until: float | None = None

    @property
    def words(self) -> dict[str, Any]:
        """What it suffers, in the words of `/control/faults`."""
        return {}

    def strike(self, stack: Stack) -> str:
        """Add it to what the counterparts suffer already."""
        until = {} if self.until is None else {"until": _clock(self.until)}
        suffered = _ask(stack, None)
        suffered[self.service] = [*suffered.get(self.service, []), {**self.words, **until}]
        _ask(stack, suffered)
        lasts = f" until {_clock(self.until)[:5]}" if self.until is not None else ""
        return f"{self.service} of the nation: {self.words}{lasts}"


class Slow(Counterpart, frozen=True, kw_only=True):
    """It answers after two to six seconds."""

    @property
    def words(self) -> dict[str, Any]:
        """Latency with a spread."""
        return _SLOW


class Outage(Counterpart, frozen=True, kw_only=True):
    """It answers nothing but 503."""

    @property
    def words(self) -> dict[str, Any]:
        """An outage."""
        return {"outage": True}


def _ask(stack: Stack, wanted: dict[str, Any] | None) -> dict[str, list[Any]]:
    request = urllib.request.Request(  # noqa: S310 -- an endpoint of the stack
        f"{stack.endpoints['national']}/control/faults",
        data=None if wanted is None else msgspec.json.encode(wanted),
        method="GET" if wanted is None else "PUT",
        headers={"Authorization": f"Bearer {stack.audit_token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 -- see above
            return msgspec.json.decode(answer.read(), type=dict[str, list[Any]])
    except (OSError, urllib.error.URLError, msgspec.MsgspecError) as error:
        message = f"the national counterparts did not take the fault: {error}"
        raise ControlError(message) from error


def _clock(official: float) -> str:
    return f"{int(official // 3600):02d}:{int(official % 3600 // 60):02d}:00"
