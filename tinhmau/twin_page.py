"""The twin's page: what it was fitted to, what it tells of loads, what it was held against."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from simulation.text import Text
from simulation.twin import fitting
from simulation.twin.fitting import Forecast, Twin
from simulation.twin.observed import P95, Observed
from verification.report import drawing
from verification.report.drawing import both, label
from verification.report.rendering import write
from verification.wording import number

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 1000, 260, 60, 28, 12
_POINTS = 40
_TICKS = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


def render(
    path: Path, twin: Twin, *, seen: Sequence[Observed], unseen: Sequence[Observed], scenario: str,
    environment: Mapping[str, Any],
) -> Path:  # fmt: skip
    """Write the page; returns its path."""
    rows = [(one, fitting.forecast(twin, one.load, slow=one.slow), one in unseen) for one in (*seen, *unseen)]
    return write(
        path,
        "twin.html.j2",
        {
            "twin": twin,
            "rows": sorted(rows, key=lambda row: row[0].load),
            "scenario": scenario,
            "environment": environment,
            "curve": curve(twin, seen, unseen),
            "worst": _worst([(one, told) for one, told, new in rows if new]),
        },
        filters={
            "load": lambda value: both(drawing.load(value)),
            "ms": lambda seconds: both(number(1000 * seconds)),
            "fine": lambda seconds: both(number(1000 * seconds, places=2)),
            "one": lambda value: both(number(value, places=1)),
            "two": lambda value: both(number(value, places=2)),
            "four": lambda value: both(number(value, places=4)),
            "slower": lambda slow: both(number(100 * (slow - 1))),
            "days": lambda one: both(days(one)),
            "off": lambda pair: both(number(100 * (pair[0] / pair[1] - 1), places=1)),
        },
        words={},
    )


def days(seen: Observed) -> Text:
    """From the lowest to the highest p95 of a load's runs, in ms, and how many they were; nothing for a single run."""
    if len(seen.days) < 2:  # noqa: PLR2004 -- one has no spread
        return Text("", "")
    low, high = (number(1000 * p95) for p95 in seen.spread)
    count, (least, most) = len(seen.days), seen.interval
    told = Text(f"{low.vi} – {high.vi} ({count} ngày", f"{low.en} – {high.en} ({count} days")
    if not math.isfinite(most):
        return Text(f"{told.vi})", f"{told.en})")
    least_told, most_told = number(1000 * least), number(1000 * most)
    return Text(
        f"{told.vi}; 90 % chắc: {least_told.vi} – {most_told.vi})",
        f"{told.en}; 90 % sure: {least_told.en} – {most_told.en})",
    )


def known(seen: Observed) -> Text:
    """Between which p95 of a load's runs lies, 90 % sure, in ms, and of how many runs; "?" where they are too few."""
    low, high = (number(1000 * p95) if math.isfinite(p95) else None for p95 in seen.interval)
    count = max(1, len(seen.days))
    if low is None or high is None:
        return Text(f"? ({count} ngày)", f"? ({count} days)")
    return Text(f"{low.vi} – {high.vi} ({count} ngày)", f"{low.en} – {high.en} ({count} days)")


def _worst(unseen: Sequence[tuple[Observed, Forecast]]) -> tuple[float, float] | None:
    """How far the runs it has not seen are told wrong at most, in percent: p95, throughput. None without any."""
    if not unseen:
        return None
    waiting = max(abs(told.p95 / one.latency(P95) - 1) for one, told in unseen)
    return 100 * waiting, 100 * max(abs(told.throughput / one.good - 1) for one, told in unseen)


def curve(twin: Twin, seen: Sequence[Observed], unseen: Sequence[Observed]) -> Markup:
    """Load against p95, both logarithmic: the line is told, circles were fitted to, crosses were not seen before.

    A bar goes from the lowest to the highest day of a load that was measured on several.
    """
    loads = [one.load for one in (*seen, *unseen)]
    low, high = min(loads) / 1.2, max(loads) * 1.5
    told: list[Forecast] = [fitting.forecast(twin, float(load)) for load in np.geomspace(low, high, _POINTS)]
    waits = [
        max(wait, 1e-3)
        for wait in (*(one.p95 for one in told), *(p95 for one in (*seen, *unseen) for p95 in one.spread))
    ]
    bottom, top = 10 ** math.floor(math.log10(min(waits))), 10 ** math.ceil(math.log10(max(waits) * 1.01))

    def x(load: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 12) * math.log(load / low) / math.log(high / low)

    def y(seconds: float) -> float:
        height = _HEIGHT - _TOP - _BOTTOM
        return _TOP + height * (1 - math.log(max(seconds, bottom) / bottom) / math.log(top / bottom))

    parts = [
        Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="label" x="{}" y="{:.1f}">{}</text>').format(
            _LEFT, y(tick), _WIDTH - 12, _LEFT - 6, y(tick) + 4, f"{tick:g} s" if tick >= 1 else f"{tick * 1000:g} ms"
        )
        for tick in _TICKS
        if bottom <= tick <= top
    ]
    path = "L".join(f"{x(one.load):.1f} {y(one.p95):.1f}" for one in told)
    parts.append(Markup('<path class="line l0" d="M{}"/>').format(path))
    parts += [
        Markup('<path class="thin" d="M{:.1f} {:.1f}V{:.1f}"/>').format(x(one.load), *map(y, one.spread))
        for one in (*seen, *unseen)
    ]
    parts += [
        Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="5"/>').format(x(one.load), y(one.latency(P95)))
        for one in seen
    ]
    parts += [
        Markup('<path class="tip" d="M{:.1f} {:.1f}l10 10m0 -10l-10 10"/>').format(
            x(one.load) - 5, y(one.latency(P95)) - 5
        )
        for one in unseen
    ]
    parts += [
        Markup('<text class="time" x="{:.1f}" y="{}">{}</text>').format(x(load), _HEIGHT - 8, label(drawing.load(load)))
        for load in sorted(set(loads))
    ]
    return Markup('<svg class="chart" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        _WIDTH, _HEIGHT, Markup("").join(parts)
    )
