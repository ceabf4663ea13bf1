"""The page of what was simulated: figures of the press, a year and what differs, and what troubles cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from simulation.figures import Pack, Series, Shown
from simulation.text import Text
from simulation.year import INDICATORS, TOLD, TROUBLES, Year, differences
from simulation.year.intervals import Interval
from verification.report import plots
from verification.report.rendering import or_dash, write
from verification.wording import number, significant

_KINDS: Mapping[str, Text] = {
    "input": Text("đầu vào", "input"),
    "calibrated": Text("đã chỉnh", "calibrated"),
    "predicted": Text("dự đoán", "predicted"),
}
_RELATIONS: Mapping[str, Text] = {
    "equal": Text("", ""),
    "above": Text("hơn ", "more than "),
    "target": Text("mục tiêu ", "target "),
    "words": Text("", ""),
}


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What a page can show; every part may be left out."""

    seed: int
    packs: Sequence[Pack] = ()
    rows: Sequence[Shown] = ()
    series: Sequence[Series] = ()
    years: Sequence[Year] = ()  #: one, or the year as it is and another
    other: Text = Text("", "")  #: what the second year is called
    costs: Mapping[str, Mapping[str, Interval]] = {}


def render(path: Path, seen: Simulated) -> Path:
    """Write the page; its folder must exist. Returns the path."""
    by_id = {row.row.id: row for row in seen.rows}
    content = {
        "seed": seen.seed,
        "packs": [(pack, [(by_id[row.id], _beside(by_id[row.id])) for row in pack.rows]) for pack in seen.packs],
        "series": [(one, plots.band(one)) for one in seen.series],
        "indicators": _indicators(seen),
        "other": seen.other if len(seen.years) > 1 else None,
        "province": seen.years[0].province if seen.years else None,
        "replications": len(seen.years[0].replications) if seen.years else 0,
        "events": sum(year.events for year in seen.years),
        "ranks": plots.ranks(seen.years[0].by_agency("on_time_share").tolist()) if seen.years else None,
        "inputs": sorted(seen.years[0].conduct.figures.items()) if seen.years else [],
        "costs": _costs(seen.costs),
    }
    filters: Mapping[str, Callable[..., Any]] = {
        "significant": lambda value: or_dash(value, significant),
        "value": lambda value, unit: or_dash(value, lambda known: _value(known, unit)),
        "kind": lambda kind: or_dash(_KINDS[kind], lambda text: text),
        "relation": lambda relation: or_dash(_RELATIONS[relation], lambda text: text),
        "interval": lambda gap: or_dash(gap, _interval),
        "count": lambda value: or_dash(value, number),
    }
    return write(path, "simulated.html.j2", content, filters=filters, words={})


def _beside(row: Shown) -> object:
    top = max(row.simulated.high, row.row.value or 0.0, 1e-12)
    return plots.beside(row.simulated, row.row.value, top=1.08 * top)


def _indicators(seen: Simulated) -> list[tuple[object, ...]]:
    """Title, unit, interval of each year, difference and whether it leaves out zero."""
    between = differences(*seen.years) if len(seen.years) > 1 else {}
    return [
        (indicator, [year.interval(name) for year in seen.years], between.get(name))
        for name, indicator in INDICATORS.items()
        if seen.years
    ]


def _costs(costs: Mapping[str, Mapping[str, Interval]]) -> list[tuple[object, ...]]:
    """Each trouble with its title, what differs from zero, and drawings: one scale for each indicator."""
    most = {name: max((_reach(gaps[name]) for gaps in costs.values()), default=1.0) for name in TOLD}
    return [
        (
            trouble,
            TROUBLES[trouble].title,
            [
                (INDICATORS[name], gaps[name], plots.around_zero(gaps[name], most=most[name]))
                for name in TOLD
                if gaps[name].excludes_zero
            ],
        )
        for trouble, gaps in costs.items()
    ]


def _reach(gap: Interval) -> float:
    return max((abs(bound) for bound in gap if not math.isnan(bound)), default=0.0)


def _value(value: float, unit: str) -> Text:
    if unit.startswith("share"):
        share = significant(100.0 * value)
        return Text(f"{share.vi} %", f"{share.en} %")
    return significant(value)


def _interval(gap: Interval) -> Text:
    mean, low, high = (significant(value) for value in (gap.mean, gap.low, gap.high))
    if math.isnan(gap.low):
        return mean
    return Text(f"{mean.vi} ({low.vi} … {high.vi})", f"{mean.en} ({low.en} … {high.en})")
