"""The embedded PostgreSQL of a stack: made, tuned for a small machine, started, and given a database per service.

Durability is never traded for speed: fsync, synchronous_commit and full_page_writes are on, and what the server
answers when asked stands in the stack's description.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from infra.local.binaries import Binaries

SUPERUSER = "tinhmau"
_BUILTIN_UNICODE_FAST = 18
_BUILTIN_C_UTF8 = 17
_HAS_STRATEGY = 15
_ASK_EVERY_SECONDS = 0.05

#: Settings, each with its reason.
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",  # nobody outside this machine
    "unix_socket_directories": "",  # one way in only
    "max_connections": "160",  # seven services with a pool of 16 each, their spares, and the auditor
    "shared_buffers": "256MB",  # a day of a province fits
    "effective_cache_size": "512MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "minimal",  # no replica and no archive on one machine
    "max_wal_senders": "0",  # follows from wal_level
    "wal_buffers": "16MB",
    "min_wal_size": "256MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "30s",  # little to replay after a kill: seconds of recovery, not tens
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",  # no spinning disks
    "jit": "off",  # every statement here is short
    "max_parallel_workers_per_gather": "0",  # two processors are shared by everything
    "autovacuum_naptime": "15s",  # outboxes are small tables with many deletes
    "dynamic_shared_memory_type": "mmap",  # nothing is left in /dev/shm after a kill
    "timezone": "Asia/Ho_Chi_Minh",
    "log_timezone": "Asia/Ho_Chi_Minh",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_lock_waits": "on",
    "log_min_messages": "warning",
}
#: What is asked of the running server for the stack's description.
_SHOWN = ("fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "max_connections")


def locale_options(major: int) -> tuple[str, ...]:
    """Options of initdb that make lower() know Vietnamese letters, whatever the machine's locales are."""
    if major >= _BUILTIN_UNICODE_FAST:
        return ("--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST", "--locale=C")
    if major >= _BUILTIN_C_UTF8:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C.UTF-8",)  # the C library's; present on every Debian


def initdb_command(binaries: Binaries, folder: Path, *, data: Path, password_file: Path) -> list[str]:
    """Command that makes the cluster, without fsync: a machine that fails before the server is up starts over."""
    return [
        str(folder / "initdb"),
        *("--pgdata", str(data), "--username", SUPERUSER, "--pwfile", str(password_file)),
        *("--encoding", "UTF8", *locale_options(binaries.major)),
        *("--auth", "scram-sha-256", "--no-sync"),
    ]


def server_options(major: int, **changed: str) -> list[str]:
    """Command line options of the server: the settings above with some changed."""
    settings = {**_SETTINGS, **changed}
    if major >= _BUILTIN_UNICODE_FAST:
        settings["io_method"] = "sync"  # saves three worker processes on a small machine
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def server_command(binaries: Binaries, folder: Path, *, data: Path, port: int) -> list[str]:
    """Command that starts the server in the foreground."""
    return [str(folder / "postgres"), "-D", str(data), *server_options(binaries.major, port=str(port))]


def making_command(folder: Path, *, data: Path) -> list[str]:
    """Command that reads SQL from its standard input, with no server running and without fsync, and stops cleanly.

    Making seven databases in a running server would write each twice and wait for a disk 2,400 times; made this way,
    the server starts from a clean state and has next to nothing to recover after a crash.
    """
    quick = ("-F", "-c", "shared_buffers=64MB", "-c", "dynamic_shared_memory_type=mmap")
    return [str(folder / "postgres"), "--single", *quick, "-D", str(data), "postgres"]


def making_sql(major: int, passwords: Mapping[str, str]) -> str:
    """SQL that makes a role and a database of its own for each service, closed to all other roles.

    One statement a line, as a server without clients wants it. Raises ValueError for a name or password that would
    need quoting.
    """
    copied = " STRATEGY FILE_COPY" if major >= _HAS_STRATEGY else ""
    lines = []
    for name, password in passwords.items():
        if not name.isidentifier() or not password.replace("-", "").replace("_", "").isalnum():
            message = f"not usable as a role's name or password: {name!r}"
            raise ValueError(message)
        lines += [
            f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'",
            f'CREATE DATABASE "{name}" OWNER "{name}"{copied}',
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
        ]
    return "".join(f"{line}\n" for line in lines)


def prepare(folder: Path, *, password: str, user: pwd.struct_passwd | None) -> tuple[Path, Path]:
    """Make the server's own folder. Returns (data folder, password file); the caller removes the password file."""
    data, password_file = folder / "data", folder / "password"
    folder.mkdir(mode=0o700)
    data.mkdir(mode=0o700)
    fd = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as out:
        out.write(f"{password}\n")
    if user is not None:
        for path in (folder, data, password_file):
            os.chown(path, user.pw_uid, user.pw_gid)
    return data, password_file


def dsn(*, role: str, password: str, port: int, database: str) -> str:
    """Address of a database with its key. Passwords are made URL-safe."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


async def connect(*, port: int, password: str) -> asyncpg.Connection:
    """Connect as superuser, once."""
    return await asyncpg.connect(dsn(role=SUPERUSER, password=password, port=port, database="postgres"), timeout=5)


async def until_answers(*, port: int, password: str) -> None:
    """Return when the server lets us in and answers a question; ask for ever until then."""
    while not await _answers(port, password):  # noqa: ASYNC110 -- another process: there is no event to wait for
        await asyncio.sleep(_ASK_EVERY_SECONDS)


async def _answers(port: int, password: str) -> bool:
    try:
        connection = await connect(port=port, password=password)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    try:
        return bool(await connection.fetchval("SELECT 1") == 1)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    finally:
        await connection.close(timeout=2)


async def has_databases(connection: asyncpg.Connection, names: Sequence[str]) -> bool:
    """Whether all these databases are there, each owned by the role of its name."""
    owners = "SELECT datname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = rolname"
    return set(names) <= {row["datname"] for row in await connection.fetch(owners)}


async def describe(connection: asyncpg.Connection, shown: Sequence[str] = _SHOWN) -> dict[str, str]:
    """What the running server says about its own settings."""
    described = {name: str(await connection.fetchval(f"SHOW {name}")) for name in shown}
    described["postgresql"] = str(await connection.fetchval("SHOW server_version"))
    return described
