"""Looks at a stack while it is loaded: what PostgreSQL's sessions wait for, how full pools are, who wants a processor.

One line every half second or so to `watch.ndjson` (docs/run-folder.md): what verification/capacity/ names a bottleneck
by. It only reads: PostgreSQL's activity view, the services' /metrics, /proc and how full the disk is.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
import asyncpg
import msgspec
import numpy as np

from infra.stack import Stack
from loadtests import control

EVERY_SECONDS = 0.5
_ANSWER_SECONDS = 2.0
_WAIT_SECONDS = EVERY_SECONDS / 2  # of a look for services; who answers later is in a later look
_MIB = 1 << 20
_TICK = os.sysconf("SC_CLK_TCK")
_ACTIVITY = """
SELECT pid, datname AS database, state, coalesce(wait_event_type || ':' || wait_event, '') AS wait,
       greatest(extract(epoch FROM clock_timestamp() - query_start), 0)::float8 AS seconds,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 160) AS statement,
       CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) END AS blockers
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND state <> 'idle' AND datname IS NOT NULL AND pid <> pg_backend_pid()
"""
_METRIC = re.compile(
    r"^(http_requests_under_way|http_requests_turned_away_total|database_connections_most|database_connections_busy) "
    r"([0-9.e+]+)$",
    re.MULTILINE,
)


def pauses(chance: np.random.Generator) -> Iterator[float]:
    """Seconds from one look to the next, half to one and a half times EVERY_SECONDS.

    Clients that a full pool has brought into step begin together every so often. Looks at an even distance would meet
    all of their statements at the same age each time, and find them new however long they take.
    """
    while True:
        yield EVERY_SECONDS * chance.uniform(0.5, 1.5)


class Watch:
    """Watches in a thread of its own as long as the block lasts."""

    def __init__(self, stack: Stack, folder: Path, *, chance: np.random.Generator) -> None:
        """`watch.ndjson` in `folder`, which must exist. A stack without databases or supervisor is seen in part."""
        self._stack, self._file, self._pauses = stack, folder / "watch.ndjson", pauses(chance)
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, after the look that is being taken."""
        self._over.set()
        self._thread.join(4 * _ANSWER_SECONDS)

    async def _watch(self) -> None:
        processors = _Processors()
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        dsn = next(iter(self._stack.databases.values()), "")
        connection: Any = None
        with self._file.open("ab", buffering=0) as out:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                pressures = Pressures(session, self._stack.endpoints)
                while not self._over.is_set():
                    began = time.monotonic()
                    if dsn and (connection is None or connection.is_closed()):
                        with suppress(OSError, asyncpg.PostgresError, TimeoutError):
                            connection = await asyncpg.connect(dsn, timeout=_ANSWER_SECONDS)
                    # Before services are asked: one that is stopped most of the time has been let go when it answers.
                    seen = {"at": round(time.time(), 3), **processors.look(self._pids())}
                    backends, services = await asyncio.gather(_backends(connection), pressures.look())
                    line = {
                        **seen,
                        "backends": backends,
                        "services": services,
                        **_room(self._stack.state),
                    }
                    out.write(msgspec.json.encode(line) + b"\n")
                    await asyncio.sleep(max(0.05, next(self._pauses) - (time.monotonic() - began)))
        if connection is not None:
            await connection.close(timeout=_ANSWER_SECONDS)

    def _pids(self) -> dict[str, int]:
        with suppress(control.ControlError, KeyError):
            told = control.ask(self._stack, act="status")
            return {one["service"]: one["pid"] for one in told["services"] if one["pid"]}
        return {}


class Pressures:
    """How full each service says it is. One that answers late holds up no look: there are most to take just then."""

    def __init__(self, session: aiohttp.ClientSession, endpoints: Mapping[str, str]) -> None:
        """Nobody is asked yet."""
        self._session, self._endpoints = session, endpoints
        self._asked: dict[str, asyncio.Task[dict[str, float]]] = {}

    async def look(self) -> dict[str, dict[str, float]]:
        """Give what has been answered since the look before, and ask whoever owes no answer."""
        for name, address in self._endpoints.items():
            if name not in self._asked:
                self._asked[name] = asyncio.create_task(_metrics(self._session, address))
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=_WAIT_SECONDS)
        answered = {name: self._asked.pop(name) for name in sorted(self._asked) if self._asked[name].done()}
        return {name: words for name, task in answered.items() if (words := task.result())}


def _room(state: str) -> dict[str, float]:
    """How much may still be written to the disk with the stack's state, where that is on this machine."""
    with suppress(OSError):
        return {"disk_free_mb": round(shutil.disk_usage(state).free / _MIB, 1)} if state else {}
    return {}


async def _backends(connection: Any) -> list[dict[str, Any]]:
    """Sessions that are not idle; whoever waits for a lock with the statement of one that holds it."""
    if connection is None:
        return []
    try:
        rows = await connection.fetch(_ACTIVITY, timeout=_ANSWER_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return []
    by_pid = {row["pid"]: row for row in rows}
    found = []
    for row in rows:
        words = {name: row[name] for name in ("database", "state", "wait", "seconds", "statement")}
        holders = [by_pid[pid]["statement"] for pid in row["blockers"] or () if pid in by_pid]
        found.append({**words, "holder": holders[0]} if holders else words)
    return found


async def _metrics(session: aiohttp.ClientSession, address: str) -> dict[str, float]:
    with suppress(aiohttp.ClientError, TimeoutError):
        async with session.get(f"{address}/metrics") as answer:
            return {name: float(value) for name, value in _METRIC.findall(await answer.text())}
    return {}


class _Processors:
    """Processors in use since the look before, and which services were kept from theirs."""

    def __init__(self) -> None:
        self._busy, self._moment = _busy_seconds(), time.monotonic()
        self._waited: dict[int, float] = {}

    def look(self, pids: Mapping[str, int]) -> dict[str, Any]:
        busy, now = _busy_seconds(), time.monotonic()
        lasted = max(now - self._moment, 1e-3)
        used = (busy - self._busy) / lasted
        processes = {}
        for name, pid in pids.items():
            with suppress(OSError, ValueError, IndexError):
                waited = int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[1]) / 1e9
                state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
                since = waited - self._waited.get(pid, waited)
                processes[name] = {"stopped": state in {b"T", b"t"}, "waited": round(min(since / lasted, 1.0), 3)}
                self._waited[pid] = waited
        self._busy, self._moment = busy, now
        return {"processors": os.cpu_count() or 1, "busy": round(used, 3), "processes": processes}


def _busy_seconds() -> float:
    """Processor seconds that this machine has spent on anything, since it was started (proc_stat(5))."""
    with Path("/proc/stat").open("rb") as stat:
        fields = [int(field) for field in stat.readline().split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / _TICK
