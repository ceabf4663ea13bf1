"""The registry in the database: filled with what the LGSP was placed with, changed by administrators, read whole."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from services.kit.reference import Contract
from services.lgsp.registry import Credential, PlacedSystem, Registry, System, secret_digest

_PLACED = "placed"  # id of the credential that a system was placed with
_CHANGE_LOCK = 7_301_804  # any fixed number: one change of the registry at a time


class NewSystem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A system to be linked."""

    name: str
    title: str = ""
    url: str = ""  #: where it answers; empty: it only asks


class Onboarding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to hold from now on: the named systems are linked, and have exactly these contracts as consumers."""

    systems: tuple[NewSystem, ...] = ()
    contracts: tuple[Contract, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """What an onboarding changes, each named `consumer -> provider.operation`."""

    systems: list[str]  #: newly linked, or at another address
    added: list[str]
    changed: list[str]
    ended: list[str]


class Unlinked(msgspec.Struct, frozen=True):
    """What ended with a system."""

    system: str
    contracts: list[str]  #: each named `consumer -> provider.operation`
    credentials: list[str]  #: ids of secrets that held until then


class Store:
    """Reads and writes the registry."""

    def __init__(self, pool: asyncpg.Pool, *, key: str, placed: Mapping[str, PlacedSystem]) -> None:
        """`key` is the LGSP's own secret, from which secrets of run-time systems are derived."""
        self._pool, self._key, self._placed = pool, key, placed

    async def fill(self, contracts: Iterable[Contract], now: datetime) -> None:
        """Write down what the LGSP was placed with. What an administrator has changed since stays."""
        async with self._alone() as connection:
            for name, system in self._placed.items():
                await connection.execute(
                    "INSERT INTO system (name, title, url, placed, placed_url) VALUES ($1, $1, $2, true, $2) "
                    "ON CONFLICT (name) DO UPDATE SET placed = true, placed_url = $2, "
                    "url = CASE WHEN system.placed_url = $2 THEN system.url ELSE $2 END",
                    name,
                    system.url,
                )
                await connection.execute(
                    "INSERT INTO credential (system, id, digest, given_at) VALUES ($1, $2, $3, $4) "
                    "ON CONFLICT (system, id) DO UPDATE "
                    "SET digest = $3, given_at = $4, revoked_at = NULL, ends_at = NULL WHERE credential.digest <> $3 "
                    "AND NOT EXISTS (SELECT FROM system WHERE name = $1 AND unlinked_at IS NOT NULL)",
                    name,
                    _PLACED,
                    secret_digest(system.secret),
                    now,
                )
            await connection.execute("DELETE FROM contract WHERE placed")
            await connection.executemany(
                "INSERT INTO contract SELECT $1, $2, $3, $4, true WHERE NOT EXISTS (SELECT FROM contract_ended "
                "WHERE (consumer, provider, operation) = ($1, $2, $3)) AND NOT EXISTS (SELECT FROM system "
                "WHERE name IN ($1, $2) AND unlinked_at IS NOT NULL) ON CONFLICT DO NOTHING",
                [(one.consumer, one.provider, one.operation, _terms(one)) for one in contracts],
            )

    async def read(self) -> Registry:
        """Return the registry as it is now."""
        async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            return await self._read(connection)

    async def _read(self, connection: Any) -> Registry:
        version = await connection.fetchval("SELECT coalesce(max(number), 0) FROM registry_change")
        credentials: defaultdict[str, list[Credential]] = defaultdict(list)
        for row in await connection.fetch("SELECT * FROM credential ORDER BY given_at, id"):
            credentials[row["system"]].append(
                Credential(row["id"], row["digest"], row["given_at"], row["ends_at"], row["revoked_at"])
            )
        systems = {
            row["name"]: System(
                row["name"],
                row["title"],
                row["url"],
                self._provider_secret(row["name"]),
                row["placed"],
                tuple(credentials[row["name"]]),
            )
            for row in await connection.fetch("SELECT * FROM system WHERE unlinked_at IS NULL")
        }
        contracts = [
            msgspec.json.decode(row["terms"], type=Contract)
            for row in await connection.fetch("SELECT terms FROM contract")
        ]
        return Registry(systems, contracts, version=version)

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[Any]:
        """Change the registry: who comes at the same time, by this process or another, waits and then reads it anew."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _CHANGE_LOCK)
            yield connection

    async def version(self) -> int:
        """Number of the newest change."""
        return await self._pool.fetchval("SELECT coalesce(max(number), 0) FROM registry_change")  # type: ignore[no-any-return]

    async def onboard(
        self, wanted: Onboarding, *, check: Callable[[Registry], None], who: str, now: datetime, rehearse: bool
    ) -> Difference:
        """Make `wanted` hold, and say what that changes; a rehearsal changes nothing.

        `check` raises where `wanted` does not fit the registry. Contracts that the named systems have as consumers and
        that are not wanted any more end. Doing it twice changes nothing the second time.
        """
        async with self._alone() as connection:
            before = await self._read(connection)
            check(before)
            names = {one.name for one in wanted.systems}
            old = {_name(one): one for one in before.contracts if one.consumer in names}
            new = {_name(one): one for one in wanted.contracts}
            linked = [
                one
                for one in wanted.systems
                if (known := before.systems.get(one.name)) is None
                or (one.url and one.url != known.url)
                or (one.title and one.title != known.title)
            ]
            difference = Difference(
                systems=sorted(one.name for one in linked),
                added=sorted(set(new) - set(old)),
                changed=sorted(name for name in set(new) & set(old) if new[name] != old[name]),
                ended=sorted(set(old) - set(new)),
            )
            if rehearse or not any(msgspec.structs.astuple(difference)):
                return difference
            await connection.executemany(
                "INSERT INTO system AS old (name, title, url, placed) "
                "VALUES ($1, coalesce(nullif($2, ''), $1), $3, false) "
                "ON CONFLICT (name) DO UPDATE SET title = coalesce(nullif($2, ''), old.title), "
                "url = coalesce(nullif($3, ''), old.url), unlinked_at = NULL",
                [(one.name, one.title, one.url) for one in linked],
            )
            await _end(connection, [old[name] for name in difference.ended])
            await connection.executemany(
                "DELETE FROM contract WHERE (consumer, provider, operation) = ($1, $2, $3)",
                [_key(old[name]) for name in difference.changed],
            )
            await connection.executemany(
                "DELETE FROM contract_ended WHERE (consumer, provider, operation) = ($1, $2, $3)",
                [_key(new[name]) for name in difference.added],
            )
            await connection.executemany(
                "INSERT INTO contract VALUES ($1, $2, $3, $4, false)",
                [(*_key(new[name]), _terms(new[name])) for name in (*difference.added, *difference.changed)],
            )
            await _note(connection, who, "onboarding", msgspec.to_builtins(difference), now)
        return difference

    async def unlink(self, system: str, *, who: str, now: datetime) -> Unlinked | None:
        """End a system's contracts, as caller and as provider, and its secrets; None where it is not linked.

        Its calls stay on the books. Declared again it is linked again, with a new secret.
        """
        async with self._alone() as connection:
            before = await self._read(connection)
            if system not in before.systems:
                return None
            contracts = [one for one in before.contracts if system in {one.consumer, one.provider}]
            await _end(connection, contracts)
            revoked = await connection.fetch(
                "UPDATE credential SET revoked_at = $2 WHERE system = $1 AND revoked_at IS NULL RETURNING id",
                system,
                datetime.now(UTC),
            )
            await connection.execute("UPDATE system SET unlinked_at = $2 WHERE name = $1", system, now)
            unlinked = Unlinked(system, [_name(one) for one in contracts], sorted(row["id"] for row in revoked))
            await _note(connection, who, "unlinking", msgspec.to_builtins(unlinked), now)
        return unlinked

    async def rotate(self, system: str, *, overlap: timedelta, who: str, now: datetime) -> tuple[str, str] | None:
        """Give a system a new secret; the ones it has hold for `overlap` longer.

        Returns (id, secret), or None where no such system is linked; the secret is told only here.
        """
        identity, secret, machine = secrets.token_hex(6), secrets.token_urlsafe(32), datetime.now(UTC)
        async with self._alone() as connection:
            if not await connection.fetchval("SELECT unlinked_at IS NULL FROM system WHERE name = $1", system):
                return None
            await connection.execute(
                "UPDATE credential SET ends_at = least(ends_at, $2) WHERE system = $1 AND revoked_at IS NULL",
                system,
                machine + overlap,
            )
            await connection.execute(
                "INSERT INTO credential (system, id, digest, given_at) VALUES ($1, $2, $3, $4)",
                system,
                identity,
                secret_digest(secret),
                machine,
            )
            detail = {"system": system, "credential": identity, "overlap_seconds": overlap.total_seconds()}
            await _note(connection, who, "rotation", detail, now)
        return identity, secret

    async def revoke(self, system: str, credential: str, *, who: str, now: datetime) -> bool:
        """End a secret and every token given for it, at once. Returns False when there is no such secret in force."""
        async with self._alone() as connection:
            done: str = await connection.execute(
                "UPDATE credential SET revoked_at = $3 WHERE system = $1 AND id = $2 AND revoked_at IS NULL",
                system,
                credential,
                datetime.now(UTC),
            )
            if done == "UPDATE 0":
                return False
            await _note(connection, who, "revocation", {"system": system, "credential": credential}, now)
        return True

    def _provider_secret(self, system: str) -> str:
        """Return what provider tokens for a system are signed with: its own secret, or a derived one, never stored."""
        placed = self._placed.get(system)
        if placed:
            return placed.provider_secret
        return hmac.new(self._key.encode(), f"provider {system}".encode(), hashlib.sha256).hexdigest()


async def _note(connection: Any, who: str, what: str, detail: Any, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO registry_change (at, who, what, detail) VALUES ($1, $2, $3, $4)",
        now,
        who,
        what,
        msgspec.json.encode(detail).decode(),
    )


async def _end(connection: Any, contracts: Iterable[Contract]) -> None:
    """Take contracts out of the registry, so that they stay out when it is filled again."""
    keys = [_key(one) for one in contracts]
    await connection.executemany("DELETE FROM contract WHERE (consumer, provider, operation) = ($1, $2, $3)", keys)
    await connection.executemany("INSERT INTO contract_ended VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", keys)


def _key(contract: Contract) -> tuple[str, str, str]:
    return contract.consumer, contract.provider, contract.operation


def _terms(contract: Contract) -> str:
    return msgspec.json.encode(contract).decode()


def _name(contract: Contract) -> str:
    return f"{contract.consumer} -> {contract.provider}.{contract.operation}"
