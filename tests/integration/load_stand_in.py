"""A stand-in for the whole province: one HTTP server in a thread that answers like docs/wire.md and remembers all.

It can be told to misbehave: to stall for a while, to break a connection, to know of a subject only later.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from infra import stack as stacks
from infra.stack import Stack
from loadtests.books import SERVICES
from simulation import plan as plans
from simulation.plan import Journey, Plan, Step
from simulation.timeline import Timeline

DAY = "2018-08-22"
SEVEN = 7 * 3600.0
#: What the stand-in does with a request: None to answer as usual, a response, or "break" to cut the connection.
Whim = Callable[["Seen"], "web.Response | str | None"]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it arrived."""

    at: float  #: Unix time
    method: str
    path: str
    key: str
    body: bytes
    nth: int  #: how often this method, path and key have been seen, this time included


class StandIn:
    """The server. Use as a context."""

    def __init__(self, whim: Whim | None = None) -> None:
        """Misbehave as `whim` says."""
        self.seen: list[Seen] = []
        self.origin = ""
        self.on_request: Callable[[], None] = lambda: None
        self._whim = whim or (lambda _seen: None)
        self._times: Counter[tuple[str, str, str]] = Counter()
        self._codes: dict[str, str] = {}
        self._stalls: tuple[float, float] = (0.0, 0.0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> Self:
        """Listen on a free port of the loopback."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, connections and thread included."""
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stall(self, *, begins: float, seconds: float) -> None:
        """Answer nothing between Unix time `begins` and so many seconds later."""
        self._stalls = (begins, begins + seconds)

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Idempotency-Key", "")
        mark = (request.method, request.path, key)
        self._times[mark] += 1
        body = await request.read()
        seen = Seen(at=time.time(), method=request.method, path=request.path, key=key, body=body, nth=self._times[mark])
        self.seen.append(seen)
        self.on_request()
        begins, ends = self._stalls
        if begins <= seen.at < ends:
            await asyncio.sleep(ends - seen.at)
        whim = self._whim(seen)
        if whim == "break":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return whim if isinstance(whim, web.Response) else self._answer(seen)

    def _answer(self, seen: Seen) -> web.Response:
        if seen.path == "/api/sign-in":
            return web.json_response({"token": "t", "name": "", "role": "", "agency": ""})
        if seen.path == "/api/dossiers":
            code = self._codes.setdefault(seen.key, f"000.00.01.H07-180822-{len(self._codes) + 1:04d}")
            return web.json_response({"code": code, "state": "received", "due_at": ""}, status=201)
        if seen.path == "/":
            return web.Response(text="<html></html>", content_type="text/html")
        return web.json_response({"code": seen.path, "state": "", "procedures": [], "amount": 1})


def problem(status: int, title: str) -> web.Response:
    """A problem document."""
    document = {"type": f"urn:tinhmau:problem:{title}", "title": title, "status": status, "detail": ""}
    return web.json_response(document, status=status, content_type="application/problem+json")


def stack_of(origin: str, folder: Path) -> Path:
    """Save a stack whose every service is the stand-in."""
    stack = Stack(
        name="stand-in",
        target="stand-in",
        province="toy",
        era="2018",
        endpoints=dict.fromkeys(SERVICES, origin),
        audit_token="audit",
        passcode_key="key",
        certificate_authority="no certificate",
        clock=str(folder / "clock.json"),
    )
    path = folder / "stack.json"
    stacks.save(stack, path)
    return path


def plan_of(journeys: Sequence[Journey], folder: Path, *, seconds: float) -> Path:
    """Save a plan whose official seconds are run seconds, from seven o'clock on."""
    timeline = Timeline(day=DAY, points=((SEVEN, 0.0), (SEVEN + seconds, seconds)))
    plan = Plan(
        scenario="stand-in",
        province="toy",
        era="2018",
        seed=1,
        timeline=timeline,
        requirements=(),
        counts={},
        journeys=tuple(journeys),
    )
    plans.save(plan, folder / "plan")
    return folder / "plan"


def journey(name: str, *steps: tuple[float, str, dict[str, object]]) -> Journey:
    """A journey from (run second, operation, detail); the account is the same throughout."""
    return Journey(
        id=name,
        kind=name.partition("-")[0],
        steps=tuple(
            Step(number=number, at=SEVEN + at, actor="tester", account="a", operation=operation, detail=detail)
            for number, (at, operation, detail) in enumerate(steps, start=1)
        ),
    )


#: Detail of a counter dossier.
RECEIVE: dict[str, object] = {
    "procedure": "1.004873",
    "applicant": {"personal_number": "083180000001", "full_name": "Đỗ Thị Ươm"},
    "fee_cash": 8000,
    "delivery": "counter",
}
