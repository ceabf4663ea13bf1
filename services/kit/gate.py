"""What every request passes first: trace, load, size and time limits, metrics, one log line. Pure ASGI, for speed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit import tracing
from services.kit.problems import Problem

log = structlog.get_logger()
_SECONDS = Histogram(
    "http_request_seconds",
    "Time from request to answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_ANSWERS = Counter("http_answers_total", "Answers by status", ["method", "route", "status"])
_UNDER_WAY = Gauge("http_requests_under_way", "Requests being served")
_TURNED_AWAY = Counter(
    "http_requests_turned_away_total", "Requests answered 503 busy, by the bound on requests under way"
)
#: What systems send each other, through the LGSP: work that has been begun and has to come to its end.
_BETWEEN_SYSTEMS = ("/lgsp/", "/call/", "/token")
#: Requests of clients that are served at the same time. By Little's law the last one admitted waits for seven seconds
#: where a service does 150 a second (infra/sizing.py, assumed): its client still listens then. A lower bound turns
#: bursts away that would have been served: with 128, Bến Tre's pollers came again until there was room for nobody.
MOST_UNDER_WAY = 1024
_QUIET = {"/health", "/ready", "/metrics", "/backlog"}
_TELL_EVERY_SECONDS = 1.0  #: how many were turned away; a line for each would cost more than turning them away


class _TooLargeError(Exception):
    pass


class Gate:
    """Wraps the application."""

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, max_seconds: float = 30, most_under_way: int = MOST_UNDER_WAY
    ) -> None:
        """Bodies over `max_body_bytes` get 413, requests over `max_seconds` 504, clients past `most_under_way` 503."""
        self._app, self._max_body, self._max_seconds = app, max_body_bytes, max_seconds
        self._most_under_way = most_under_way
        self.under_way = 0  #: requests that are being served, but for those that only look
        self._away, self._told = 0, float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        tracing.enter(headers.get(b"traceparent", b"").decode("latin-1"), synthetic=b"x-synthetic" in headers)
        started, status, taken = time.perf_counter(), 0, 0
        weight = 0 if _only_looks(scope["path"]) else 1
        full = self.under_way >= self._most_under_way and weight and not scope["path"].startswith(_BETWEEN_SYSTEMS)
        self.under_way += weight
        _UNDER_WAY.inc(weight)

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body:
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if full:
                self._turn_away()
                await _busy().response()(scope, receive, noted)
                return
            declared = headers.get(b"content-length", b"0")
            if not declared.isdigit() or int(declared) > self._max_body:
                raise _TooLargeError  # noqa: TRY301 -- the same answer as when it shows only while reading
            async with asyncio.timeout(self._max_seconds):
                await self._app(scope, counted, noted)
        except _TooLargeError:
            await self._answer(_too_large(self._max_body), scope, receive, noted, begun=status != 0)
        except TimeoutError:
            late = Problem(504, "too-slow", f"Quá {self._max_seconds:.0f} giây chưa xong; xin thử lại.")
            await self._answer(late, scope, receive, noted, begun=status != 0)
        finally:
            self.under_way -= weight
            _UNDER_WAY.dec(weight)
            self._note(scope, status, time.perf_counter() - started, logged=not full)

    def _turn_away(self) -> None:
        _TURNED_AWAY.inc()
        self._away += 1
        if time.monotonic() - self._told >= _TELL_EVERY_SECONDS:
            log.warning("turned-away", requests=self._away, under_way=self.under_way - 1)
            self._away, self._told = 0, time.monotonic()

    @staticmethod
    async def _answer(problem: Problem, scope: Scope, receive: Receive, send: Send, *, begun: bool) -> None:
        if not begun:
            await problem.response()(scope, receive, send)

    @staticmethod
    def _note(scope: Scope, status: int, seconds: float, *, logged: bool) -> None:
        path: str = scope["path"]
        route: Any = scope.get("route")
        name = getattr(route, "path", "(none)")
        method: str = scope["method"]
        _SECONDS.labels(method, name).observe(seconds)
        _ANSWERS.labels(method, name, status).inc()
        if logged and not _only_looks(path):
            log.info("request", method=method, route=name, status=status, ms=round(seconds * 1000, 2))


def _only_looks(path: str) -> bool:
    return path in _QUIET or path.startswith("/export")


def _busy() -> Problem:
    return Problem(503, "busy", "Hệ thống đang quá tải; xin thử lại sau ít giây.")


def _too_large(limit: int) -> Problem:
    return Problem(413, "too-large", f"Nội dung vượt giới hạn {limit} byte.", limit=limit)
