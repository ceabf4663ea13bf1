"""A call through the LGSP (token, authorisation, durable audit) against the same call made to the provider directly.

Beside the peers' 0.11 (X-Road, as a user reports). The operation is `national.population.verify`, the most frequent.
Where nginx is on the PATH, what it adds is told beside ours: it checks nothing and writes nothing down.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import msgspec

from tests.benchmarks import stand as stands
from tests.benchmarks.kit import Rounds, Row, against_limit, against_peer, alternate, check, percentile, say
from tests.benchmarks.stand import Stand, fresh_key, spent
from tests.benchmarks.wire import Load, request

_CONNECTIONS = 64
_ROUND_SECONDS = 5.0
_MOST_PER_SECOND = 4000  # prepared requests; a round ends earlier if they run out
_HALF = 0.5
_LATE_SECONDS = 3.0
_CALM_MS = 20.0  # p99 directly; past this something else had the processors
_KNOWN_RATE = 1000.0  # calls a second: the same whatever the LGSP carries, so that versions can be held together

_NGINX = """
worker_processes 1; daemon off; pid %(folder)s/pid; error_log %(folder)s/errors;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path %(folder)s/1; proxy_temp_path %(folder)s/2; fastcgi_temp_path %(folder)s/3;
  uwsgi_temp_path %(folder)s/4; scgi_temp_path %(folder)s/5;
  upstream provider { server %(provider)s; keepalive 128; }
  server {
    listen 127.0.0.1:%(port)d; keepalive_requests 1000000;
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://provider; }
  }
}
"""


class _Calls:
    """Prepared calls both ways. Each has its own call id, and directly also its own token, as the LGSP would sign."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._numbers = stand.people.people["personal_number"].to_list()
        self._token = stand.lgsp_token("portal")
        self._secret = stand.secret("national", "PROVIDER_SECRET")
        self.made = 0

    def through(self, count: int) -> list[bytes]:
        self.made += count
        return [
            request("POST", "/call/national/population.verify", self._body(number),
                    Authorization=f"Bearer {self._token}", X_Call_Id=fresh_key(), X_Purpose="check-form")
            for number in range(count)
        ]  # fmt: skip

    def directly(self, count: int) -> list[bytes]:
        until = int(time.time()) + 60
        return [
            request("POST", "/lgsp/population.verify", self._body(number), X_Lgsp_Token=self._signed(until))
            for number in range(count)
        ]

    def _body(self, number: int) -> bytes:
        return msgspec.json.encode({"personal_number": self._numbers[number % len(self._numbers)]})

    def _signed(self, until: int) -> str:
        claims = {"sub": "portal", "aud": "national", "op": "population.verify", "call": fresh_key(), "exp": until}
        return jwt.encode(claims, self._secret, algorithm="HS256")


def run() -> list[Row]:
    """Place a stack and measure."""
    with stands.placed() as stand:
        return measure(stand)


def measure(stand: Stand) -> list[Row]:
    """Throughput of both ways by turns, then latency of both at half of what the LGSP carries."""
    calls = _Calls(stand)
    most = int(_MOST_PER_SECOND * _ROUND_SECONDS)
    notes: list[str] = []
    answered = 0

    def through() -> float:
        nonlocal answered
        prepared = calls.through(most)
        before = stand.cpu()
        load = stand.wire.closed(stand.url("lgsp"), prepared, connections=_CONNECTIONS, seconds=_ROUND_SECONDS)
        notes.append("through: " + spent(before, stand.cpu(), len(load.answers)))
        answered += _known(load)
        return load.rate

    def directly() -> float:
        prepared = calls.directly(most)
        before = stand.cpu()
        load = stand.wire.closed(stand.url("national"), prepared, connections=_CONNECTIONS, seconds=_ROUND_SECONDS)
        notes.append("direct: " + spent(before, stand.cpu(), len(load.answers)))
        _known(load)
        return load.rate

    rounds = alternate(through, directly, what="lgsp throughput")
    for note in notes[-2:]:
        say(note)
    mine = ("portal", "population.verify")  # systems call of themselves, too
    audited = sum((row["consumer"], row["operation"]) == mine for row in stand.export("lgsp", "audit"))
    check(audited == answered, f"{answered} calls were answered, {audited} stand in the audit")
    stand.settle_log()
    half, known = _added(stand, calls, rounds.ours * _HALF), _added(stand, calls, _KNOWN_RATE)
    return [
        against_peer(
            "lgsp.throughput",
            rounds,
            unit="calls/s",
            peer="the same call directly to the provider",
            at_least=0.6,
            note=f"{_CONNECTIONS} keep-alive connections; " + "; ".join(notes[-2:]),
        ),
        against_limit("lgsp.p99_added", half.added, unit="ms", at_most=5, note=half.told + _nginx_adds(stand, calls)),
        against_limit("lgsp.p99_added_at_1000", known.added, unit="ms", at_most=5, note=known.told),
    ]


