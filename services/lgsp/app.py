"""The LGSP: tokens, contracts, audit, and the way from every system to every other (SYS-LGSP)."""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid

import msgspec
import structlog
from prometheus_client import Counter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kit import tokens, tracing
from services.kit.kit import Kit, json
from services.kit.pages import Pages
from services.kit.problems import Problem, decode
from services.kit.serve import Parts
from services.lgsp import registry
from services.lgsp.audit import Audit, AuditError, Begun, Ended
from services.lgsp.passing import Provider

log = structlog.get_logger()
_TOKEN_SECONDS = 1800  # the real provincial face gives 30-minute tokens (Lạng Sơn sample)
_PROVIDER_SECONDS = 60
_PASS_ON_SECONDS = 15.0
_PREFIX = "/call/"
_JSON = "application/json"
_CALLS = Counter("lgsp_calls_total", "Cross-system calls", ["consumer", "provider", "operation", "outcome"])


class _Named(msgspec.Struct, frozen=True):
    path: str


_ROUTE = _Named("/call/{provider}/{operation}")

_AUDIT_BOOK = """
    SELECT begun.call, consumer, provider, operation, purpose, started_at, coalesce(duration_ms, 0) AS duration_ms,
           coalesce(outcome, 'interrupted') AS outcome, coalesce(status, 0) AS status, request_digest
    FROM call_begun AS begun LEFT JOIN call_ended AS ended USING (call) ORDER BY started_at, begun.call
"""


class _Credentials(msgspec.Struct, forbid_unknown_fields=True):
    system: str
    secret: str


