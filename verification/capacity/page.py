"""The page of a search: the limit, the curve of load against waiting and errors, what is scarce, every probe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from simulation.text import Text
from verification.answer import WORDS
from verification.capacity.verdict import WHY, Found, Probed, at_full_pace, why_unnamed
from verification.report import drawing
from verification.report.drawing import both, label
from verification.report.rendering import write
from verification.wording import number

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 1000, 240, 60, 28, 12
_SECONDS = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)


def render(run: Path, found: Found, *, scenario: str, environment: Mapping[str, Any]) -> Path:
    """Write `report.html` into the run folder; returns its path."""
    probes = sorted(found.probes, key=lambda one: one.full)
    return write(
        run / "report.html",
        "capacity.html.j2",
        {
            "found": found,
            "scenario": scenario,
            "environment": environment,
            "why": WHY[found.why],
            "why_unnamed": why_unnamed(found),
            "at_full_pace": at_full_pace(found),
            "words": WORDS,
            "waiting": curve(probes, found),
            "probes": found.probes,
        },
        filters={
            "load": lambda value: both(drawing.load(value)),
            "ms": lambda seconds: both(number(seconds * 1000)),
            "percent": _percent,
            "slower": lambda slow: both(number(100 * (slow - 1))),
        },
        words={},
    )


def curve(probes: Sequence[Probed], found: Found) -> Markup:
    """Load at the machine's full pace against p95, both logarithmic.

    Circles kept the objectives, crosses broke them, squares are unknown. The number at a mark is its share of errors,
    where there were any; the band is the interval of the limit.
    """
    if not probes:
        return Markup("")
    loads = [one.full for one in probes]
    low, high = min(loads) / 1.15, max(loads) * 1.15
    waits = [max(one.p95, 0.001) for one in probes]
    bottom, top = 10 ** math.floor(math.log10(min(waits))), 10 ** math.ceil(math.log10(max(waits) * 1.01))

    def x(load: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 12) * math.log(load / low) / math.log(high / low)

    def y(seconds: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (
            1 - math.log(max(seconds, bottom) / bottom) / math.log(top / bottom)
        )

    parts = []
    for tick in _SECONDS:
        if bottom <= tick <= top:
            second = f"{tick:g} s" if tick >= 1 else f"{tick * 1000:g} ms"
            parts.append(
                Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="label" x="{}" y="{:.1f}">{}</text>').format(
                    _LEFT, y(tick), _WIDTH - 12, _LEFT - 6, y(tick) + 4, second
                )
            )
    if found.limit is not None:
        left, right = x(max(found.limit.low, low)), x(min(found.limit.high, high))
        parts.append(
            Markup('<rect class="fill s1" opacity="0.25" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
                left, _TOP, max(right - left, 2), _HEIGHT - _TOP - _BOTTOM
            )
            + Markup('<text class="label" x="{:.1f}" y="{}">{}</text>').format(
                left - 6, _TOP + 12, label(drawing.load(found.limit.load))
            )
        )
    path = "L".join(f"{x(one.full):.1f} {y(one.p95):.1f}" for one in probes)
    parts.append(Markup('<path class="line l0" d="M{}"/>').format(path))
    parts += [_mark(one, x(one.full), y(one.p95)) for one in probes]
    seen: list[float] = []
    for one in probes:
        place = x(one.full)
        if all(abs(place - other) > 60 for other in seen):  # noqa: PLR2004 -- room for one label
            seen.append(place)
            parts.append(
                Markup('<text class="time" x="{:.1f}" y="{}">{}</text>').format(
                    place, _HEIGHT - 8, label(drawing.load(one.full))
                )
            )
    return Markup('<svg class="chart" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        _WIDTH, _HEIGHT, Markup("").join(parts)
    )


def _mark(one: Probed, x: float, y: float) -> Markup:
    if one.answer == "KEPT":
        mark = Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y)
    elif one.answer == "BROKEN":
        mark = Markup('<path class="tip" d="M{0:.1f} {1:.1f}l8 8m0 -8l-8 8"/>').format(x - 4, y - 4)
    else:
        mark = Markup('<rect class="track" x="{:.1f}" y="{:.1f}" width="8" height="8"/>').format(x - 4, y - 4)
    if one.errors <= 0:
        return mark
    written = number(100 * one.errors, places=1)
    return mark + Markup('<text class="label" x="{:.1f}" y="{:.1f}">{}</text>').format(
        x - 8, y - 6, label(Text(f"{written.vi} %", f"{written.en} %"))
    )


def _percent(share: float) -> Markup:
    written = number(100 * share, places=2)
    return both(Text(f"{written.vi} %", f"{written.en} %"))