class _Added(msgspec.Struct, frozen=True):
    """What a way adds to the p99 of the direct one at a rate, in ms."""

    added: float
    told: str


def _added(stand: Stand, calls: _Calls, rate: float) -> _Added:
    late = _late(stand, rate, lambda count: (stand.url("lgsp"), calls.through(count)), calls)
    bare = percentile(stand.pgbench_latencies(rate=rate, seconds=int(_LATE_SECONDS)), 0.99) * 1000
    noise = "UNKNOWN, the machine was too busy to tell: " if late.peer > _CALM_MS else ""
    return _Added(
        late.ours - late.peer,
        f"{noise}open loop at {rate:.0f}/s: {late.ours:.1f} ms through, {late.peer:.1f} ms directly; "
        f"{bare:.1f} ms one bare durable row (pgbench)",
    )


def _late(stand: Stand, rate: float, way: Callable[[int], tuple[str, list[bytes]]], calls: _Calls) -> Rounds:
    """P99 in ms on a way and directly, by turns."""
    count = int(rate * _LATE_SECONDS)

    def slow(url: str, prepared: list[bytes]) -> float:
        load = stand.wire.open(url, prepared, connections=_CONNECTIONS, rate=rate)
        _known(load)
        return percentile(load.latencies, 0.99) * 1000

    return alternate(
        lambda: slow(*way(count)),
        lambda: slow(stand.url("national"), calls.directly(count)),
        rounds=5,
        what=f"lgsp p99 at {rate:.0f}/s",
    )


def _nginx_adds(stand: Stand, calls: _Calls) -> str:
    """Tell what an nginx before the provider adds at half of what it carries; empty where there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        say("no nginx on the PATH: not measured beside it")
        return ""
    with _nginx(program, stand) as url:
        prepared = calls.directly(int(_MOST_PER_SECOND * _ROUND_SECONDS))
        load = stand.wire.closed(url, prepared, connections=_CONNECTIONS, seconds=_ROUND_SECONDS)
        _known(load)
        rate = load.rate * _HALF
        late = _late(stand, rate, lambda count: (url, calls.directly(count)), calls)
    return (
        f"; an nginx that checks and writes nothing, at half of what it carries, {rate:.0f}/s: "
        f"{late.ours:.1f} ms through, {late.peer:.1f} ms directly, {late.ours - late.peer:.1f} ms added"
    )


@contextmanager
def _nginx(program: str, stand: Stand) -> Iterator[str]:
    folder = stand.folder / "nginx"
    folder.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"folder": folder, "provider": urlsplit(stand.url("national")).netloc, "port": port}
    Path(folder, "nginx.conf").write_text(_NGINX % settings)
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                check(process.poll() is None and time.monotonic() < deadline, "nginx does not answer")
                time.sleep(0.05)
            else:
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _known(load: Load) -> int:
    check(load.statuses == {200}, f"statuses {load.statuses}")
    strangers = sum(1 for _, body in load.answers if not body.startswith(b'{"exists":true'))
    check(not strangers, f"{strangers} people of the province were not known")
    return len(load.answers)
