"""The engine beside SimPy and C++ on the same model, and a year of a province.

All three draw service times as they go. The C++ peer has the engine's arrivals and draws, so its mean stay has to be
the same; SimPy draws with Python's own generator, as its users do, and its mean stay has to be Erlang's within four
standard errors. Rounds take turns, and time is processor time: what else the machine does is kept out as far as that
goes.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from simulation import engine as core
from simulation.engine import Arrivals, Network, Outcome, Place, Program, Team, exponential
from simulation.streams import Streams
from tests.benchmarks.kit import Row, against_limit, against_peer, alternate, check

CUSTOMERS = 200_000
SERVERS, RATE = 5, 4.0
ROLES = ("first", "second", "third")
EVENTS = 4 * CUSTOMERS  #: one arrival and three ends of service each
STEADY_SECONDS = 3.0  #: the engine runs again and again for so long, as SimPy does for one run: noise is even then
SAME = 1e-6  #: how far the mean stays with the same draws may lie apart, relatively
#: Mean stay in theory: three times 1 + C(5, 4) / (5 - 4), as the output of M/M/c is Poisson (Burke).
THEORY = 3 * (1 + 0.554113)
#: Four standard deviations of the mean stay of 200,000 customers: 40 runs of the engine scatter by 0.040.
SCATTER = 0.16
_SOURCE = Path(__file__).parent / "cpp" / "tandem.cpp"


def model(streams: Streams) -> tuple[Program, Network, Arrivals]:
    """Three M/M/5 stations in a row, four customers a second, each a second at a station on average."""
    program = Program(roles=ROLES)
    for role in ROLES:
        program.serve(role, exponential(1.0), stream=role)
    program.end()
    place = Place(name="here", teams={role: [Team(name=role, servers=SERVERS)] for role in ROLES})
    moments = np.cumsum(streams["arrivals"].exponential(1.0 / RATE, CUSTOMERS))
    zeros = np.zeros(CUSTOMERS, dtype=np.int64)
    return program, Network(places=(place,)), Arrivals(moments, zeros, zeros)


def stay(outcome: Outcome, arrivals: Arrivals) -> float:
    """Mean stay by Little's law, which is exact over a run that begins and ends empty."""
    return float(outcome.inside.sum()) * outcome.last / len(arrivals.moments)


