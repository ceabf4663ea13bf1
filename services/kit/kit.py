"""Everything a service's code may ask for, in one value."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit import sign_in_limit
from services.kit.accounts import Account, SignIn, issue_token, session_cookie, signed_in
from services.kit.calls import CallBook
from services.kit.clock import Clock
from services.kit.languages import Text, plain
from services.kit.lgsp_client import LgspClient
from services.kit.outbox import Outbox
from services.kit.problems import Problem, decode
from services.kit.reference import Reference
from services.kit.settings import Settings
from services.kit.together import Done, Reply, Together, Writes, current, replayed
from services.kit.transaction import Transaction

__all__ = ["Done", "Endpoint", "Kit", "Prepare", "Reply", "WriteHandler", "json", "reply"]

_MAX_KEY = 200
_MOST_BYTES = 1 << 20
#: Longest wait for a database connection. Past it the request is refused (503) while its client still listens: work
#: for clients that have gone away is what keeps an overloaded service overloaded.
_PATIENCE_SECONDS = 4.0


#: Does one write: gets the request, its decoded body, the open transaction, and what `prepare` returned.
WriteHandler = Callable[[Request, Any, Transaction, Any], Awaitable[Reply]]
#: Runs before the transaction opens: the place for calls to other systems. May run again for a repeated request.
Prepare = Callable[[Request, Any], Awaitable[Any]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Kit:
    """Settings, clock, database, outbox and doors to other systems of one service."""

    def __init__(
        self, *, settings: Settings, pool: asyncpg.Pool, outbox: Outbox, lgsp: LgspClient, book: CallBook, clock: Clock
    ) -> None:
        """Put together by services.kit.serve."""
        self.settings, self.pool, self.outbox, self.lgsp, self.book, self.clock = (
            settings,
            pool,
            outbox,
            lgsp,
            book,
            clock,
        )
        self.reference = Reference(settings.reference_data)
        self.product: Any = (
            None  #: stands behind the service and has to do every act first (services/onestop/product.py)
        )
        self.bodies: dict[Endpoint, Any] = {}  #: what endpoints take, for openapi.py

    @asynccontextmanager
    async def begin(self, key: str) -> AsyncIterator[Transaction]:
        """Open a transaction; committed on leaving, and then the outbox is told."""
        async with self.pool.acquire(timeout=_PATIENCE_SECONDS) as connection:
            async with connection.transaction():
                tx = Transaction(connection, key=key, now=self.clock.now())
                tx.product = self.product
                yield tx
                await tx.post()
            self.outbox.wake(tx.destinations)

    def who(self, request: Request, *roles: str) -> Account:
        """Who sent the request. Raises 401, or 403 unless the role is among `roles` (any role when none are named)."""
        return signed_in(request, self.settings.token_key, session_cookie(self.settings.service), *roles)

    def open_session(self, response: Response, who: Account) -> None:
        """Give an official's browser the cookie by which `who` knows them: no script and no other site can use it."""
        response.set_cookie(
            session_cookie(self.settings.service), issue_token(self.settings.token_key, who), path="/", httponly=True,
            samesite="strict", secure=self.settings.public_url.startswith("https://"),
        )  # fmt: skip

    def close_session(self, response: Response) -> None:
        """Take that cookie back."""
        response.delete_cookie(session_cookie(self.settings.service), path="/", httponly=True, samesite="strict")

    def write(self, handler: WriteHandler, *, body: Any = None, prepare: Prepare | None = None) -> Endpoint:
        """Make an endpoint that takes effect once per Idempotency-Key, with its reply kept in the same transaction."""

        async def endpoint(request: Request) -> Response:
            key, raw = await _asked(request)
            content = decode(raw, body) if body is not None else None
            return _told(await self.once(request, handler, content, key=key, raw=raw, prepare=prepare))

        self.bodies[endpoint] = body
        return endpoint

    def write_together(self, handler: Writes, *, body: Any = None, prepare: Prepare) -> Endpoint:
        """Make an endpoint as `write` does, whose writes are committed in groups: for the most frequent ones.

        What can be refused without the database is refused by `prepare`; a guard before it sets `request.state.who`.
        """
        groups = Together(self.begin, handler)

        async def endpoint(request: Request) -> Response:
            key, raw = await _asked(request)
            content = decode(raw, body) if body is not None else None
            request.state.key = key
            prepared = await prepare(request, content)
            write = current(request.state.who, content, prepared, key=key, digest=_digest(request, raw))
            return _told(await groups.once(write))

        self.bodies[endpoint] = body
        return endpoint

    async def once(
        self, request: Request, handler: WriteHandler, content: Any, *, key: str, raw: bytes = b"",
        prepare: Prepare | None = None,
    ) -> Done:  # fmt: skip
        """Let a write take effect once per `key`: what `write` does for programs, and pages do for people.

        `raw` tells one request under the key from another. Handlers find the key in `request.state.key`.
        """
        request.state.key = key
        prepared = await prepare(request, content) if prepare else None
        async with self.begin(key) as tx:
            stored = await _claim(tx, key, _digest(request, raw))
            if stored:
                return stored
            reply = await handler(request, content, tx, prepared)
            encoded = msgspec.json.encode(reply.body)
            tx.keep_reply(key, reply.status, encoded)
        return Done(reply.status, encoded)

    def sign_in(self, find: Callable[[SignIn], Awaitable[tuple[Account, dict[str, Any]]]]) -> Endpoint:
        """Make the sign-in endpoint. `find` returns the account and more fields for the answer, or raises a Problem."""

        async def endpoint(request: Request) -> Response:
            attempt: SignIn = decode(await request.body(), SignIn)
            await self.check_passcode(attempt)
            who, more = await find(attempt)
            token = issue_token(self.settings.token_key, who)
            answer = {"token": token, "name": who.name, "role": who.role, "agency": who.agency, **more}
            return Response(msgspec.json.encode(answer), media_type="application/json")

        self.bodies[endpoint] = SignIn
        return endpoint

    async def check_passcode(self, attempt: SignIn) -> None:
        """Raise 401 for a wrong passcode, 429 after too many of them."""
        await sign_in_limit.check(self.pool, self.settings.passcode_key, attempt)

    async def find_staff(self, attempt: SignIn) -> tuple[Account, dict[str, Any]]:
        """Officials and pollers of the province, for `sign_in`."""
        member = self.reference.staff.get(attempt.account)
        if member is None:
            raise Problem(
                401,
                "unknown-account",
                Text("Không có tài khoản này trong danh bạ cán bộ.", "There is no such account among the officials."),
            )
        return Account(member.account, member.name, member.role, member.agency), {}


