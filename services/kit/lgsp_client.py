"""Calls to other systems. There is only one way out: through the LGSP, with a token, and written into the call book."""

from __future__ import annotations

import asyncio
import ssl
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import aiohttp
import msgspec
import structlog

from services.kit import tracing
from services.kit.calls import Call, CallBook
from services.kit.languages import Text
from services.kit.problems import Problem

log = structlog.get_logger()
_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
_REFRESH_BEFORE_SECONDS = 60


class Answer(msgspec.Struct, frozen=True):
    """What came back: `answered` by the provider, or `refused`/`unreachable` by the LGSP, or `lost` on the way."""

    outcome: Literal["answered", "refused", "unreachable", "lost"]
    status: int
    body: bytes

    @property
    def good(self) -> bool:
        """The provider answered and did not object."""
        return self.outcome == "answered" and self.status < 400  # noqa: PLR2004

    def json(self, wanted: Any = Any) -> Any:
        """Body decoded."""
        return msgspec.json.decode(self.body, type=wanted)


class _Token(msgspec.Struct):
    token: str
    expires_in: float


class LgspClient:
    """One system's door to the LGSP."""

    def __init__(
        self, *, system: str, url: str, secret: str, book: CallBook, secured: ssl.SSLContext | None = None
    ) -> None:
        """`url` is the LGSP's base address, `secret` this system's client secret.

        `secured` holds this system's certificate and who vouches for the LGSP, where that speaks TLS.
        """
        self._secured = secured
        self._system, self._url, self._secret, self._book = system, url, secret, book
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self._token_until = 0.0
        self._token_lock = asyncio.Lock()

    async def start(self) -> None:
        """Open the connection pool."""
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT,
            connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=60, ssl=self._secured or True),
            auto_decompress=False,
        )

    async def stop(self) -> None:
        """Close the connection pool."""
        if self._session:
            await self._session.close()

    async def call(
        self,
        provider: str,
        operation: str,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        purpose: str,
        traceparent: str = "",
        within: float | None = None,
    ) -> Answer:
        """Call once. GET without `body`, POST with. Never raises for what the network does: see Answer.outcome.

        `within` so many seconds, where the caller has less patience than this client.
        """
        call = str(uuid.uuid4())
        until = None if within is None else asyncio.get_running_loop().time() + within
        try:
            async with asyncio.timeout_at(until):
                token = await self._bearer()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Answer("unreachable", 0, str(error).encode())
        self._note(call, "sent", provider, operation)
        headers = {
            "Authorization": f"Bearer {token}",
            "X-Call-Id": call,
            "X-Purpose": purpose,
            "traceparent": traceparent or tracing.traceparent(),
            "Content-Type": "application/json",
        }
        if tracing.synthetic():
            headers["X-Synthetic"] = "1"
        assert self._session  # noqa: S101 -- start() comes first
        try:
            async with (
                asyncio.timeout_at(until),
                self._session.request(
                    "GET" if body is None else "POST",
                    f"{self._url}/call/{provider}/{operation}",
                    data=None if body is None else msgspec.json.encode(body),
                    params=query,
                    headers=headers,
                ) as response,
            ):
                answer = Answer(
                    response.headers.get("X-Lgsp", "lost"),  # type: ignore[arg-type]  # the LGSP sends our words
                    response.status,
                    await response.read(),
                )
        except aiohttp.ClientConnectorError as error:
            answer = Answer("unreachable", 0, str(error).encode())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            answer = Answer("lost", 0, str(error).encode())
        if answer.outcome != "answered" and answer.status == 401:  # noqa: PLR2004
            self._token_until = 0.0
        self._note(call, "done", provider, operation, status=answer.status, outcome=answer.outcome)
        return answer

    async def ask(self, provider: str, operation: str, *, tries: int = 4, **how: Any) -> Answer:
        """Call an operation that may safely be repeated, until it is answered.

        Raises a 503 Problem when it stays out of reach, so that the client tries again later.
        """
        answer = Answer("lost", 0, b"")
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(0.2 * attempt)
            answer = await self.call(provider, operation, **how)
            if answer.outcome == "answered" and answer.status < 500:  # noqa: PLR2004
                return answer
            if answer.outcome == "refused" and answer.status not in {401, 429, 503}:
                break
        log.warning("counterpart-out-of-reach", provider=provider, operation=operation, outcome=answer.outcome)
        raise Problem(
            503,
            "counterpart-out-of-reach",
            Text(
                f"Hệ thống “{provider}” chưa trả lời; xin thử lại sau.",
                f"The system “{provider}” does not answer; please try again later.",
            ),
        )

    async def _bearer(self) -> str:
        if time.monotonic() < self._token_until:
            return self._token
        async with self._token_lock:
            if time.monotonic() < self._token_until:
                return self._token
            assert self._session  # noqa: S101 -- start() comes first
            body = msgspec.json.encode({"system": self._system, "secret": self._secret})
            async with self._session.post(f"{self._url}/token", data=body) as response:
                raw = await response.read()
                if response.status != 200:  # noqa: PLR2004
                    message = f"LGSP gave no token: {response.status} {raw[:200]!r}"
                    raise ValueError(message)
            token = msgspec.json.decode(raw, type=_Token)
            self._token = token.token
            self._token_until = time.monotonic() + token.expires_in - _REFRESH_BEFORE_SECONDS
            return self._token

    def _note(
        self,
        call: str,
        side: Literal["sent", "done"],
        provider: str,
        operation: str,
        *,
        status: int = 0,
        outcome: str = "",
    ) -> None:
        at = datetime.now(UTC).isoformat()
        self._book.add(
            Call(call=call, side=side, peer=provider, operation=operation, at=at, status=status, outcome=outcome)
        )
