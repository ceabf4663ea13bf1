"""The LGSP: tokens, contracts, audit, and the way from every system to every other (SYS-LGSP)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime

import msgspec
import structlog

from services.kit.clock import VIETNAM
from services.kit.database import UNAVAILABLE
from services.kit.kit import Kit
from services.kit.serve import Parts
from services.kit.settings import SettingsError
from services.lgsp import books, dialects, proving, registry
from services.lgsp.administration import Administration
from services.lgsp.admission import Admission
from services.lgsp.audit import Audit
from services.lgsp.chain import Witness
from services.lgsp.gateway import PREFIX, Gateway
from services.lgsp.journal import Journal
from services.lgsp.limits import Limits
from services.lgsp.retention import LEAST_DAYS, MOST_DAYS, Retention
from services.lgsp.store import Store

log = structlog.get_logger()
_LOOK_EVERY_SECONDS = 1.0  # at the registry, for changes made through another process


class _Lgsp:
    def __init__(self, kit: Kit) -> None:
        assert kit.settings.lgsp_registry, "LGSP_REGISTRY is not set"  # noqa: S101 -- cannot start without
        if not LEAST_DAYS <= kit.settings.audit_kept_days <= MOST_DAYS:
            message = f"AUDIT_KEPT_DAYS has to be {LEAST_DAYS} to {MOST_DAYS}; see docs/reference-data.md"
            raise SettingsError(message)
        self._kit = kit
        self.audit = Audit(kit.pool, Witness(kit.settings.state_dir), Journal(kit.settings.state_dir))
        self._limits = Limits()
        admission = Admission(kit.settings.token_key, certified=bool(kit.settings.tls_client_authority))
        self.gateway = Gateway(audit=self.audit, limits=self._limits, clock=kit.clock, admission=admission)
        self._store = Store(kit.pool, key=kit.settings.token_key, placed=registry.read(kit.settings.lgsp_registry))
        self.administration = Administration(kit, self._store, self.gateway, self._limits, self.reload)
        self._retention = Retention(
            self._prune, keep_days=kit.settings.audit_kept_days, now=lambda: datetime.now(VIETNAM)
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        now = self._kit.clock.now()
        await self._store.fill(self._kit.reference.contracts, now)
        await self.reload()
        await self.audit.start()
        self._limits.recall(now.date(), await books.used_on(self._kit.pool, now.date()))
        self._task = asyncio.create_task(self._follow())
        self._retention.start()

    async def stop(self) -> None:
        await self._retention.stop()
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.audit.stop()
        self.gateway.close()

    async def reload(self) -> None:
        """Go by the registry as it is in the database."""
        registry = await self._store.read()
        if registry.version >= self.gateway.registry.version:  # else another change has been read in the meantime
            self.gateway.use(registry)

    async def _prune(self, before: datetime) -> int:
        return await proving.prune(self._kit.pool, before, self._kit.clock.now())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            try:
                if await self._store.version() != self.gateway.registry.version:
                    await self.reload()
            except UNAVAILABLE:
                pass
            except Exception:  # whatever it was: what was revoked elsewhere must be heard of at the next look
                log.exception("registry-not-read")

    def heads(self) -> Iterator[bytes]:
        """Return the book of chain ends, as the witness file has them."""
        yield msgspec.json.encode(self.audit.head()) + b"\n"


def build(kit: Kit) -> Parts:
    """Put the gateway together."""
    lgsp = _Lgsp(kit)
    return Parts(
        routes=[*dialects.routes(lgsp.gateway), *lgsp.administration.routes()],
        direct={PREFIX: lgsp.gateway.call},
        exports={"audit": books.AUDIT, "audit_chain": books.CHAIN, "registry_changes": books.CHANGES},
        files={"audit_heads": lgsp.heads},
        settled=lgsp.audit.settled,
        start=lgsp.start,
        stop=lgsp.stop,
    )
