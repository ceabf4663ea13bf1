"""Real processes for tests: a PostgreSQL of the embedded wheel, and services of ours on it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import msgspec
import psutil
import requests

from infra.local import binaries
from loadtests.accounts import passcode

ROOT = Path(__file__).resolve().parents[2]
AUDIT_TOKEN = "audit-token-of-tests"
PASSCODE_KEY = "passcode-key-of-tests"
TOKEN_KEY = "token-key-of-tests-that-is-long-enough"
PROVIDER_SECRET = "provider-secret-of-tests-that-is-long-enough"
PAYMENT_SECRET = "payment-secret-of-tests"
LGSP_SECRET = "lgsp-secret-of-tests"
_START_SECONDS = 120.0


class Postgres:
    """A server of its own in a temporary folder, listening on 127.0.0.1 only. As root it runs as `nobody`."""

    def __init__(self, *, durable: bool = False) -> None:
        """Start it. A `durable` one keeps every commit when it is killed; none is made for the machine's own death."""
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="tinhmau-test-postgres-"))
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def _start(self) -> None:
        user = binaries.server_user()
        self._folder.chmod(0o755)
        self._bin = binaries.bring_within_reach(binaries.find(), self._folder, user)
        self._user: dict[str, Any] = {}
        if user:
            self._user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data = self._folder / "data"
        data.mkdir(mode=0o700)
        if user:
            os.chown(data, user.pw_uid, user.pw_gid)
        self._data = data
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C",
                  "--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST")  # fmt: skip
        self.port = _free_port()
        self._serve()

    def _serve(self) -> None:
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories='' -c max_connections=200 "
            f"-c shared_buffers=32MB -c fsync=off -c full_page_writes=off "
            f"-c synchronous_commit={'on' if self._durable else 'off'}"
        )
        data = self._data
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", data, "-l", data / "server.log", "-o", options)

    def kill(self) -> None:
        """End it like a crash: SIGKILL to the server, whose children then end by themselves."""
        server = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        server.suspend()  # else it might start another child between the look and its end
        children = server.children()
        server.kill()
        psutil.wait_procs(children, timeout=_START_SECONDS)

    def start_again(self) -> None:
        """Start the killed server on its port; it recovers from its log."""
        self._serve()

    def create_database(self, name: str) -> str:
        """Make a fresh database; returns its address."""
        fresh = f"{name}_{uuid.uuid4().hex[:8]}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", fresh)
        return f"postgresql://postgres@127.0.0.1:{self.port}/{fresh}"

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self._data)
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            **self._user,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"


