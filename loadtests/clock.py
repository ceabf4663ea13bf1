"""Sets the stack's official time, so that the services' clocks agree with the plan's from the first second on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from simulation.timeline import Timeline


class ClockFile(msgspec.Struct, frozen=True, kw_only=True):
    """What `CLOCK_FILE` holds (docs/reference-data.md)."""

    day: str
    points: tuple[tuple[float, float], ...]
    began: float  #: Unix time of run second 0


def set_clock(path: Path, timeline: Timeline, *, began: float) -> None:
    """Write the clock file whole or not at all: a service that reads it meanwhile sees the old one."""
    text = msgspec.json.encode(ClockFile(day=timeline.day, points=timeline.points, began=began))
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(text)
    fresh.replace(path)
