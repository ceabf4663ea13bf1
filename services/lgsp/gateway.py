"""The data path: who calls, may they, is there room, write it down, pass it on, write it down, answer."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from collections import defaultdict
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import structlog
from prometheus_client import Counter
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from services.kit import tokens, tracing
from services.kit.clock import Clock
from services.kit.problems import Problem, decode, invalid
from services.kit.reference import Contract
from services.kit.tls import certificate_of
from services.lgsp.admission import Admission
from services.lgsp.audit import Audit, AuditError
from services.lgsp.breaker import Breaker
from services.lgsp.chain import Begun, Ended, Head
from services.lgsp.limits import Limits
from services.lgsp.passing import Passed, Provider
from services.lgsp.registry import Registry

log = structlog.get_logger()
PREFIX = "/call/"
_PROVIDER_SECONDS = 60
_LARGE_BYTES = 64 << 10  # of a body past this one mistake is named instead of all; assumed
_JSON = "application/json"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_CALLS = Counter("lgsp_calls_total", "Cross-system calls", ["consumer", "provider", "operation", "outcome"])


class _Named(msgspec.Struct, frozen=True):
    path: str


_ROUTE = _Named("/call/{provider}/{operation}")


class Call(msgspec.Struct, frozen=True):
    """One call as it came in."""

    method: str
    provider: str
    operation: str
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes
    certificate: str = ""  #: name in the caller's TLS certificate

    def header(self, name: bytes, default: str = "") -> str:
        """Return a header's value."""
        value = self.headers.get(name)
        return default if value is None else value.decode("latin-1")


