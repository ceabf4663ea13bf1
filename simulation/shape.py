"""How a day's load is bent: the same people, but when and how many of them come follows a named shape.

A shape is a factor on the arrivals of some profiles over official time. Profiles keep their own form under it (but for
`constant` and `soak`, which flatten them), so a spike in the morning is still a morning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import msgspec
import numpy as np

from simulation.arrivals import Profile

#: Profile -> kinds of journey that come by it; pollers come by the clock and have no shape.
KINDS_OF: Mapping[str, tuple[str, ...]] = {
    "counter": ("dossier-counter",),
    "citizens": ("dossier-online", "browsing"),
    "documents": ("document",),
    "schools": ("school",),
    "health": ("health",),
}
_DAY = 86_400.0
_STEP = 300.0  # a rising factor rises in steps of five minutes
_PEOPLE = ("counter", "citizens")
_ALL = tuple(KINDS_OF)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A kind with its parameters; times are official seconds since midnight."""

    kind: str  #: a name of SHAPES
    factor: float  #: at the height of it
    begins: float
    ends: float
    stages: tuple[tuple[float, float], ...] = ()  #: of `ramping`: (official second, factor), in between a straight line
    trace: tuple[float, ...] = ()  #: of `replay`: official seconds at which somebody came


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of shape does, and its parameters where the file says nothing."""

    profiles: tuple[str, ...]
    factor: float
    begins: float
    ends: float
    source: str


def _hours(hours: float) -> float:
    return hours * 3600.0


#: Name -> what it does. Every default is assumed; the day of a province is in its scenario's own profiles.
SHAPES: Mapping[str, Kind] = {
    "constant": Kind(profiles=_ALL, factor=1.0, begins=_hours(7), ends=_hours(17), source="an even rate"),
    "ramp": Kind(
        profiles=_ALL, factor=3.0, begins=_hours(7), ends=_hours(17), source="from the usual load to a multiple"
    ),
    "spike": Kind(profiles=_PEOPLE, factor=5.0, begins=_hours(9), ends=_hours(9.25), source="a quarter of an hour"),
    "soak": Kind(profiles=_ALL, factor=1.0, begins=0.0, ends=_DAY, source="an even rate round the clock"),
    "breakpoint": Kind(profiles=_ALL, factor=10.0, begins=_hours(7), ends=_hours(17), source="ten equal steps up"),
    "ramping": Kind(profiles=_ALL, factor=1.0, begins=0.0, ends=_DAY, source="stages as given"),
    "deadline-day": Kind(
        profiles=_PEOPLE,
        factor=4.0,
        begins=_hours(15),
        ends=_hours(17),
        source="the last two hours of a filing deadline",
    ),
    "month-end": Kind(
        profiles=("documents",), factor=3.0, begins=_hours(14), ends=_hours(17), source="monthly reports fall due"
    ),
    "tet-return": Kind(
        profiles=_PEOPLE, factor=2.5, begins=_hours(7), ends=_hours(11.5), source="first morning after the Tết holidays"
    ),
    "replay": Kind(profiles=_PEOPLE, factor=1.0, begins=0.0, ends=_DAY, source="arrivals of a recorded day"),
}

#: k6's executors with arrivals of their own -> ours. Its other executors are closed loops, which this testbed has not.
OF_K6: Mapping[str, str] = {"constant-arrival-rate": "constant", "ramping-arrival-rate": "ramping"}


def bend(shape: Shape, profiles: Mapping[str, Profile]) -> tuple[dict[str, Profile], dict[str, float]]:
    """Return the bent profiles, and by what each kind of journey's volume grows with them."""
    bent = dict(profiles)
    growth: dict[str, float] = {}
    for name in SHAPES[shape.kind].profiles:
        if name in profiles:
            bent[name], more = _bend(shape, profiles[name])
            growth |= dict.fromkeys(KINDS_OF[name], more)
    return bent, growth


def _bend(shape: Shape, profile: Profile) -> tuple[Profile, float]:
    source = f"{profile.source}; bent: {shape.kind}, factor {shape.factor:g} ({SHAPES[shape.kind].source})"
    if shape.kind in {"constant", "soak"}:
        return Profile(edges=(shape.begins, shape.ends), rates=(1.0,), source=source), shape.factor
    if shape.kind == "replay":
        counts, bins = np.histogram(shape.trace, bins=np.arange(0.0, _DAY + 1, _STEP))
        rates = tuple(float(count) for count in counts)
        return Profile(edges=tuple(float(edge) for edge in bins), rates=rates, source=source), shape.factor
    factor = _FACTORS[shape.kind]
    edges_of_both = sorted({*profile.edges, *np.arange(0.0, _DAY + 1, _STEP), shape.begins, shape.ends})
    edges = [edge for edge in edges_of_both if profile.edges[0] <= edge <= profile.edges[-1]]
    before = [_rate(profile, left) for left in edges[:-1]]
    after = [
        rate * factor(shape, (left + right) / 2) for rate, left, right in zip(before, edges, edges[1:], strict=False)
    ]
    widths = np.diff(edges)
    more = float((np.asarray(after) * widths).sum() / (np.asarray(before) * widths).sum())
    return Profile(edges=tuple(edges), rates=tuple(after), source=source), more


def changes_nothing(before: Profile, after: Profile) -> bool:
    """Whether arrivals come exactly as before, at whatever moment."""
    edges = sorted({*before.edges, *after.edges})
    middles = [(left + right) / 2 for left, right in pairwise(edges)]
    return (
        before.edges[0] == after.edges[0]
        and before.edges[-1] == after.edges[-1]
        and all(_rate(before, middle) == _rate(after, middle) for middle in middles)
    )


def _rate(profile: Profile, second: float) -> float:
    return profile.rates[int(np.searchsorted(profile.edges, second, side="right")) - 1]


def _inside(shape: Shape, second: float) -> float:
    return shape.factor if shape.begins <= second < shape.ends else 1.0


def _ramp(shape: Shape, second: float) -> float:
    done = (second - shape.begins) / (shape.ends - shape.begins)
    return 1.0 + (shape.factor - 1.0) * min(max(done, 0.0), 1.0)


def _breakpoint(shape: Shape, second: float) -> float:
    steps = 10
    done = (second - shape.begins) / (shape.ends - shape.begins)
    step = min(int(max(done, 0.0) * steps) + 1, steps)
    return 1.0 + (shape.factor - 1.0) * (step - 1) / (steps - 1)


def _ramping(shape: Shape, second: float) -> float:
    return interpolate(shape.stages, second)


def interpolate(stages: Sequence[tuple[float, float]], second: float) -> float:
    """Return the factor of stages at a moment; before the first and after the last it stays."""
    return float(np.interp(second, [at for at, _ in stages], [factor for _, factor in stages]))


_FACTORS: Mapping[str, Callable[[Shape, float], float]] = {
    "spike": _inside,
    "deadline-day": _inside,
    "month-end": _inside,
    "tet-return": _inside,
    "ramp": _ramp,
    "breakpoint": _breakpoint,
    "ramping": _ramping,
}
