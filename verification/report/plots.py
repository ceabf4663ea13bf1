"""Plots of what was simulated: intervals beside published values, bands over time, costs around zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from simulation.figures import Series
from simulation.year.intervals import Interval
from verification.wording import significant

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 1000, 230, 64, 36, 12, 28
_ROW = 260


def beside(simulated: Interval, published: float | None, *, top: float) -> Markup:
    """One row from 0 to `top`: the interval as a bar, the mean as a dot, the published value as a diamond."""
    simulated = _drawable(simulated)

    def x(value: float) -> float:
        return 4 + min(max(value / top, 0.0), 1.0) * (_ROW - 8) if top > 0 else 4.0

    parts = [
        Markup('<path class="track" d="M4 10H{}"/>').format(_ROW - 4),
        Markup('<path class="thick" d="M{:.1f} 10H{:.1f}"/>').format(x(simulated.low), x(simulated.high)),
        Markup('<circle class="dot" cx="{:.1f}" cy="10" r="3.5"/>').format(x(simulated.mean)),
    ]
    if published is not None:
        at = x(published)
        parts.append(
            Markup('<path class="published" d="M{:.1f} 3l5 7l-5 7l-5 -7Z"/>').format(at),
        )
    return Markup('<svg class="beside" viewBox="0 0 {} 20" aria-hidden="true">{}</svg>').format(
        _ROW, Markup("").join(parts)
    )


def around_zero(gap: Interval, *, most: float) -> Markup:
    """One row from -most to +most: an interval around its mean, and the line of zero."""
    gap = _drawable(gap)

    def x(value: float) -> float:
        return _ROW / 2 + min(max(value / most, -1.0), 1.0) * (_ROW / 2 - 6) if most > 0 else _ROW / 2

    return Markup(
        '<svg class="beside" viewBox="0 0 {} 20" aria-hidden="true"><path class="track" d="M4 10H{}"/>'
        '<path class="zero" d="M{:.1f} 2V18"/><path class="thick" d="M{:.1f} 10H{:.1f}"/>'
        '<circle class="dot" cx="{:.1f}" cy="10" r="3.5"/></svg>'
    ).format(_ROW, _ROW - 4, _ROW / 2, x(gap.low), x(gap.high), x(gap.mean))


def band(series: Series) -> Markup:
    """A mean over time with the band of one world, and the published values as diamonds."""
    values = [*series.high, *(value for _, value in series.published)]
    top = _round_up(max(values, default=1.0) or 1.0)
    start, end = series.at[0], series.at[-1]

    def x(moment: float) -> float:
        return _LEFT + (moment - start) / max(end - start, 1e-9) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (1.0 - value / top) * (_HEIGHT - _TOP - _BOTTOM)

    parts = []
    for share in (0.0, 0.5, 1.0):
        words = significant(top * share * (100.0 if series.is_share else 1.0)).vi + (" %" if series.is_share else "")
        parts.append(
            Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="label" x="{}" y="{:.1f}">{}</text>').format(
                _LEFT, y(top * share), _WIDTH - _RIGHT, _LEFT - 6, y(top * share) + 4, words
            )
        )
    parts += [
        Markup('<path class="tick" d="M{0:.1f} {1}v5"/><text class="time" x="{0:.1f}" y="{2}">1/{3}</text>').format(
            x(year), _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM + 18, year
        )
        for year in range(math.ceil(start - 1e-6), math.floor(end + 1e-6) + 1)
    ]
    there = "L".join(f"{x(moment):.1f} {y(high):.1f}" for moment, high in zip(series.at, series.high, strict=True))
    back = "L".join(
        f"{x(moment):.1f} {y(low):.1f}" for moment, low in zip(series.at[::-1], series.low[::-1], strict=True)
    )
    line = "L".join(f"{x(moment):.1f} {y(mean):.1f}" for moment, mean in zip(series.at, series.mean, strict=True))
    parts.append(Markup('<path class="band" d="M{}L{}Z"/><path class="line l1" d="M{}"/>').format(there, back, line))
    for moment, value in series.published:
        parts.append(
            Markup('<path class="published" d="M{:.1f} {:.1f}l6 8l-6 8l-6 -8Z"/>').format(x(moment), y(value) - 8)
        )
    return _chart(parts)


def ranks(values: Sequence[float]) -> Markup:
    """Shares from 0 to 1 as upright bars, lowest first."""
    seen = sorted(value for value in values if not math.isnan(value))
    across = (_WIDTH - _LEFT - _RIGHT) / max(len(seen), 1)
    bottom = _HEIGHT - _BOTTOM

    def y(value: float) -> float:
        return _TOP + (1.0 - value) * (bottom - _TOP)

    bars = "".join(
        f"M{_LEFT + place * across:.1f} {bottom}V{y(value):.1f}h{max(across - 0.5, 0.3):.1f}V{bottom}Z"
        for place, value in enumerate(seen)
    )
    parts = [
        Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="label" x="{}" y="{:.1f}">{} %</text>').format(
            _LEFT, y(share), _WIDTH - _RIGHT, _LEFT - 6, y(share) + 4, round(100 * share)
        )
        for share in (0.0, 0.5, 1.0)
    ]
    parts.append(Markup('<path class="fill s0" d="{}"/>').format(bars))
    return _chart(parts)


def _chart(parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        _WIDTH, _HEIGHT, Markup("").join(parts)
    )


def _drawable(gap: Interval) -> Interval:
    """A single value has no interval: its mean stands for all three."""
    return Interval(gap.mean, gap.mean, gap.mean) if math.isnan(gap.low) else gap


def _round_up(value: float) -> float:
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 1.5, 2, 3, 4, 6, 8, 10) if step * size >= value * (1 - 1e-9))
