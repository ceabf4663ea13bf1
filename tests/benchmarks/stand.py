"""The stand of service benchmarks: a province as real processes, fsync on, and what is needed to use it.

It has all agencies of Bến Tre, so that dossiers are numbered at as many counters as in life, and few of its people.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import psutil

from infra import demand, reference
from infra.blueprint import draw_up
from infra.local import binaries, clock, launch
from infra.local.target import LocalTarget
from infra.stack import Stack
from loadtests.accounts import passcode
from simulation import population, province_files
from simulation.population import Population
from simulation.province import Province
from tests.benchmarks.kit import check, say
from tests.benchmarks.wire import Wire, request

_SEED = 7
_PROVINCE, _SHARE = "ben_tre_2018", 50
_DAY, _NINE = "2018-08-22", 9 * 3600.0
NINE_O_CLOCK = datetime(2018, 8, 22, 2, tzinfo=UTC)
_DRAINED_WITHIN_SECONDS = 120.0
_LOG_FILES = 16  # as many as min_wal_size keeps
_INSERT = "INSERT INTO line (key, body) VALUES (gen_random_uuid()::text, repeat('x', 200));\n"


class Stand:
    """A running stack with a client."""

    def __init__(
        self, *, stack: Stack, target: LocalTarget, province: Province, people: Population, wire: Wire, folder: Path
    ) -> None:
        """Made by `placed`."""
        self.stack, self.province, self.people, self.wire, self.folder = stack, province, people, wire, folder
        self._target = target
        self.launch = launch.load(Path(stack.state) / "launch.json")
        self._line_ready = False

    def url(self, service: str) -> str:
        """Base address."""
        return self.stack.endpoints[service]

    def secret(self, service: str, name: str) -> str:
        """A secret of one service, as its supervisor was told."""
        return next(one.secrets[name] for one in self.launch.services if one.name == service)

    def sign_in(self, service: str, account: str) -> str:
        """Token of an account."""
        attempt = {"account": account, "passcode": passcode(self.stack.passcode_key, account)}
        status, body = self.wire.one(self.url(service), request("POST", "/api/sign-in", msgspec.json.encode(attempt)))
        check(status == 200, f"{service} did not let {account} in: {status} {body!r}")
        return str(msgspec.json.decode(body)["token"])

    def lgsp_token(self, system: str) -> str:
        """Token by which a system calls others."""
        asked = {"system": system, "secret": self.secret(system, "LGSP_SECRET")}
        status, body = self.wire.one(self.url("lgsp"), request("POST", "/token", msgspec.json.encode(asked)))
        check(status == 200, f"the LGSP gave {system} no token: {status} {body!r}")
        return str(msgspec.json.decode(body)["token"])

    def export(self, service: str, name: str) -> list[dict[str, Any]]:
        """Records of one book."""
        import requests  # noqa: PLC0415 -- chunked answers, which the thin client does not read

        headers = {"Authorization": f"Bearer {self.stack.audit_token}"}
        answer = requests.get(f"{self.url(service)}/export/{name}", headers=headers, timeout=60)
        answer.raise_for_status()
        return [msgspec.json.decode(line) for line in answer.content.splitlines()]

    def drained(self, *services: str) -> float:
        """Wait until these outboxes are empty twice in a row; returns when they first were (perf_counter)."""
        asked = request("GET", "/backlog", Authorization=f"Bearer {self.stack.audit_token}")
        deadline = time.perf_counter() + _DRAINED_WITHIN_SECONDS
        first = 0.0
        while True:
            left = sum(msgspec.json.decode(self.wire.one(self.url(one), asked)[1])["outbox"] for one in services)
            now = time.perf_counter()
            if left == 0 and first:
                return first
            first = now if left == 0 else 0.0
            check(now < deadline, f"{left} items still wait in the outboxes of {services}")
            time.sleep(0.02)

    def cpu(self) -> dict[str, float]:
        """Processor seconds used so far, by process of the stack, and `client` for this one."""
        used = {"client": time.process_time()}
        for one in self._target.status(self.stack):
            if one.pid:
                process = psutil.Process(one.pid)
                used[one.service] = sum(_times(each) for each in (process, *process.children(recursive=True)))
        return used

    def settle_log(self) -> None:
        """Bring the database's log into the state of a server that has run for a while.

        A young server makes and fills a new log file of 16 MB every few seconds, and everybody waits for it; an old
        one uses files again.
        """
        asyncio.run(_settle_log(self.stack.databases["portal"]))

    def pgbench(self, *, seconds: int = 5) -> float:
        """Transactions a second of bare single inserts: 8 clients, same server, same durability."""
        told = self._pgbench(seconds)
        rate = next(line for line in told.splitlines() if line.startswith("tps = "))
        return float(rate.split()[2])

    def pgbench_latencies(self, *, rate: float, seconds: int) -> list[float]:
        """Seconds that each such insert takes where `rate` a second are due, waiting in line included."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            self._pgbench(seconds, f"--rate={rate:.0f}", "--log", f"--log-prefix={name}/insert")
            lines = [line for one in Path(name).iterdir() for line in one.read_text("ascii").splitlines()]
        return [int(line.split()[2]) / 1e6 for line in lines]  # client, number, microseconds, …

    def _pgbench(self, seconds: int, *options: str) -> str:
        dsn = self.stack.databases["portal"]
        script = self.folder / "insert.sql"
        script.write_text(_INSERT)
        if not self._line_ready:
            asyncio.run(_make_line(dsn))
            self._line_ready = True
        where = urlsplit(dsn)
        return subprocess.run(
            [binaries.find().folder / "pgbench", "-n", "-c", "8", "-j", "1", "-T", str(seconds), *options,
             "-f", script, "-h", "127.0.0.1", "-p", str(where.port), "-U", str(where.username), "bench"],
            env={"PGPASSWORD": str(where.password), "LC_ALL": "C"},
            capture_output=True, text=True, check=True, timeout=seconds + 60,
        ).stdout  # fmt: skip


