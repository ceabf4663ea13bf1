"""An upgrade on request, with dossiers open: how long nobody is served, and whether everything is still there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from simulation.trouble import TroubleError
from verification.bids.desk import Desk, fresh_key
from verification.bids.evidence import Before, Upgrade
from verification.bids.handing_over import KEY
from verification.conformance.access import Access
from verification.conformance.product import Examine, OutOfReach, Refusal, Unreadable
from verification.conformance.readable import NO_JSON
from verification.conformance.wire import Pace, Reply, Wire

STATES = ("received", "awaiting_supplement", "examined", "approved", "returned")
_OF_EACH = 3
_LOOK_EVERY_SECONDS = 0.02
_PATIENCE_SECONDS = 120.0
_UNSTEADY = "phiên bản đổi hoặc không đọc được khi không ai nâng cấp"

Again = Callable[[], Desk]


class _Version(msgspec.Struct):
    version: str


def upgrade(url: str, desk: Desk, access: Access, again: Again, pace: Pace | None = None) -> Upgrade:
    """Ask for the upgrade and watch; `again` signs everybody in anew, as people do after an interruption."""
    if not url:
        return Upgrade(tried=False, why_not="hồ sơ dự thầu không nêu endpoints.upgrade")
    wire = Wire(url, pace)
    try:
        return _upgrade(wire, desk, access, again)
    except (OutOfReach, Refusal, Unreadable, *NO_JSON) as error:
        return Upgrade(tried=False, why_not=str(error))
    finally:
        wire.close()


def _upgrade(wire: Wire, desk: Desk, access: Access, again: Again) -> Upgrade:
    held = {desk.bring_to(state).code: state for state in STATES for _ in range(_OF_EACH)}
    sights = {code: _facts(desk, code) for code in held}
    before = _version(_ask(wire, "GET", access))
    if not _steady(wire, access, before):
        return Upgrade(tried=True, version_before=before, why_not=_UNSTEADY, back=True)
    watch = _Watch(desk, next(iter(held)))
    try:
        asked = _ask(wire, "POST", access)
        if asked.status >= 400:  # noqa: PLR2004 -- refused
            return Upgrade(tried=True, why_not=f"POST: {asked.status}", version_before=before)
        after = _await_another(wire, access, before)
        fresh = _signed_in(again)
    finally:
        interrupted = round(watch.stop(), 3)
    tried = Upgrade(tried=True, version_before=before, version_after=after, interrupted_seconds=interrupted)
    if fresh is None:
        return tried
    if after and not _steady(wire, access, after):
        tried = replace(tried, version_after="", why_not=_UNSTEADY)
    return replace(
        tried,
        back=True,
        dossiers=tuple(Before(code, state, _state(fresh, code)) for code, state in held.items()),
        differing=tuple(_differing(fresh, sights)),
        works_on=_works_on(fresh, next(code for code, state in held.items() if state == "received")),
    )


class _Watch:
    """Looks at one dossier again and again from a thread of its own, as somebody at a desk would."""

    def __init__(self, desk: Desk, code: str) -> None:
        self._desk, self._code, self._clerk = desk, code, desk.clerk
        self._answered = [time.monotonic()]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            try:
                if self._looks():
                    self._answered.append(time.monotonic())
            except (OutOfReach, Unreadable, Refusal):
                continue
            except TroubleError:  # nothing may go any more: who waits for the upgrade is told the same
                return

    def _looks(self) -> bool:
        """Whether the dossier is shown as it is: a door that turns everybody away is no service, however fast."""
        try:
            seen = self._desk.product.look(self._clerk, self._code)
        except Refusal as refusal:
            if refusal.why != "sign-in":
                raise
            self._clerk = self._desk.sign_in("reception_clerk")  # as people do, after an interruption
            seen = self._desk.product.look(self._clerk, self._code)
        return (seen.code, seen.state) == (self._code, STATES[0])

    def stop(self) -> float:
        """End it; returns the longest time without an answer, in seconds, up to now."""
        self._ended.set()
        self._thread.join(_PATIENCE_SECONDS)
        moments = [*self._answered, time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(moments))


def _steady(wire: Wire, access: Access, version: str) -> bool:
    """Whether the version is told alike when asked again: one that changes by itself says nothing of an upgrade."""
    try:
        return _version(_ask(wire, "GET", access)) == version
    except (OutOfReach, *NO_JSON):
        return False


def _facts(desk: Desk, code: str) -> dict[str, object]:
    """What an upgrade may not change in a dossier."""
    seen = desk.product.look(desk.clerk, code)
    steps = tuple((step.seq, step.state) for step in seen.steps)
    return {"name": seen.name, "number": seen.number, "fee": seen.fee, "paid": seen.paid, "steps": steps}


def _differing(desk: Desk, sights: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    for code, before in sights.items():
        try:
            after = _facts(desk, code)
        except (OutOfReach, Unreadable, Refusal):
            continue  # gone or unreadable: that is told by its state
        yield from (f"{code}: {field}" for field, value in before.items() if after[field] != value)


def _ask(wire: Wire, method: str, access: Access) -> Reply:
    return wire.request(method, "", headers={KEY: access.integration_key, "Content-Length": "0"})


def _version(reply: Reply) -> str:
    return msgspec.json.decode(reply.body, type=_Version).version


def _await_another(wire: Wire, access: Access, before: str) -> str:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            now = _version(_ask(wire, "GET", access))
        except (OutOfReach, *NO_JSON):
            now = before
        if now != before:
            return now
        time.sleep(_LOOK_EVERY_SECONDS)
    return ""


def _signed_in(again: Again) -> Desk | None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            return again()
        except (OutOfReach, Unreadable, Refusal):
            time.sleep(_LOOK_EVERY_SECONDS)
    return None


def _state(desk: Desk, code: str) -> str:
    try:
        return desk.product.look(desk.clerk, code).state
    except (OutOfReach, Unreadable, Refusal):
        return ""


def _works_on(desk: Desk, code: str) -> bool:
    try:
        answer = desk.product.do(desk.specialist, Examine(code, "approve"), key=fresh_key())
    except (OutOfReach, Unreadable, Refusal):
        return False
    return answer.state == "examined"
