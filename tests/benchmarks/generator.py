"""The load generator beside Locust's FastHttpUser and k6: requests for a second of processor time, lateness, a stall.

All walk the same journey (two reads, a write with a key of its own, one member of the answer's JSON read) with their
statistics on, against the same server. Ours keeps its journal on disk besides. k6 is measured where it is found: on the
PATH, or where `K6` points.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from infra import stack as stacks
from infra.stack import Stack
from loadtests.books import SERVICES
from loadtests.drive import drive
from loadtests.generator_summary import FILE
from simulation import plan as plans
from simulation.histogram import Histogram
from simulation.plan import Journey, Plan, Step
from simulation.timeline import Timeline
from tests.benchmarks import echo
from tests.benchmarks.kit import Row, against_limit, against_peer, alternate, check, say

_SECONDS = 4.0  # of traffic in a round
_ROUNDS = 3
_TOO_MUCH = 40_000.0  # requests a second, to find out what one worker carries
_CONNECTIONS = 100
_PER_JOURNEY = 3
_PEER_USERS = 50
_SEVEN = 7 * 3600.0
_STALL_BEGINS, _STALL_SECONDS, _STALL_RUN, _STALL_RATE = 4.0, 2.0, 10.0, 200.0
#: Arrivals are even; a fifth of them fall into the stall and wait between 0 and 2 s: 5 % of all wait longer than this.
_COMPUTED_P95 = _STALL_SECONDS * (1 - 0.05 / (_STALL_SECONDS / _STALL_RUN))

_WRITE = {
    "procedure": "1.004873",
    "applicant": {"personal_number": "083180000001", "full_name": "Đỗ Thị Ươm"},
    "fee_cash": 8000,
    "delivery": "counter",
}

_LOCUSTFILE = """
import itertools, json, sys, time
from locust import FastHttpUser, constant_throughput, events, task

BODY = json.dumps(%(write)r)
numbers = itertools.count()
began = 0.0

@events.test_start.add_listener
def start(**_):
    global began
    began = time.process_time()

@events.test_stop.add_listener
def stop(environment, **_):
    total = environment.stats.total
    p95 = total.get_response_time_percentile(0.95)
    print("RESULT", total.num_requests, total.num_failures, time.process_time() - began, p95, file=sys.stderr)

class Citizen(FastHttpUser):
    host = %(origin)r
    %(wait)s

    @task
    def go(self):
        number = next(numbers)
        trace = {"traceparent": f"00-{number:032x}-{number:016x}-01"}
        self.client.get("/", headers=trace, name="portal.home")
        if %(whole)r:
            self.client.get("/", headers=trace, name="portal.home")
            headers = {**trace, "Content-Type": "application/json", "Idempotency-Key": f"key-{number}"}
            answer = self.client.post("/api/dossiers", data=BODY, headers=headers, name="onestop.receive")
            assert answer.json()["code"]
