"""The LGSP: tokens, contracts, audit, and the way from every system to every other (SYS-LGSP)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit import tokens
from services.kit.database import UNAVAILABLE
from services.kit.kit import Kit, json
from services.kit.problems import Problem, decode
from services.kit.serve import Parts
from services.lgsp import books, registry
from services.lgsp.administration import Administration
from services.lgsp.audit import Audit
from services.lgsp.chain import Witness
from services.lgsp.gateway import PREFIX, Gateway
from services.lgsp.limits import Limits
from services.lgsp.store import Store

log = structlog.get_logger()
_TOKEN_SECONDS = 1800  # the real provincial face gives 30-minute tokens (Lạng Sơn sample)
_LOOK_EVERY_SECONDS = 1.0  # at the registry, for changes made through another process


class _Credentials(msgspec.Struct, forbid_unknown_fields=True):
    system: str
    secret: str


class _Lgsp:
    def __init__(self, kit: Kit) -> None:
        assert kit.settings.lgsp_registry, "LGSP_REGISTRY is not set"  # noqa: S101 -- cannot start without
        self._kit = kit
        self._audit = Audit(kit.pool, Witness(kit.settings.state_dir))
        self._limits = Limits()
        self.gateway = Gateway(
            audit=self._audit, limits=self._limits, clock=kit.clock, token_key=kit.settings.token_key
        )
        self._store = Store(kit.pool, key=kit.settings.token_key, placed=registry.read(kit.settings.lgsp_registry))
        self.administration = Administration(kit, self._store, self.gateway, self._limits, self.reload)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        now = self._kit.clock.now()
        await self._store.fill(self._kit.reference.contracts, now)
        await self.reload()
        self._limits.recall(now.date(), await books.used_on(self._kit.pool, now.date()))
        await self._audit.start()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._audit.stop()
        self.gateway.close()

    async def reload(self) -> None:
        """Go by the registry as it is in the database."""
        self.gateway.use(await self._store.read())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            with contextlib.suppress(*UNAVAILABLE):
                if await self._store.version() != self.gateway.registry.version:
                    await self.reload()

    async def token(self, request: Request) -> Response:
        """Give a linked system a token for its client secret."""
        credentials: _Credentials = decode(await request.body(), _Credentials)
        return json({"token": self._issue(credentials.system, credentials.secret), "expires_in": _TOKEN_SECONDS})

    def _issue(self, name: str, secret: str) -> str:
        system = self.gateway.registry.systems.get(name)
        credential = system.credential(secret, datetime.now(UTC)) if system else None
        if credential is None:
            raise Problem(401, "wrong-credentials", "Hệ thống hoặc khoá bí mật không đúng (mã lỗi LGSP 15).")
        return tokens.issue({"sub": name, "cred": credential.id}, self._kit.settings.token_key, seconds=_TOKEN_SECONDS)

    def heads(self) -> Iterator[bytes]:
        """Return the book of chain ends, as the witness file has them."""
        yield msgspec.json.encode(self._audit.head()) + b"\n"


def build(kit: Kit) -> Parts:
    """Put the gateway together."""
    lgsp = _Lgsp(kit)
    return Parts(
        routes=[Route("/token", lgsp.token, methods=["POST"]), *lgsp.administration.routes()],
        direct={PREFIX: lgsp.gateway.call},
        exports={"audit": books.AUDIT, "audit_chain": books.CHAIN, "registry_changes": books.CHANGES},
        files={"audit_heads": lgsp.heads},
        start=lgsp.start,
        stop=lgsp.stop,
    )
