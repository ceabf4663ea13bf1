"""An upgrade on request, with dossiers open: how long nobody is served, and whether everything is still there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import msgspec

from simulation.trouble import TroubleError
from verification.bids.desk import Desk
from verification.bids.evidence import Before, Upgrade
from verification.conformance.access import Access
from verification.conformance.product import Examine, OutOfReach, Refusal, Unreadable
from verification.conformance.wire import Pace, Reply, Wire

STATES = ("received", "awaiting_supplement", "examined", "approved", "returned")
_OF_EACH = 3
_LOOK_EVERY_SECONDS = 0.02
_PATIENCE_SECONDS = 120.0
_KEY = "X-Khoa-Lien-Thong"

Again = Callable[[], Desk]


class _Version(msgspec.Struct):
    version: str


def upgrade(url: str, desk: Desk, access: Access, again: Again, pace: Pace | None = None) -> Upgrade:
    """Ask for the upgrade and watch; `again` signs everybody in anew, as people do after an interruption."""
    if not url:
        return Upgrade(tried=False, why_not="hồ sơ dự thầu không nêu endpoints.upgrade")
    held = {
        desk.bring_to(state, f"nang-cap-{state}-{number}-{id(desk)}").code: state
        for state in STATES
        for number in range(_OF_EACH)
    }
    wire = Wire(url, pace)
    try:
        before = _version(_ask(wire, "GET", access))
        watch = _Watch(desk, next(iter(held)))
        asked = _ask(wire, "POST", access)
        if asked.status >= 400:  # noqa: PLR2004 -- refused
            watch.stop()
            return Upgrade(tried=True, why_not=f"POST {url}: {asked.status}", version_before=before)
        after = _await_another(wire, access, before)
        fresh = _signed_in(again)
        interrupted = watch.stop()
    except (OutOfReach, msgspec.MsgspecError) as error:
        return Upgrade(tried=False, why_not=str(error))
    finally:
        wire.close()
    if fresh is None:
        return Upgrade(tried=True, version_before=before, version_after=after, interrupted_seconds=interrupted)
    return Upgrade(
        tried=True,
        version_before=before,
        version_after=after,
        interrupted_seconds=round(interrupted, 3),
        back=True,
        dossiers=tuple(Before(code, state, _state(fresh, code)) for code, state in held.items()),
        works_on=_works_on(fresh, next(code for code, state in held.items() if state == "received")),
    )


class _Watch:
    """Looks at one dossier again and again from a thread of its own, as somebody at a desk would."""

    def __init__(self, desk: Desk, code: str) -> None:
        self._desk, self._code = desk, code
        self._answered = [time.monotonic()]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            try:
                self._desk.product.look(self._desk.clerk, self._code)
            except Refusal as refusal:
                if refusal.why == "sign-in":  # it serves again, and wants everybody to sign in
                    self._answered.append(time.monotonic())
            except (OutOfReach, Unreadable):
                continue
            except TroubleError:  # nothing may go any more: who waits for the upgrade is told the same
                return
            else:
                self._answered.append(time.monotonic())

    def stop(self) -> float:
        """End it; returns the longest time without an answer, in seconds, up to now."""
        self._ended.set()
        self._thread.join(_PATIENCE_SECONDS)
        moments = [*self._answered, time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(moments))


def _ask(wire: Wire, method: str, access: Access) -> Reply:
    return wire.request(method, "", headers={_KEY: access.integration_key, "Content-Length": "0"})


def _version(reply: Reply) -> str:
    return msgspec.json.decode(reply.body, type=_Version).version


def _await_another(wire: Wire, access: Access, before: str) -> str:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            now = _version(_ask(wire, "GET", access))
        except (OutOfReach, msgspec.MsgspecError):
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
        answer = desk.product.do(desk.specialist, Examine(code, "approve"), key=f"sau-nang-cap-{id(desk)}")
    except (OutOfReach, Unreadable, Refusal):
        return False
    return answer.state == "examined"