class Running:
    """One service as a process, with what a test needs to use it from outside."""

    def __init__(self, name: str, *, folder: Path, settings: Mapping[str, str]) -> None:
        """Prepare; `start` starts. The listening socket stays with the test, so a restart keeps the address."""
        self.name, self.folder = name, folder
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = (
            f"{'https' if 'TLS_CERTIFICATE' in settings else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        )
        self.clock_file = folder / "clock.json"
        self.log_file = folder / "service.log"
        self.settings = {
            "SERVICE": name,
            "LISTEN_FD": str(self._listener.fileno()),
            "PUBLIC_URL": self.url,
            "STATE_DIR": str(folder / "state"),
            "CLOCK_FILE": str(self.clock_file),
            "AUDIT_TOKEN": AUDIT_TOKEN,
            "PASSCODE_KEY": PASSCODE_KEY,
            "TOKEN_KEY": TOKEN_KEY,
            "LGSP_SECRET": LGSP_SECRET,
            "PROVIDER_SECRET": PROVIDER_SECRET,
            "PAYMENT_SECRET": PAYMENT_SECRET,
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False  # a bundle named in the environment would go before the authority below
        self._session.verify = settings.get("LGSP_AUTHORITY", True)

    def set_clock(self, day: str, second: float) -> None:
        """Let official time stand still at `second` of `day`. The service looks at the file four times a second."""
        began = time.time() + 10**8  # the run never begins, so the clock stays at its first point
        clock = {"day": day, "points": [[second, 0.0], [second + 1, 1.0]], "began": began}
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(clock))
        fresh.replace(self.clock_file)

    def start(self) -> Running:
        """Start and wait until it serves."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"services.{self.name}"],
                cwd=ROOT,
                env={"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)} | self.settings,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self._listener.fileno()],
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:  # the socket is open already, so a request waits in it until the service takes it
            try:
                self._session.get(f"{self.url}/ready", timeout=2).raise_for_status()
            except requests.Timeout:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
            else:
                return self

    def stop(self) -> None:
        """End it politely."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it like a power cut."""
        self._end(signal.SIGKILL)

    def restart(self) -> Running:
        """Kill it and start it again."""
        self.kill()
        return self.start()

    def close(self) -> None:
        """End it for good."""
        self.stop()
        self._session.close()
        self._listener.close()

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(timeout=60)
            self._process = None
        self._session.close()
        self._session = requests.Session()

    def children(self) -> list[psutil.Process]:
        """Processes that the service has started."""
        assert self._process
        return psutil.Process(self._process.pid).children()

    def log(self) -> str:
        """Everything it has logged."""
        return self.log_file.read_text("utf-8")

    def await_log(self, text: str, *, times: int = 1) -> None:
        """Wait until it has logged `text`; a request's line is written after its answer has gone out."""
        deadline = time.monotonic() + _START_SECONDS
        while self.log().count(text) < times:
            assert time.monotonic() < deadline, f"never logged {text!r}:\n{self.log()}"
            time.sleep(0.02)

    # What clients do.

    def get(self, path: str, *, token: str = "", **params: str) -> requests.Response:
        """GET as whoever holds `token`."""
        return self._session.get(self.url + path, params=params, headers=_bearer(token), timeout=30)

    def post(self, path: str, body: Any = None, *, token: str = "", key: str | None = None) -> requests.Response:
        """POST with a fresh Idempotency-Key, or the given one ("" sends none)."""
        headers = _bearer(token)
        if key != "":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        data = b"" if body is None else msgspec.json.encode(body)
        return self._session.post(self.url + path, data=data, headers=headers, timeout=30)

    def sign_in(self, account: str) -> str:
        """Sign in with the account's right passcode; returns the token."""
        answer = self.post("/api/sign-in", {"account": account, "passcode": passcode(PASSCODE_KEY, account)}, key="")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    # What the LGSP does.

    def call(
        self, operation: str, *, consumer: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Call an operation as the LGSP would on behalf of `consumer`. GET without `body`."""
        token = lgsp_token(provider=self.name, operation=operation, consumer=consumer)
        return self._session.request(
            "GET" if body is None else "POST",
            f"{self.url}/lgsp/{operation}",
            params=query,
            data=None if body is None else msgspec.json.encode(body),
            headers={"X-Lgsp-Token": token},
            timeout=30,
        )

    def deliver(self, operation: str, *items: Any, consumer: str, keys: Sequence[str] = ()) -> list[dict[str, str]]:
        """Deliver outbox items; returns the results. Without `keys` each item gets a fresh one."""
        batch = [
            {"key": keys[number] if keys else str(uuid.uuid4()), "body": item} for number, item in enumerate(items)
        ]
        answer = self.call(operation, consumer=consumer, body={"items": batch})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, str]] = answer.json()["results"]
        return results

    # What the auditor sees.

    def export(self, name: str) -> list[dict[str, Any]]:
        """Records of one of its books."""
        answer = self.get(f"/export/{name}", token=AUDIT_TOKEN)
        assert answer.status_code == 200, answer.text
        return [msgspec.json.decode(line) for line in answer.content.splitlines()]

    def backlog(self) -> int:
        """Outbox items not delivered yet."""
        return int(self.get("/backlog", token=AUDIT_TOKEN).json()["outbox"])

    def drained(self) -> None:
        """Wait until its outbox is empty."""
        deadline = time.monotonic() + _START_SECONDS
        while self.backlog():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def query(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Look into its database from outside."""

        async def ask() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.settings["DATABASE_URL"])
            try:
                return [dict(row) for row in await connection.fetch(sql, *values)]
            finally:
                await connection.close()

        return asyncio.run(ask())


def lgsp_token(*, provider: str, operation: str, consumer: str, secret: str = PROVIDER_SECRET) -> str:
    """Token by which a provider knows the LGSP (docs/wire.md, "Calls between systems")."""
    claims = {
        "sub": consumer,
        "aud": provider,
        "op": operation,
        "call": str(uuid.uuid4()),
        "exp": int(time.time()) + 60,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


#: Starts a service by name, with further settings; all are ended with the test module.
Place = Callable[..., Running]