class Answer(msgspec.Struct, frozen=True):
    """What the caller is answered: an ASGI application."""

    outcome: str  #: stands in X-Lgsp
    status_code: int
    content_type: bytes
    body: bytes
    retry_after: bool = False

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [
            (b"content-type", self.content_type),
            (b"content-length", b"%d" % len(self.body)),
            (b"x-lgsp", self.outcome.encode()),
        ]
        if self.retry_after:
            headers.append((b"retry-after", b"1"))
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Gateway:
    """Serves calls by the registry it is given; `use` gives it another."""

    def __init__(self, *, audit: Audit, limits: Limits, clock: Clock, admission: Admission) -> None:
        """Knows nobody until `use` is called; `admission` lets callers in."""
        self.registry = Registry({}, ())
        self.admission = admission
        self._audit, self._limits, self._clock = audit, limits, clock
        self._providers: dict[str, Provider] = {}
        self._urls: dict[str, str] = {}
        self._breakers: defaultdict[tuple[str, str], Breaker] = defaultdict(Breaker)
        self._counters: dict[tuple[str, str, str, str], Counter] = {}

    def use(self, registry: Registry) -> None:
        """Go by this registry from now on."""
        for name, system in registry.systems.items():
            if system.url and self._urls.get(name) != system.url:
                if name in self._providers:
                    self._providers[name].close()
                self._providers[name], self._urls[name] = Provider(system.url), system.url
        self.registry = self.admission.registry = registry

    def close(self) -> None:
        """Close connections that are not in use."""
        for provider in self._providers.values():
            provider.close()

    async def settled(self) -> None:
        """Return when the database has every call that was answered before."""
        await self._audit.settled()

    def head(self) -> Head:
        """Newest block of the audit's chain, as the witness file has it."""
        return self._audit.head()

    def breakers(self) -> dict[str, str]:
        """State of every counterpart that has been called, by `provider.first word of the operation`."""
        return {f"{provider}.{name}": one.state for (provider, name), one in sorted(self._breakers.items())}

    async def call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve `/call/{provider}/{operation}`. Plain ASGI: the LGSP's own work must stay small beside the provider's.

        The same as a route would do costs twice the time.
        """
        scope["route"] = _ROUTE  # the name under which the gate counts it
        try:
            call = await _read(scope, receive)
        except ClientDisconnect:
            return
        await (await self.serve(call))(scope, receive, send)

    async def serve(self, call: Call, *, consumer: str = "") -> Answer:
        """Answer one call. `consumer` is who calls, where that is known already; else its token says it."""
        try:
            return await self._answer(call, consumer)
        except Exception:
            log.exception("call-failed", provider=call.provider, operation=call.operation)
            return _marked(Problem(500, "internal", "Lỗi bên trong LGSP."), "lost")

    async def _answer(self, call: Call, consumer: str) -> Answer:
        since, now = time.perf_counter(), self._clock.now()
        try:
            if call.method not in {"GET", "POST"}:
                raise Problem(405, "no-such-method", "LGSP chỉ nhận GET và POST.")  # noqa: TRY301 -- answered below
            consumer, number = consumer or self._consumer(call), _call_id(call)
            self.admission.bind(consumer, call.certificate)
        except Problem as problem:
            return _marked(problem, "unreachable")  # nobody to hold to account: there is no audit row
        begun = Begun(
            number,
            consumer,
            _cleaned(call.provider),
            _cleaned(call.operation),
            call.header(b"x-purpose")[:100],
            hashlib.sha256(call.body).hexdigest(),
            tracing.trace_id(),
            now,
            b"x-synthetic" in call.headers,
        )
        try:
            return await self._on_the_books(call, begun, since)
        except Problem as problem:
            return _marked(problem, "unreachable")  # the row under this id is another call's
        except AuditError as error:
            log.warning("audit-unavailable", error=str(error))
            detail = "Không ghi được nhật ký kiểm toán nên chưa thể chuyển lời gọi."
            return _marked(Problem(503, "audit-unavailable", detail), "unreachable")

    async def _on_the_books(self, call: Call, begun: Begun, since: float) -> Answer:
        """Refuse a call or pass it on. Raises a 409 Problem for a known id, AuditError before anything was done."""
        try:
            contract = self._authorised(call, begun.consumer, begun.started_at)
        except Problem as problem:
            answer = _marked(problem, "refused")
            self._count(begun, answer.outcome)
            await self._audit.refuse(begun, _ended(begun, answer, since))
            return answer
        await self._audit.begin(begun, once=not contract.repeatable)
        try:
            answer = await self._pass_on(call, contract, begun.call)
        except BaseException:
            self._audit.give_up(begun)
            raise
        self._count(begun, answer.outcome)
        try:
            await self._audit.end(begun, _ended(begun, answer, since))
        except AuditError as error:
            # The provider may have acted, but without its audit row the call is not answered: the caller tries again.
            log.warning("audit-of-answer-lost", call=begun.call, error=str(error))
            lost = Problem(502, "audit-lost", "Không ghi được nhật ký kiểm toán của lời gọi; xin gọi lại.")
            return _marked(lost, "lost")
        return answer

    def _count(self, begun: Begun, outcome: str) -> None:
        key = (begun.consumer, begun.provider, begun.operation, outcome)
        counter = self._counters.get(key)
        if counter is None:
            if not self.registry.offers(begun.provider, begun.operation):
                key = (begun.consumer, "(none)", "(none)", outcome)  # a caller's own words: there is no end to them
            counter = self._counters[key] = _CALLS.labels(*key)
        counter.inc()

    def _consumer(self, call: Call) -> str:
        return self.admission.holder(call.header(b"authorization").removeprefix("Bearer "))

    def _authorised(self, call: Call, consumer: str, now: datetime) -> Contract:
        """Return the contract that covers the call as it is. Raises a Problem that says what does not fit."""
        provider, operation = call.provider, call.operation
        if not self.registry.offers(provider, operation):
            raise Problem(404, "no-such-service", f"Không có dịch vụ “{provider}.{operation}” trên LGSP.")
        contract = self.registry.contract(consumer, provider, operation)
        if contract is None:
            raise Problem(403, "no-contract", f"“{consumer}” chưa có hợp đồng gọi “{provider}.{operation}”.")
        _hold_to_terms(contract, now.date(), call.header(b"x-purpose"))
        if len(call.body) > contract.max_body_bytes:
            raise Problem(413, "too-large", f"Nội dung vượt giới hạn {contract.max_body_bytes} byte của hợp đồng.")
        if contract.request_schema is not None:
            large = len(call.body) + len(call.query) > _LARGE_BYTES
            mistakes = self.registry.mistakes(contract, _content(call), large=large)
            if mistakes:
                raise invalid(mistakes)
        bound = self._limits.take(contract, now.date())
        if bound == "rate":
            raise Problem(429, "too-many", f"Quá {contract.per_second:g} lời gọi một giây theo hợp đồng; xin chậm lại.")
        if bound == "quota":
            raise Problem(429, "quota-used-up", f"Đã dùng hết {contract.per_day} lời gọi của ngày theo hợp đồng.")
        return contract

    async def _pass_on(self, call: Call, contract: Contract, number: str) -> Answer:
        provider = contract.provider
        breaker = self._breakers[provider, contract.operation.partition(".")[0]]
        if not breaker.admits():
            problem = Problem(503, "circuit-open", f"“{provider}” liên tục không trả lời nên tạm không được gọi tới.")
            return _marked(problem, "unreachable")
        reached = False
        try:
            passed = await self._ask(call, contract, number)
            reached = True
        except TimeoutError:
            problem = Problem(504, "provider-too-slow", f"“{provider}” không trả lời kịp.")
        except OSError as error:
            log.warning("provider-unreachable", provider=provider, operation=contract.operation, error=repr(error))
            problem = Problem(502, "provider-unreachable", f"Không gọi được “{provider}”.")
        else:
            return Answer("answered", passed.status, passed.content_type, passed.body)
        finally:
            breaker.report(reached=reached)
        return _marked(problem, "unreachable")

    async def _ask(self, call: Call, contract: Contract, number: str) -> Passed:
        """Pass the call on, once more where the connection broke and calling twice does no harm."""
        provider, operation = contract.provider, contract.operation
        claims = {"sub": contract.consumer, "aud": provider, "op": operation, "call": number}
        system = self.registry.systems.get(provider)
        if system is None:
            raise ConnectionError(f"{provider} was unlinked while the call waited for its id")
        token = tokens.issue(claims, system.provider_secret, seconds=_PROVIDER_SECONDS)
        synthetic = "X-Synthetic: 1\r\n" if b"x-synthetic" in call.headers else ""
        headers = (
            f"X-Lgsp-Token: {token}\r\nX-Consumer: {contract.consumer}\r\nX-Call-Id: {number}\r\n{synthetic}"
            f"traceparent: {tracing.traceparent()}\r\nContent-Type: {call.header(b'content-type', _JSON)}\r\n"
        )
        until = time.monotonic() + contract.timeout_seconds
        for left in (1, 0) if contract.repeatable else (0,):
            try:
                return await self._providers[provider].ask(
                    call.method.encode(),
                    f"/lgsp/{operation}".encode() + (b"?" + call.query if call.query else b""),
                    headers.encode("latin-1"),
                    call.body if call.method == "POST" else b"",
                    seconds=max(0.0, until - time.monotonic()),
                )
            except TimeoutError:  # an OSError too, and never worth another try: the time is up
                raise
            except OSError:
                if not left:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover


def _ended(begun: Begun, answer: Answer, since: float) -> Ended:
    return Ended(begun.call, answer.outcome, answer.status_code, round((time.perf_counter() - since) * 1_000_000))


def _hold_to_terms(contract: Contract, day: date, purpose: str) -> None:
    """Raise a 403 Problem where the contract is not in force, or not for this purpose."""
    if contract.suspended:
        raise Problem(403, "suspended", f"Hợp đồng đang tạm dừng: {contract.suspended}.")
    if (contract.valid_from and day < contract.valid_from) or (contract.valid_until and day > contract.valid_until):
        first, last = (f"{one:%d/%m/%Y}" if one else "…" for one in (contract.valid_from, contract.valid_until))
        raise Problem(403, "not-in-force", f"Hợp đồng chỉ có hiệu lực từ {first} đến {last}.")
    if contract.purposes and purpose not in contract.purposes:
        allowed = ", ".join(contract.purposes)
        raise Problem(403, "wrong-purpose", f"Mục đích “{purpose}” không có trong hợp đồng; được dùng cho: {allowed}.")


async def _read(scope: Scope, receive: Receive) -> Call:
    """Take the whole request in. The gate watches its size."""
    body = await read_body(receive)
    provider, _, operation = scope["path"].removeprefix(PREFIX).partition("/")
    return Call(scope["method"], provider, operation, scope["query_string"], dict(scope["headers"]), body,
                certificate_of(scope))  # fmt: skip


async def read_body(receive: Receive) -> bytes:
    """Return the whole body. Raises ClientDisconnect when the caller has gone."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _content(call: Call) -> Any:
    """Return what a schema is held against: the JSON body, or the query's parameters."""
    if call.method == "GET":
        return dict(parse_qsl(call.query.decode("latin-1"), keep_blank_values=True))
    return decode(call.body, Any)


def _cleaned(name: str) -> str:
    """Return a name as it can stand in the audit; what no service is called is cut to something that can be read."""
    return name if _NAME.fullmatch(name) else re.sub(r"[^A-Za-z0-9_.-]", "?", name[:100])


def _call_id(call: Call) -> str:
    try:
        return str(uuid.UUID(call.header(b"x-call-id")))
    except ValueError as error:
        raise Problem(400, "call-id", "Cần tiêu đề X-Call-Id là một UUID mới cho mỗi lần gọi.") from error


def _marked(problem: Problem, outcome: str) -> Answer:
    response = problem.response()
    kind = response.headers["content-type"].encode()
    return Answer(outcome, response.status_code, kind, bytes(response.body), "retry-after" in response.headers)