def spent(before: dict[str, float], after: dict[str, float], times: int) -> str:
    """Milliseconds of processor time each, by process, the largest first."""
    each = {name: (after[name] - before.get(name, 0.0)) / times * 1000 for name in after}
    told = sorted(((cost, name) for name, cost in each.items() if cost >= 0.005), reverse=True)
    return "cpu ms each: " + ", ".join(f"{name} {cost:.2f}" for cost, name in told)


def _times(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


async def _make_line(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, database="postgres")
    await connection.execute("CREATE DATABASE bench")
    await connection.close()
    connection = await asyncpg.connect(dsn, database="bench")
    await connection.execute("CREATE TABLE line (id bigserial PRIMARY KEY, key text NOT NULL, body text NOT NULL)")
    await connection.close()


async def _settle_log(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, database="postgres")
    for _ in range(_LOG_FILES):
        await connection.execute("SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()")
    await connection.execute("CHECKPOINT")
    await connection.close()


@contextmanager
def placed(change: Callable[[Province], Province] = lambda province: province) -> Iterator[Stand]:
    """Place the province, changed as asked, up as long as the block; official time is nine o'clock and runs."""
    say("placing Bến Tre with a fiftieth of its people")
    whole = province_files.load(_PROVINCE)
    communes = tuple(msgspec.structs.replace(one, population=one.population // _SHARE) for one in whole.communes)
    province = change(msgspec.structs.replace(whole, communes=communes))
    people = population.draw(province, seed=_SEED)
    target = LocalTarget()
    with tempfile.TemporaryDirectory(prefix="tinhmau-bench-") as name, Wire() as wire:
        folder = Path(name)
        given = folder / "reference"
        reference.write(province, given)
        people.write_reference(given)
        blueprint = draw_up(province, demand.demand_of_province(province))
        stack = target.place(blueprint, reference=given, province=province)
        try:
            check(stack.machine["fsync"] == "on", "the database does not wait for the disk")
            clock.stand_clock(stack, _DAY, _NINE)
            time.sleep(0.5)  # services look at their clock four times a second
            yield Stand(stack=stack, target=target, province=province, people=people, wire=wire, folder=folder)
        finally:
            target.remove(stack)


def fresh_key() -> str:
    """An Idempotency-Key or call id."""
    return str(uuid.uuid4())