async def _asked(request: Request) -> tuple[str, bytes]:
    """Idempotency-Key and body of a request that writes. Raises 400 without a key, 413 for a body that is too large."""
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= _MAX_KEY:
        raise Problem(400, "idempotency-key", f"Cần tiêu đề Idempotency-Key dài từ 1 đến {_MAX_KEY} ký tự.")
    raw = await request.body()
    if len(raw) > _MOST_BYTES:  # a service may let uploads be larger, in its pages
        raise Problem(413, "too-large", f"Nội dung vượt giới hạn {_MOST_BYTES} byte.", limit=_MOST_BYTES)
    return key, raw


def _told(done: Done) -> Response:
    headers = {"Idempotency-Replayed": "true"} if done.replayed else None
    return Response(done.body, done.status, headers, media_type="application/json")


def _digest(request: Request, raw: bytes) -> bytes:
    return hashlib.sha256(request.url.path.encode() + b"\0" + raw).digest()


async def _claim(tx: Transaction, key: str, digest: bytes) -> Done | None:
    """Take the key for this transaction; a key already used gives its stored reply. A concurrent twin waits here."""
    if await tx.value(
        "INSERT INTO request (key, digest) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1", key, digest
    ):
        return None
    row = await tx.row("SELECT digest, status, body FROM request WHERE key = $1", key)
    assert row  # noqa: S101 -- the conflict above saw it
    stored = replayed(row, digest)
    if isinstance(stored, Problem):
        raise stored
    return stored


def reply(body: Any, status: int = 200) -> Reply:
    """Shorthand for Reply with 200."""
    return Reply(status, body)


def json(body: Any, status: int = 200) -> Response:
    """JSON response of a read."""
    return Response(msgspec.json.encode(body, enc_hook=plain), status, media_type="application/json")