"""

_K6_SCRIPT = """
import http from 'k6/http';
import { check } from 'k6';
export const options = { vus: %(users)d, duration: '%(seconds)ds', summaryTrendStats: ['p(95)'] };
const body = JSON.stringify(%(write)s);
export default function () {
  const number = `${__VU}-${__ITER}`;
  const trace = `00-${String(__VU).padStart(16, '0')}${String(__ITER).padStart(16, '0')}-0000000000000001-01`;
  check(http.get('%(origin)s/', { headers: { traceparent: trace } }), { ok: (r) => r.status === 200 });
  check(http.get('%(origin)s/', { headers: { traceparent: trace } }), { ok: (r) => r.status === 200 });
  const headers = { traceparent: trace, 'Content-Type': 'application/json', 'Idempotency-Key': number };
  const answer = http.post('%(origin)s/api/dossiers', body, { headers });
  check(answer, { ok: (r) => r.status === 200 && r.json('code') !== '' });
}
"""


def run() -> list[Row]:
    """Measure."""
    with echo.serving() as origin:
        carried = _ours(origin, _TOO_MUCH).rate
        say(f"one worker carries about {carried:.0f} requests/s here")
        efficiency = _efficiency(origin, carried)
        late = [_ours(origin, carried / 2) for _ in range(_ROUNDS)]
    p99 = statistics.median(one.lateness.percentile(0.99) * 1000 for one in late)
    return [
        *efficiency,
        against_limit(
            "generator.lateness_p99",
            p99,
            unit="ms",
            at_most=10,
            note=f"open loop at {carried / 2:.0f} requests/s, half of what one worker carried; median of {_ROUNDS}",
        ),
        _stall(),
    ]


def _efficiency(origin: str, carried: float) -> list[Row]:
    def ours() -> float:
        return _ours(origin, carried).per_core

    fast = alternate(ours, lambda: _fast(origin), rounds=_ROUNDS, what="generator beside FastHttpUser")
    rows = [
        against_peer("generator.locust", fast, unit="requests/s/core", peer="Locust FastHttpUser", at_least=5),
    ]
    k6 = os.environ.get("K6") or shutil.which("k6")
    if k6:
        base = _k6(k6, origin, seconds=0)[1]
        beside = alternate(ours, lambda: _k6_rate(k6, origin, base), rounds=_ROUNDS, what="generator beside k6")
        rows.append(against_peer("generator.k6", beside, unit="requests/s/core", peer="k6", at_least=2))
        peer = "k6 --out csv"
        alike = alternate(ours, lambda: _k6_rate(k6, origin, base, csv=True), rounds=_ROUNDS, what=f"beside {peer}")
        note = "like ours, it then keeps a line on disk for every request"
        rows.append(
            against_peer("generator.k6_with_lines", alike, unit="requests/s/core", peer=peer, at_least=2, note=note)
        )
    else:
        say("no k6 on the PATH and none named by K6: not measured beside it")
    return rows


class _Ours(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the real thing: Locust's master and one swift worker."""

    rate: float  #: requests a second
    per_core: float  #: requests for a second of the worker's processor time
    lateness: Histogram
    p95: float  #: seconds, of portal.home


def _ours(origin: str, rate: float, *, seconds: float = _SECONDS, whole: bool = True) -> _Ours:
    with tempfile.TemporaryDirectory(prefix="tinhmau-bench-") as name:
        folder = Path(name)
        result = drive(
            plan=_plan(folder, rate, seconds, whole=whole),
            stack=_stack(folder, origin),
            journal=folder / "journal",
            workers=1,
            most_under_way=_CONNECTIONS if whole else 5000,
        )
        told: dict[str, Any] = msgspec.json.decode((folder / "journal" / FILE).read_bytes())
        journal = (folder / "journal" / "worker-0.ndjson").read_bytes()
    made = {name: Histogram.from_dict(plain) for name, plain in told["histograms"].items()}
    count = sum(one.count for one in made.values())
    check(journal.count(b'"outcome":"ok"') == count, "not every request is in the journal as answered")
    used = told["workers"][0]["cpu_share"] * result.seconds
    return _Ours(
        rate=count / result.seconds,
        per_core=count / used,
        lateness=Histogram.from_dict(told["lateness"]),
        p95=made["portal.home"].percentile(0.95),
    )


def _fast(origin: str) -> float:
    requests, _, used, _ = _locust(origin, users=_PEER_USERS, seconds=_SECONDS, whole=True, wait="")
    return requests / used


