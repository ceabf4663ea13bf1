"""What is shown of a figure: the published value beside what our worlds came to.

The interval says where one world lies in 95 cases of 100 (a prediction interval, by Student's t), because the press
reports one world. The interval of the mean, which shrinks with more worlds, stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.figures.pack import Pack, Published
from simulation.text import Text
from simulation.year.intervals import LEVEL, Interval, interval, t_quantile

Numbers = NDArray[np.float64]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One line: published, simulated, and from what."""

    row: Published
    simulated: Interval  #: mean, and where one world lies in 95 cases of 100
    mean: Interval  #: the same mean with its own confidence interval
    worlds: int

    @property
    def difference(self) -> float | None:
        """Simulated less published; None where nothing was published."""
        return None if self.row.value is None else self.simulated.mean - self.row.value

    @property
    def fits(self) -> bool | None:
        """Whether the published value is one that a world could have; None where that is no question."""
        if self.row.value is None or self.row.relation == "target":
            return None
        if self.row.relation == "above":
            return self.simulated.high > self.row.value
        slack = 1e-9 * max(abs(self.row.value), 1.0)
        return self.simulated.low - slack <= self.row.value <= self.simulated.high + slack

    def for_machines(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "id": self.row.id,
            "published": self.row.value,
            "relation": self.row.relation,
            "simulated": self.simulated.mean,
            "interval": [self.simulated.low, self.simulated.high],
            "mean_interval": [self.mean.low, self.mean.high],
            "difference": self.difference,
            "fits": self.fits,
            "kind": self.row.kind,
            "source": self.row.source,
            "basis": self.row.basis.en,
            "unit": self.row.unit,
            "title": self.row.title.en,
            "worlds": self.worlds,
        }


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over time: the mean of the worlds, where one world lies in 95 cases of 100, and what was published."""

    title: Text
    at: tuple[float, ...]  #: years with fractions
    low: tuple[float, ...]
    mean: tuple[float, ...]
    high: tuple[float, ...]
    published: tuple[tuple[float, float], ...]  #: moment and value
    is_share: bool


def series(title: Text, at: Sequence[float], values: Numbers, pack: Pack, published: Mapping[str, float]) -> Series:
    """Sum worlds up moment by moment (world, moment); `published` says when each row of the pack was."""
    rows = {row.id: row for row in pack.rows}
    is_share = rows[next(iter(published))].unit.startswith("share")
    spreads = [one_world(column) for column in values.T]
    top = 1.0 if is_share else math.inf
    return Series(
        title=title,
        at=tuple(at),
        low=tuple(max(spread.low, 0.0) for spread in spreads),
        mean=tuple(spread.mean for spread in spreads),
        high=tuple(min(spread.high, top) for spread in spreads),
        published=tuple(
            (moment, value) for name, moment in published.items() if (value := rows[name].value) is not None
        ),
        is_share=is_share,
    )


def shown(row: Published, values: Numbers) -> Shown:
    """Sum up what the worlds came to. Counts and shares have no values below zero, shares none above one."""
    spread = one_world(values)
    top = 1.0 if row.unit.startswith("share") else math.inf
    kept = Interval(spread.mean, max(spread.low, 0.0), min(spread.high, top))
    return Shown(row=row, simulated=kept, mean=interval(values), worlds=len(values))


def one_world(values: Numbers) -> Interval:
    """Mean of the worlds, and the interval in which one more world lies with 95 % probability (Student's t)."""
    seen = np.asarray(values, dtype=np.float64)
    mean, many = float(seen.mean()), len(seen)
    if many < 2:  # noqa: PLR2004 -- one value has no scatter
        return Interval(mean, mean, mean)
    half = t_quantile(0.5 + LEVEL / 2.0, many - 1) * float(seen.std(ddof=1)) * math.sqrt(1.0 + 1.0 / many)
    return Interval(mean, mean - half, mean + half)
