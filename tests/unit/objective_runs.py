"""Runs of four hundred operations, for objectives to be held against."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from simulation import plan as plans
from simulation.journal import Event, Observation, Writer
from simulation.plan import Plan
from simulation.timeline import Timeline

COUNT = 400
#: Run second 0 is six o'clock, second 100 four in the afternoon.
TIMELINE = Timeline(day="2018-08-22", points=((6 * 3600.0, 0.0), (16 * 3600.0, 100.0)))


def run_folder(folder: Path, change: Callable[[int, Observation], Observation] = lambda _n, seen: seen) -> Path:
    """A run with 400 operations of 100 to 200 ms, evenly over the day, each changed as asked."""
    folder.mkdir()
    plan = Plan(
        scenario="toy", province="toy", era="2018", seed=1, timeline=TIMELINE, requirements=(), counts={}, journeys=()
    )
    plans.save(plan, folder / "plan")
    (folder / "journal").mkdir()
    (folder / "metrics").mkdir()
    writer = Writer(folder / "journal" / "worker-0.ndjson")
    rng = np.random.default_rng(8)
    for number in range(COUNT):
        at = number * 100 / COUNT
        seen = Observation(
            journey=f"dossier-online-{number:04d}",
            step=1,
            operation="portal.submit" if number % 2 else "portal.search",
            actor="citizen" if number % 4 else "company_agent",
            planned=at,
            intended=at,
            start=at + 0.001,
            end=at + float(rng.uniform(0.1, 0.2)),
            outcome="ok",
        )
        writer.write(change(number, seen))
    writer.write(Event(at=101.0, event="end"))
    writer.close()
    samples = [
        {"at": 1000.0 + second, "service": service, "cpu_percent": 30.0, "memory_mb": 100.0 + second, "restarts": 0}
        for second in range(10)
        for service in ("portal", "lgsp")
    ]
    lines = "".join(json.dumps(sample) + "\n" for sample in samples)
    (folder / "metrics" / "processes.ndjson").write_text(lines)
    return folder


def slower(seconds: float, *, where: Callable[[Observation], bool] = lambda _seen: True) -> Callable[..., Observation]:
    """A change that makes some operations slower."""

    def change(_number: int, seen: Observation) -> Observation:
        return Observation(
            **{name: getattr(seen, name) for name in seen.__struct_fields__}
            | {"end": seen.end + (seconds if where(seen) else 0.0)}
        )

    return change
