"""The service's own PostgreSQL database: pool and migrations."""

from __future__ import annotations

import asyncio
import hashlib
import time
from importlib import resources
from typing import Any

import asyncpg
import structlog
from prometheus_client import Gauge

log = structlog.get_logger()

#: A fresh connection could not be had, or broke in the middle: the request may be tried again.
UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)
#: Days and hours in exports and pages are those of Việt Nam, whatever the server is set to.
_SETTINGS = {"timezone": "Asia/Ho_Chi_Minh"}
_MOST = Gauge("database_connections_most", "Connections that requests may have at the same time")
_BUSY = Gauge("database_connections_busy", "Connections that requests have")
_MIGRATION_LOCK = 7_301_801  # any fixed number: one migration runner at a time


class MigrationError(Exception):
    """A migration that was applied has since been changed, or two carry the same number."""


async def connect(url: str, *, connections: int = 16, patience_seconds: float = 30) -> asyncpg.Pool:
    """Open the pool, waiting up to `patience_seconds` for a database that is still starting."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return await asyncpg.create_pool(
                url, min_size=1, max_size=connections, command_timeout=30, server_settings=_SETTINGS, reset=_leave
            )
        except (*UNAVAILABLE, OSError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


def show(pool: asyncpg.Pool) -> None:
    """Tell the metrics how full the pool is, whenever they are read."""
    _MOST.set(pool.get_max_size())
    _BUSY.set_function(lambda: pool.get_size() - pool.get_idle_size())


async def _leave(_connection: asyncpg.Connection) -> None:
    """Spare the round trip that tidies a session up: services keep nothing in theirs beyond a transaction."""


class Held:
    """One connection of the pool, kept between statements: taking one for each costs as much as a small statement.

    For a task that asks one thing after the other. After an error the connection goes back, and another is taken.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Nothing is taken yet."""
        self._pool = pool
        self._connection: Any = None

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Rows."""
        if self._connection is None or self._is_lost():
            await self.let_go()
            self._connection = await self._pool.acquire()
        try:
            return await self._connection.fetch(sql, *values)  # type: ignore[no-any-return]
        except BaseException:
            await self.let_go()
            raise

    def _is_lost(self) -> bool:
        try:
            return bool(self._connection.is_closed())
        except asyncpg.InterfaceError:  # the database died, and the pool has taken its connection back by itself
            return True

    async def let_go(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._pool.release(connection)


async def migrate(pool: asyncpg.Pool, *packages: str) -> None:
    """Apply the numbered SQL files of each package's `migrations` folder that have not been applied yet.

    Raises MigrationError when an applied file has changed: history is not rewritten, a new number is added.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migration "
            "(name text PRIMARY KEY, digest text NOT NULL, at timestamptz DEFAULT now())"
        )
        applied = {row["name"]: row["digest"] for row in await connection.fetch("SELECT name, digest FROM migration")}
        for package in packages:
            folder = resources.files(package) / "migrations"
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if not file.name.endswith(".sql"):
                    continue
                name, sql = f"{package}/{file.name}", file.read_text("utf-8")
                digest = hashlib.sha256(sql.encode()).hexdigest()
                if name in applied:
                    if applied[name] != digest:
                        message = f"{name} was changed after it had been applied; add a new migration instead"
                        raise MigrationError(message)
                    continue
                await connection.execute(sql)
                await connection.execute("INSERT INTO migration (name, digest) VALUES ($1, $2)", name, digest)
                log.info("migrated", migration=name)
