"""One probe of a running stack: the scenario's day at a multiple of its volume, watched and held against objectives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import msgspec
import numpy as np

from infra.local import control
from infra.stack import Stack
from infra.trouble import TargetError
from loadtests import ledger
from loadtests.planted.bottleneck import nothing
from loadtests.watch import Watch
from loadtests.yardstick import Yardstick
from simulation import plan as plans
from simulation import planner
from simulation.plan import Plan
from simulation.population import Population
from simulation.province import Province
from simulation.scenario import Scenario
from simulation.text import Text
from tinhmau import screen
from tinhmau.following import follow
from tinhmau.phases import Traffic, World, installations
from verification import evidence
from verification.capacity import bottleneck, pace, sights
from verification.capacity.disturbance import believed, disturbance
from verification.capacity.lateness import judge_either_way
from verification.capacity.verdict import Probed
from verification.evidence import Evidence
from verification.objectives.files import Objectives
from verification.objectives.hopeless import Hope
from verification.objectives.judging import ObjectiveResult, overall

Acting = Callable[[Stack], AbstractContextManager[None]]
_SETTLE_SECONDS = 60  # what an overloaded day leaves behind; the next probe is to meet an idle stack
_NOT_BENT = "poll"  # machines come by the clock, however many people there are


def scaled(scenario: Scenario, load: float) -> Scenario:
    """The same day with `load` times as many of everybody who does not come by the clock."""
    journeys = {kind: factor * (1 if kind == _NOT_BENT else load) for kind, factor in scenario.journeys.items()}
    return msgspec.structs.replace(scenario, journeys=journeys)


def probe(
    world: World,
    stack: Stack,
    folder: Path,
    *,
    number: int,
    load: float,
    objectives: Objectives,
    workers: int,
    acting: Acting | None = None,
    to_the_end: bool = False,
) -> Probed:
    """Drive, watch, judge and settle; everything is kept in `folder`, which is a run folder of its own.

    `acting` makes something scarce on the stack while it is loaded. A day whose objectives cannot be kept any more is
    given up, unless it is wanted `to_the_end`.
    """
    seed = world.plan.seed + number
    planned = _plan(world.scenario, world.province, world.people, load=load, seed=seed, folder=folder)
    metrics, chance = folder / "metrics", np.random.default_rng(seed)
    metrics.mkdir(parents=True, exist_ok=True)
    if stack.control:
        control.ask(stack.control, {"act": "metrics", "folder": str(metrics.resolve())})
    with (
        Traffic(folder, workers=workers) as traffic,
        (acting or nothing)(stack),
        Watch(stack, metrics, chance=chance),
        Yardstick(metrics),
    ):
        hope = Hope(objectives, timeline=planned.timeline, steps=planned.counts["steps"])
        driven = traffic.drive(
            stack,
            stack_file=folder.parents[1] / "stack.json",
            enough=_never if to_the_end else follow(hope, folder),
        )
    if stack.control:  # what settling uses is not what the load used
        with suppress(TargetError):
            control.ask(stack.control, {"act": "metrics", "folder": str(folder.parents[1] / "metrics")})
    seen = evidence.gather(folder)
    results = hope.results() if driven.given_up else judge_either_way(objectives, seen)
    worst = suffering(seen, began=driven.began)
    looked, disturbed = telling(metrics, worst), disturbance(sights.read(metrics, moments=worst))
    with screen.progress(Text("Chờ hệ thống lắng xuống", "Letting the stack settle")) as tell:
        # Where the day was given up, documents wait at the hub whose offices have asked for the last time.
        left = ledger.settle(stack, seconds=_SETTLE_SECONDS, installations=installations(folder), progress=tell)
    told = sum_up(number, load, seed, planned, seen, results, looked, disturbed, left=sum(map(abs, left.values())))
    return msgspec.structs.replace(told, pace=pace.read(metrics))


def _never(_began: float) -> str:
    return ""


def telling(metrics: Path, moments: Sequence[tuple[float, float]]) -> sights.Sights:
    """What was seen while clients waited longest; of the whole day where nothing scarce was seen then.

    Where attempts end by their time-outs, the longest waits last into seconds when hardly anybody is left who waits.
    """
    worst, whole = sights.read(metrics, moments=moments), sights.read(metrics)
    return whole if bottleneck.suspects(whole) and not bottleneck.suspects(worst) else worst


def suffering(seen: Evidence, *, began: float) -> Sequence[tuple[float, float]]:
    """The Unix seconds in which clients waited longest: the worse half of the seconds in which anybody waited."""
    waited: dict[int, list[float]] = {}
    for one in seen.journal.observations:
        if one.attempt == 1:
            for second in range(int(one.intended), int(one.end) + 1):
                waited.setdefault(second, []).append(one.end - one.intended)
    means = {second: float(np.mean(values)) for second, values in waited.items()}
    bound = float(np.median(list(means.values()))) if means else 0.0
    return [(began + second, began + second + 1) for second, mean in sorted(means.items()) if mean >= bound]


def _plan(scenario: Scenario, province: Province, people: Population, *, load: float, seed: int, folder: Path) -> Plan:
    with screen.progress(Text("Lập kế hoạch một ngày", "Planning the day")) as tell:
        planned = planner.plan(scaled(scenario, load), province, people, seed=seed, progress=tell)
        plans.save(planned, folder / "plan")
    return planned


def sum_up(
    number: int,
    load: float,
    seed: int,
    planned: Plan,
    seen: Evidence,
    results: Sequence[ObjectiveResult],
    looked: sights.Sights,
    disturbed: Text | None,
    *,
    left: int,
) -> Probed:
    """Put together what a probe has shown; `disturbed` says what other programs took, where it was too much."""
    final = [one for one in seen.journal.observations if one.final]
    latencies = np.asarray([one.latency for one in final] or [0.0])
    good = sum(one.outcome == "ok" for one in final)
    seconds = max((one.end for one in final), default=0.0)
    return Probed(
        number=number,
        load=load,
        seed=seed,
        answer=believed(overall(results), disturbed),
        results=tuple(results),
        operations=len(final),
        seconds=seconds,
        busiest=planned.counts["busiest_run_second"],
        good_per_second=good / seconds if seconds else 0.0,
        errors=1 - good / len(final) if final else 0.0,
        p50=float(np.percentile(latencies, 50)),
        p95=float(np.percentile(latencies, 95)),
        left=left,
        suspects=bottleneck.suspects(looked),
        cpu=dict(bottleneck.cpu_by_service(looked)),
        looks=len(looked.looks),
        disturbed=disturbed,
    )