def _locust(origin: str, *, users: int, seconds: float, whole: bool, wait: str) -> tuple[int, int, float, float]:
    """Stock Locust: requests, failures, processor seconds while it ran, reported p95 in ms."""
    with tempfile.TemporaryDirectory(prefix="tinhmau-bench-") as name:
        file = Path(name) / "peer_users.py"
        file.write_text(_LOCUSTFILE % {"write": _WRITE, "origin": origin, "whole": whole, "wait": wait})
        done = subprocess.run(
            [sys.executable, "-m", "locust", "-f", file, "--headless", "--only-summary",
             "-u", str(users), "-r", str(users), "-t", f"{seconds:.0f}s"],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    told = re.search(r"^RESULT (\d+) (\d+) (\S+) (\S+)$", done.stderr, re.MULTILINE)
    check(told, f"Locust said no result: {done.stderr[-500:]}")
    assert told is not None
    check(told.group(2) == "0", f"{told.group(2)} requests of Locust failed")
    return int(told.group(1)), 0, float(told.group(3)), float(told.group(4))


def _k6_rate(k6: str, origin: str, base: float, *, csv: bool = False) -> float:
    requests, used = _k6(k6, origin, seconds=int(_SECONDS), csv=csv)
    return requests / (used - base)


def _k6(k6: str, origin: str, *, seconds: int, csv: bool = False) -> tuple[int, float]:
    """Requests and processor seconds of one run; 0 seconds: what starting and ending cost."""
    with tempfile.TemporaryDirectory(prefix="tinhmau-bench-") as name:
        file = Path(name) / "journey.js"
        write = msgspec.json.encode(_WRITE).decode()
        text = _K6_SCRIPT % {"users": _PEER_USERS, "seconds": max(seconds, 1), "write": write, "origin": origin}
        file.write_text(
            text if seconds else "export const options = { vus: 1, iterations: 1 }; export default () => {};"
        )
        before = _children()
        done = subprocess.run(
            [k6, "run", "--quiet", "--no-usage-report", *(["--out", f"csv={name}/lines.csv"] if csv else []), file],
            capture_output=True, text=True, check=False, timeout=120, env={"HOME": name, "PATH": os.environ["PATH"]},
        )  # fmt: skip
        used = _children() - before
    check(done.returncode == 0, f"k6 failed: {done.stderr[-500:]}")
    if not seconds:
        return 0, used
    counted = re.search(r"http_reqs\W+(\d+)", done.stdout)
    check(counted, f"k6 counted nothing: {done.stdout[-500:]}")
    check("✗" not in done.stdout, "k6 saw failed checks")
    assert counted is not None
    return int(counted.group(1)), used


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stall() -> Row:
    """Ten seconds with a stall of two: what is reported for the people who came meanwhile."""
    stall = (_STALL_BEGINS, _STALL_SECONDS)
    with echo.serving(stall=stall) as origin:
        ours = _ours(origin, _STALL_RATE, seconds=_STALL_RUN, whole=False).p95
    users = 20
    with echo.serving(stall=stall) as origin:
        wait = f"wait_time = constant_throughput({_STALL_RATE / users})"
        _, _, _, theirs = _locust(origin, users=users, seconds=_STALL_RUN, whole=False, wait=wait)
    say(f"p95 with a stall: computed {_COMPUTED_P95:.3f} s, ours {ours:.3f} s, Locust {theirs:.0f} ms")
    error = abs(ours - _COMPUTED_P95) / _COMPUTED_P95 * 100
    return against_limit(
        "generator.stall_p95_error",
        error,
        unit="%",
        at_most=10,
        note=f"2 s stall in 10 s: computed p95 {_COMPUTED_P95:.2f} s, ours {ours:.3f} s; Locust's users at the "
        f"same rate report {theirs:.0f} ms",
    )


def _plan(folder: Path, rate: float, seconds: float, *, whole: bool) -> Path:
    acts: list[tuple[str, dict[str, Any]]] = [("portal.home", {})]
    if whole:
        acts += [("portal.home", {}), ("onestop.receive", _WRITE)]
    count = int(rate * seconds / len(acts))
    steps: Callable[[float], tuple[Step, ...]] = lambda at: tuple(  # noqa: E731 -- one line of a table
        Step(number=number, at=at, actor="citizen", account="a", operation=operation, detail=detail)
        for number, (operation, detail) in enumerate(acts, start=1)
    )
    plan = Plan(
        scenario="bench",
        province="toy",
        era="2018",
        seed=1,
        timeline=Timeline(day="2018-08-22", points=((_SEVEN, 0.0), (_SEVEN + seconds, seconds))),
        requirements=(),
        counts={},
        journeys=tuple(
            Journey(id=f"bench-{number}", kind="bench", steps=steps(_SEVEN + number * seconds / count))
            for number in range(count)
        ),
    )
    plans.save(plan, folder / "plan")
    return folder / "plan"


def _stack(folder: Path, origin: str) -> Path:
    stack = Stack(
        name="bench",
        target="bench",
        province="toy",
        era="2018",
        endpoints=dict.fromkeys(SERVICES, origin),
        audit_token="none",
        passcode_key="key",
        certificate_authority="",
    )
    path = folder / "stack.json"
    stacks.save(stack, path)
    return path
