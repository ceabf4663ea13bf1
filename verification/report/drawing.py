"""Small drawings as inline SVG, without a library: bars over time, lines, ranges, sparklines.

Colours are classes of the page's style sheet, so that dark mode and print apply to drawings too; every drawing says in
words what it shows, and shape (solid, dashed, position) always tells the same as colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
from markupsafe import Markup, escape

from simulation.text import Text
from verification.wording import number

_LEFT, _RIGHT, _TOP = 52, 10, 14
_WIDTH = 1000
_MARK_SPACE = 16
_DECADES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)


class Tick(msgspec.Struct, frozen=True):
    """A label on the axis of time."""

    at: float  #: run second
    label: str


class Mark(msgspec.Struct, frozen=True):
    """Something that happened to the run, numbered as in the list below the drawing."""

    at: float  #: run second
    number: int


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """The axis of time that drawings share: linear in run seconds, labelled in official time."""

    start: float
    end: float
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...] = ()

    def x(self, second: float) -> float:
        """Horizontal place of a run second."""
        span = max(self.end - self.start, 1e-9)
        return _LEFT + (second - self.start) / span * (_WIDTH - _LEFT - _RIGHT)


def both(text: Text) -> Markup:
    """Both languages, of which the page shows one; once only where they are the same."""
    if text.vi == text.en:
        return escape(text.vi)
    return Markup('<span lang="vi">{}</span><span lang="en">{}</span>').format(text.vi, text.en)


def label(text: Text) -> Markup:
    """Both languages inside a drawing, of which the page shows one; once only where they are the same."""
    if text.vi == text.en:
        return escape(text.vi)
    return Markup('<tspan lang="vi">{}</tspan><tspan lang="en">{}</tspan>').format(text.vi, text.en)


def round_steps(most: float, *, count: int = 8) -> list[float]:
    """Places for labels on an axis from 0 to `most`: at most `count`, a round number apart (1, 2 or 5 and noughts)."""
    rough = most / (count - 1)
    decade = 10.0 ** math.floor(math.log10(rough))
    step = next(decade * times for times in (1, 2, 5, 10) if decade * times >= rough)
    return [step * place for place in range(int(most / step + 1e-9) + 1)]  # 0.3 / 0.05 is a little less than 6


def load(value: float) -> Text:
    """Write a multiple of a load: ×1,25."""
    written = number(value, places=2)
    return Text(f"×{written.vi}", f"×{written.en}")


def stacked_bars(axis: Axis, *, width: float, starts: Sequence[float], series: Sequence[Sequence[float]]) -> Markup:
    """Stacked bars, one group for every start; `width` in run seconds, heights as rates."""
    height = 170
    tops = [sum(values) for values in zip(*series, strict=True)]
    top = _round_up(max(tops, default=0.0) or 1.0)
    parts = [_grid(axis, height, [(value, _plain(value)) for value in (0, top / 2, top)], lambda value: value / top)]
    base = [0.0] * len(starts)
    for place, values in enumerate(series):
        path = []
        for index, value in enumerate(values):
            if value:
                left, right = axis.x(starts[index]), axis.x(starts[index] + width)
                low = _y(base[index] / top, height)
                high = _y((base[index] + value) / top, height)
                gap = 0.6 if right - left > 3 else 0  # noqa: PLR2004
                path.append(f"M{left:.1f} {low:.1f}V{high:.1f}H{right - gap:.1f}V{low:.1f}Z")
            base[index] += value
        parts.append(Markup('<path class="fill s{}" d="{}"/>').format(place, "".join(path)))
    return _svg(height, [*parts, _marks(axis, height)])


def log_lines(axis: Axis, *, at: Sequence[float], lines: Sequence[Sequence[float | None]]) -> Markup:
    """Lines of seconds on a logarithmic scale; None leaves a gap."""
    height = 150
    values = [value for line in lines for value in line if value]
    low = max(min(values, default=0.001), 0.0005)
    bottom = 10 ** math.floor(math.log10(low))
    top = 10 ** math.ceil(math.log10(max(max(values, default=1.0), bottom * 10)))

    def share(value: float) -> float:
        return math.log10(max(value, bottom) / bottom) / math.log10(top / bottom)

    ticks = [(value, _seconds(value)) for value in _DECADES if bottom <= value <= top]
    parts = [_grid(axis, height, ticks, share)]
    for place, line in enumerate(lines):
        path, pen = [], "M"
        for second, value in zip(at, line, strict=True):
            if value is None:
                pen = "M"
                continue
            path.append(f"{pen}{axis.x(second):.1f} {_y(share(value), height):.1f}")
            pen = "L"
        parts.append(Markup('<path class="line l{}" d="{}"/>').format(place, "".join(path)))
    return _svg(height, [*parts, _marks(axis, height)])


def span(low: float, middle: float, high: float, *, most: float) -> Markup:
    """One row of a table of ranges: from p50 over p95 to p99, on a logarithmic scale that all rows share."""
    width, bottom = 200, 0.001

    def x(value: float) -> float:
        scale = math.log10(max(most, bottom * 10) / bottom)
        return 2 + min(max(math.log10(max(value, bottom) / bottom) / scale, 0), 1) * (width - 8)

    left, centre, right = x(low), x(middle), x(high)
    return Markup(
        '<svg class="span" viewBox="0 0 {} 16" aria-hidden="true">'
        '<path class="track" d="M2 8H{}"/><path class="thin" d="M{:.1f} 8H{:.1f}"/>'
        '<path class="thick" d="M{:.1f} 8H{:.1f}"/><circle class="dot" cx="{:.1f}" cy="8" r="3"/>'
        '<path class="tip" d="M{:.1f} 4V12"/></svg>'
    ).format(width, width - 4, centre, right, left, centre, left, right)


def spark(values: Sequence[float]) -> Markup:
    """A line without axes, from zero to its own maximum; long series are thinned out to their maxima."""
    width, height, most = 160, 28, 80
    step = max(1, math.ceil(len(values) / most))
    thin = [max(values[start : start + step]) for start in range(0, len(values), step)]
    top = max(thin, default=0.0) or 1.0
    across = (width - 2) / max(len(thin) - 1, 1)
    points = [
        f"{1 + index * across:.1f} {height - 2 - value / top * (height - 4):.1f}" for index, value in enumerate(thin)
    ]
    return Markup(
        '<svg class="spark" viewBox="0 0 {0} {1}" aria-hidden="true">'
        '<path class="area" d="M1 {2}L{3}L{4} {2}Z"/><path class="stroke" d="M{3}"/></svg>'
    ).format(width, height, height - 2, "L".join(points), f"{1 + (len(thin) - 1) * across:.1f}")


def _svg(height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        _WIDTH, height + _TOP + 22, Markup("").join(parts)
    )


def _grid(axis: Axis, height: int, values: Sequence[tuple[float, str]], share: Callable[[float], float]) -> Markup:
    parts = []
    for value, label in values:
        y = _y(share(value), height)
        parts.append(
            Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="label" x="{}" y="{:.1f}">{}</text>').format(
                _LEFT, y, _WIDTH - _RIGHT, _LEFT - 6, y + 4, label
            )
        )
    parts += [
        Markup('<path class="tick" d="M{0:.1f} {1}v5"/><text class="time" x="{0:.1f}" y="{2}">{3}</text>').format(
            axis.x(tick.at), height + _TOP, height + _TOP + 18, tick.label
        )
        for tick in axis.ticks
    ]
    return Markup("").join(parts)


def _marks(axis: Axis, height: int) -> Markup:
    """Numbered upright lines; numbers of marks that stand close move to the right."""
    parts, free = [], 0.0
    for mark in axis.marks:
        x = axis.x(mark.at)
        label = max(x, free)
        free = label + _MARK_SPACE
        parts.append(
            Markup(
                '<path class="mark" d="M{:.1f} {}V{}"/><text class="mark-number" x="{:.1f}" y="{}">{}</text>'
            ).format(x, _TOP, height + _TOP, label, _TOP - 3, mark.number)
        )
    return Markup("").join(parts)


def _y(share: float, height: int) -> float:
    return _TOP + height * (1 - share)


def _round_up(value: float) -> float:
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 4, 6, 8, 10) if step * size >= value)


def _plain(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _seconds(value: float) -> str:
    return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms"
