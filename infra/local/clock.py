"""The official clock of a stack: one small file that every service follows (CLOCK_FILE in docs/reference-data.md)."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path

import msgspec

from infra.stack import Stack
from infra.trouble import TargetError
from simulation.text import Text
from simulation.timeline import VIETNAM, Timeline

_NEVER = 253_402_300_799.0  # the last second of the year 9999: a run that has not been begun


def begin_clock(stack: Stack, timeline: Timeline, began_unix: float) -> None:
    """Let official time follow `timeline`, with run second 0 at Unix time `began_unix`. Raises TargetError."""
    _write(_of(stack), timeline.day, timeline.points, began_unix)


def stand_clock(stack: Stack, day: str, official_second: float) -> None:
    """Set the clock to `official_second` of `day` (ISO date) and let it run at the rate of real time from now on."""
    path = _of(stack)
    _write(path, day, _real_time(official_second), time.time())


def hold(path: Path, timeline: Timeline) -> None:
    """Make the clock stand at the timeline's first point until `begin_clock`."""
    _write(path, timeline.day, timeline.points, _NEVER)


def follow_machine(path: Path) -> None:
    """Make the clock show the machine's time in Việt Nam."""
    now = datetime.now(VIETNAM)
    seconds = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    _write(path, now.date().isoformat(), _real_time(seconds), now.timestamp())


def _real_time(since: float) -> tuple[tuple[float, float], ...]:
    return ((since, 0.0), (since + 60.0, 60.0))  # past its last point a clock runs at rate 1


def _of(stack: Stack) -> Path:
    if not stack.clock:
        raise TargetError(
            Text(
                f"Không đặt được đồng hồ của “{stack.name}”: đích {stack.target} không cho. Hãy chạy theo giờ thật.",
                f"The clock of “{stack.name}” cannot be set: target {stack.target} has no way to. Run in real time.",
            )
        )
    return Path(stack.clock)


def _write(path: Path, day: str, points: tuple[tuple[float, float], ...], began: float) -> None:
    """Replace the file in one step, so that no service ever reads half of it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(msgspec.json.encode({"day": day, "points": points, "began": began}))
    fresh.replace(path)