def in_cpp(binary: Path, arrivals: Path, keys: list[int]) -> tuple[float, float]:
    """Seconds (best of three runs in one process) and mean stay of the C++ peer."""
    command = [str(binary), str(arrivals), str(CUSTOMERS), "3", *map(str, keys)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    seconds, events, mean = zip(*(line.split() for line in lines), strict=True)
    check(int(events[0]) == EVENTS, f"C++ counts {events[0]} events, not {EVENTS}")
    return min(map(float, seconds)), float(mean[0])


def in_simpy(seed: int) -> tuple[float, float]:
    """Seconds and mean stay of SimPy."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    inside = 0.0
    environment = simpy.Environment()
    stations = [simpy.Resource(environment, capacity=SERVERS) for _ in ROLES]

    def customer() -> Generator[Any, Any, None]:
        nonlocal inside
        came = environment.now
        for station in stations:
            with station.request() as turn:
                yield turn
                yield environment.timeout(chance.expovariate(1.0))
        inside += environment.now - came

    def door() -> Generator[Any, Any, None]:
        for _ in range(CUSTOMERS):
            yield environment.timeout(chance.expovariate(RATE))
            environment.process(customer())

    environment.process(door())
    began = time.process_time()
    environment.run()
    return time.process_time() - began, inside / CUSTOMERS


def year() -> dict[str, float]:
    """Play one year of Bến Tre in a process of its own; returns what it took."""
    script = """
import json, time
from simulation import province_files, scenario_files
from simulation.engine import run
from simulation.streams import Streams
from tests.benchmarks.kit import peak_mebibytes
from simulation.year import simulate, simulating
scenario = scenario_files.load("ben_tre_2018")
province = province_files.load(scenario.province)
simulate(province_files.load("toy"), scenario_files.load("toy"), seed=1, replications=1)  # whatever is compiled, is
began = time.process_time()
seen = simulate(province, scenario, seed=1, replications=1)
whole = time.process_time() - began
setting = simulating.setting_of(province, scenario, seen.conduct)
streams = Streams(1).within("year.0")
network = simulating.network_of(province, setting.conduct, setting.office, streams=streams)
coming = simulating.arrivals_of(province, scenario, setting.conduct, setting.paths, setting.days, streams=streams)
best = float("inf")
for _ in range(3):
    began = time.process_time()
    run(setting.paths.program, network, coming, streams=streams.within("engine"), warm_up=setting.warm_up,
        until=setting.until)
    best = min(best, time.process_time() - began)
answers = {name: seen.interval(name).mean for name in ("dossiers_received", "on_time_share", "signed_share")}
peak = peak_mebibytes()
print(json.dumps({"seconds": whole, "events": seen.events, "best": best, "mebibytes": peak, **answers}))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def tandem() -> list[Row]:
    """Engine, SimPy, C++."""
    streams = Streams(1)
    program, network, arrivals = model(streams)
    keys = [streams.derive(f"engine.{role}") for role in ROLES]

    def steadily() -> float:
        began, runs = time.process_time(), 0
        while (took := time.process_time() - began) < STEADY_SECONDS:
            core.run(program, network, arrivals, streams=streams)
            runs += 1
        return runs * EVENTS / took

    def ours() -> float:
        best = math.inf
        for _ in range(3):
            began = time.process_time()
            outcome = core.run(program, network, arrivals, streams=streams)
            best = min(best, time.process_time() - began)
        check(outcome.events == EVENTS, f"{outcome.events} events, not {EVENTS}")
        check(abs(stay(outcome, arrivals) - THEORY) < SCATTER, f"mean stay {stay(outcome, arrivals)}, not {THEORY}")
        return EVENTS / best

    began = time.perf_counter()
    ours()  # and its answers are right
    compiled = time.perf_counter() - began
    mean = stay(core.run(program, network, arrivals, streams=streams), arrivals)
    seeds = iter(range(100))

    def simpy_round() -> float:
        seconds, seen = in_simpy(next(seeds))
        check(abs(seen - THEORY) < SCATTER, f"SimPy's mean stay {seen}, not {THEORY}")
        return EVENTS / seconds

    note = f"3 x M/M/{SERVERS} in tandem, {CUSTOMERS:,} customers; first call, compiled or cached: {compiled:.1f} s"
    rows = [
        against_peer(
            "engine.tandem_against_simpy",
            alternate(steadily, simpy_round, rounds=5, what="tandem, engine and SimPy"),
            unit="events/s",
            peer="SimPy",
            at_least=100.0,
            note=f"{note}; each side over some seconds of processor time",
        )
    ]
    compiler = shutil.which("g++")
    if compiler is None:
        return rows
    with tempfile.TemporaryDirectory() as folder:
        binary, file = Path(folder) / "tandem", Path(folder) / "arrivals.bin"
        arrivals.moments.tofile(file)
        subprocess.run([compiler, "-O3", "-o", str(binary), str(_SOURCE)], check=True)

        def cpp_round() -> float:
            seconds, seen = in_cpp(binary, file, keys)
            check(math.isclose(seen, mean, rel_tol=SAME), f"C++ has a mean stay of {seen}, the engine {mean}")
            return EVENTS / seconds

        rounds = alternate(ours, cpp_round, rounds=7, what="tandem, engine and C++")
    rows.append(
        against_peer(
            "engine.tandem_against_cpp",
            rounds,
            unit="events/s",
            peer="C++ (g++ -O3), same draws",
            at_least=0.8,
            note=note,
        )
    )
    return rows


def year_rows() -> list[Row]:
    """A year of Bến Tre, all desks."""
    seen = year()
    # The answer: half a million dossiers, most on time, and the province's own share of digital signatures.
    check(480_000 < seen["dossiers_received"] < 520_000, f"{seen}")
    check(0.9 < seen["on_time_share"] < 1.0, f"{seen}")
    check(0.2 < seen["signed_share"] < 0.4, f"{seen}")
    note = f"{seen['events']:,} events, half a million dossiers, one core"
    return [
        against_limit("engine.year_speed", seen["events"] / seen["best"], unit="events/s", at_least=2e6, note=note),
        against_limit("engine.year_time", seen["seconds"], unit="s", at_most=15.0, note=f"{note}, with drawing"),
        against_limit("engine.year_memory", seen["mebibytes"], unit="MiB", at_most=1024.0, note=note),
    ]


def run() -> list[Row]:
    """All rows."""
    return tandem() + year_rows()