class _Gateway:
    def __init__(self, kit: Kit) -> None:
        assert kit.settings.lgsp_registry, "LGSP_REGISTRY is not set"  # noqa: S101 -- cannot start without
        self.registry = registry.read(kit.settings.lgsp_registry, kit.reference.contracts)
        self._kit = kit
        self._audit = Audit(kit.pool)
        self._providers = {name: Provider(system.url) for name, system in self.registry.systems.items()}
        self._pages = Pages("lgsp")

    async def start(self) -> None:
        await self._audit.start()

    async def stop(self) -> None:
        await self._audit.stop()
        for provider in self._providers.values():
            provider.close()

    async def token(self, request: Request) -> Response:
        """Give a linked system a token for its client secret."""
        credentials: _Credentials = decode(await request.body(), _Credentials)
        system = self.registry.systems.get(credentials.system)
        if system is None or not hmac.compare_digest(system.secret, credentials.secret):
            raise Problem(401, "wrong-credentials", "Hệ thống hoặc khoá bí mật không đúng (mã lỗi LGSP 15).")
        token = tokens.issue({"sub": credentials.system}, self._kit.settings.token_key, seconds=_TOKEN_SECONDS)
        return json({"token": token, "expires_in": _TOKEN_SECONDS})

    async def call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve `/call/{provider}/{operation}`. Plain ASGI: the LGSP's own work must stay small beside the provider's.

        The same as a route would do costs twice the time.
        """
        scope["route"] = _ROUTE  # the name under which the gate counts it
        try:
            call = await _read(scope, receive)
        except ClientDisconnect:
            return
        try:
            answer = await self._answer(call)
        except Exception:
            log.exception("call-failed", provider=call.provider, operation=call.operation)
            answer = _marked(Problem(500, "internal", "Lỗi bên trong LGSP."), "lost")
        await answer(scope, receive, send)

    async def _answer(self, call: _Call) -> ASGIApp:
        """Check, write down, pass on, write down, answer."""
        begun_at = time.perf_counter()
        try:
            if call.method not in {"GET", "POST"}:
                raise Problem(405, "no-such-method", "LGSP chỉ nhận GET và POST.")  # noqa: TRY301 -- answered below
            consumer, number = self._consumer(call), _call_id(call)
            begun = Begun(
                number,
                consumer,
                call.provider,
                call.operation,
                call.header(b"x-purpose")[:100],
                hashlib.sha256(call.body).hexdigest(),
                tracing.trace_id(),
                self._kit.clock.now(),
            )
            await self._audit.add(begun)
        except Problem as problem:
            return _marked(problem, "unreachable")  # nobody to hold to account: there is no audit row
        except AuditError as error:
            return _marked(_no_audit(error), "unreachable")
        answer = await self._pass_on(call, consumer, number)
        _CALLS.labels(consumer, call.provider, call.operation, answer.outcome).inc()
        try:
            took = (time.perf_counter() - begun_at) * 1000
            await self._audit.add(Ended(number, answer.outcome, answer.status_code, took))
        except AuditError as error:
            # The provider may have acted, but without its audit row the call is not answered: the caller tries again.
            log.warning("audit-of-answer-lost", call=number, error=str(error))
            lost = Problem(502, "audit-lost", "Không ghi được nhật ký kiểm toán của lời gọi; xin gọi lại.")
            return _marked(lost, "lost")
        return answer

    def _consumer(self, call: _Call) -> str:
        token = call.header(b"authorization").removeprefix("Bearer ")
        try:
            claims = tokens.read(token, self._kit.settings.token_key)
        except tokens.TokenError as error:
            raise Problem(401, "bad-token", "Thẻ truy cập không hợp lệ hoặc đã hết hạn; hãy xin thẻ mới.") from error
        consumer: str = claims["sub"]
        return consumer

    async def _pass_on(self, call: _Call, consumer: str, number: str) -> _Answer:
        provider, operation = call.provider, call.operation
        if not self.registry.offers(provider, operation):
            return _marked(
                Problem(404, "no-such-service", f"Không có dịch vụ “{provider}.{operation}” trên LGSP."), "refused"
            )
        if not self.registry.allows(consumer, provider, operation):
            problem = Problem(403, "no-contract", f"“{consumer}” chưa có hợp đồng gọi “{provider}.{operation}”.")
            return _marked(problem, "refused")
        claims = {"sub": consumer, "aud": provider, "op": operation, "call": number}
        token = tokens.issue(claims, self.registry.systems[provider].provider_secret, seconds=_PROVIDER_SECONDS)
        headers = (
            f"X-Lgsp-Token: {token}\r\nX-Consumer: {consumer}\r\nX-Call-Id: {number}\r\n"
            f"traceparent: {tracing.traceparent()}\r\nContent-Type: {call.header(b'content-type', _JSON)}\r\n"
        )
        query = b"?" + call.query if call.query else b""
        try:
            passed = await self._providers[provider].ask(
                call.method.encode(),
                f"/lgsp/{operation}".encode() + query,
                headers.encode("latin-1"),
                call.body if call.method == "POST" else b"",
                seconds=_PASS_ON_SECONDS,
            )
        except TimeoutError:
            problem = Problem(504, "provider-too-slow", f"“{provider}” không trả lời kịp.")
        except OSError as error:
            log.warning("provider-unreachable", provider=provider, operation=operation, error=repr(error))
            problem = Problem(502, "provider-unreachable", f"Không gọi được “{provider}”.")
        else:
            return _Answer("answered", passed.status, passed.content_type, passed.body)
        return _marked(problem, "unreachable")

    async def show(self, _request: Request) -> Response:
        """Page of linked systems and contracts."""
        return self._pages.page(
            "registry.html", systems=sorted(self.registry.systems), contracts=self.registry.contracts
        )


class _Call(msgspec.Struct, frozen=True):
    """One call as it came in."""

    method: str
    provider: str
    operation: str
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes

    def header(self, name: bytes, default: str = "") -> str:
        value = self.headers.get(name)
        return default if value is None else value.decode("latin-1")


class _Answer(msgspec.Struct, frozen=True):
    """What the caller is answered: an ASGI application."""

    outcome: str  #: stands in X-Lgsp
    status_code: int
    content_type: bytes
    body: bytes
    retry_after: bool = False

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", self.content_type),
            (b"content-length", b"%d" % len(self.body)),
            (b"x-lgsp", self.outcome.encode()),
        ]
        if self.retry_after:
            headers.append((b"retry-after", b"1"))
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


async def _read(scope: Scope, receive: Receive) -> _Call:
    """Take the whole request in. The gate watches its size."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    provider, _, operation = scope["path"].removeprefix(_PREFIX).partition("/")
    return _Call(scope["method"], provider, operation, scope["query_string"], dict(scope["headers"]), body)


def _call_id(call: _Call) -> str:
    try:
        return str(uuid.UUID(call.header(b"x-call-id")))
    except ValueError as error:
        raise Problem(400, "call-id", "Cần tiêu đề X-Call-Id là một UUID mới cho mỗi lần gọi.") from error


def _no_audit(error: AuditError) -> Problem:
    log.warning("audit-unavailable", error=str(error))
    return Problem(503, "audit-unavailable", "Không ghi được nhật ký kiểm toán nên chưa thể chuyển lời gọi.")


def _marked(problem: Problem, outcome: str) -> _Answer:
    response = problem.response()
    kind = response.headers["content-type"].encode()
    return _Answer(outcome, response.status_code, kind, bytes(response.body), "retry-after" in response.headers)


def build(kit: Kit) -> Parts:
    """Put the gateway together."""
    gateway = _Gateway(kit)
    return Parts(
        routes=[
            Route("/", gateway.show),
            Route("/token", gateway.token, methods=["POST"]),
        ],
        direct={_PREFIX: gateway.call},
        exports={"audit": _AUDIT_BOOK},
        start=gateway.start,
        stop=gateway.stop,
    )
