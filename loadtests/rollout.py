"""Plays the roll-out of LGSPs to 93 bodies on a running stack: asks every body through the LGSP, by days (FIG-LGSP).

The player is a system like any other: it is linked by an onboarding, is given a secret, and loses it at the end.
"""

from __future__ import annotations

import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec

from infra.stack import Stack
from loadtests.accounts import passcode
from loadtests.control import ControlError

_ADMINISTRATOR = "lgsp.admin"
_PLAYER = "dien-tap-ndxp"
_PATIENCE_SECONDS = 20.0


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What one day's calls came to."""

    day: date
    asked: int
    answered: int
    not_linked: int
    failed: int  #: neither answered nor told that the body is not linked

    @property
    def share_percent(self) -> float:
        """Bodies that could be reached."""
        return 100 * self.answered / self.asked


def play(stack: Stack, days: Sequence[date]) -> Iterator[Day]:
    """Ask all bodies on each day. Raises ControlError when the stack does not let itself be played."""
    with _player(stack) as token:
        try:
            for day in days:
                _control(stack, {"day": day})
                yield _ask_all(stack, token, day)
        finally:
            _control(stack, {})


@contextmanager
def _player(stack: Stack) -> Iterator[str]:
    """Link the player, and give its token; at the end its contracts and secret end."""
    lgsp = stack.endpoints["lgsp"]
    signed_in = _send(
        "POST", f"{lgsp}/api/sign-in",
        {"account": _ADMINISTRATOR, "passcode": passcode(stack.passcode_key, _ADMINISTRATOR)},
    )  # fmt: skip
    admin = {"Authorization": f"Bearer {signed_in['token']}"}
    system = {"name": _PLAYER, "title": "Diễn tập liên thông quốc gia"}
    terms = {"consumer": _PLAYER, "provider": "national", "purposes": ["rollout"], "repeatable": True}
    contracts = [{**terms, "operation": f"ndxp.{name}"} for name in ("bodies", "request")]
    _send("PUT", f"{lgsp}/api/onboarding", {"systems": [system], "contracts": contracts}, admin)
    address = f"{lgsp}/api/systems/{_PLAYER}/credentials"
    given = _send("POST", address, {"overlap_seconds": 0}, admin)
    try:
        yield _send("POST", f"{lgsp}/token", {"system": _PLAYER, "secret": given["secret"]})["token"]
    finally:
        _send("DELETE", f"{address}/{given['id']}", None, admin)
        _send("PUT", f"{lgsp}/api/onboarding", {"systems": [system], "contracts": []}, admin)


def _ask_all(stack: Stack, token: str, day: date) -> Day:
    bodies = _call(stack, token, "ndxp.bodies", None)[1]["bodies"]
    answered = not_linked = 0
    for body in bodies:
        status, told = _call(stack, token, "ndxp.request", {"to": body["code"], "service": "danhMucDungChung"})
        answered += status == 200 and told["from"] == body["code"]  # noqa: PLR2004
        not_linked += told.get("title") == "not-linked"
    failed = len(bodies) - answered - not_linked
    return Day(day=day, asked=len(bodies), answered=answered, not_linked=not_linked, failed=failed)


def _call(stack: Stack, token: str, operation: str, body: Any) -> tuple[int, dict[str, Any]]:
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Call-Id": str(uuid.uuid4()),
        "X-Purpose": "rollout",
        "X-Synthetic": "1",
    }
    url = f"{stack.endpoints['lgsp']}/call/national/{operation}"
    return _exchange("GET" if body is None else "POST", url, body, headers)


def _control(stack: Stack, wanted: Any) -> None:
    headers = {"Authorization": f"Bearer {stack.audit_token}"}
    _send("PUT", f"{stack.endpoints['national']}/control/ndxp", wanted, headers)


def _send(method: str, url: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Do what has to succeed."""
    status, told = _exchange(method, url, body, headers or {})
    if status >= 400:  # noqa: PLR2004
        message = f"{method} {url}: {status} {told.get('detail', told)}"
        raise ControlError(message)
    return told


def _exchange(method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    data = None if body is None else msgspec.json.encode(body)
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 -- an endpoint of the stack
    try:
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 -- see above
                return answer.status, msgspec.json.decode(answer.read() or b"{}")
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, msgspec.json.decode(refusal.read() or b"{}")
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{method} {url}: {error}"
        raise ControlError(message) from error
