"""Drawings of the page as inline SVG: a pyramid, bars, lines by age. Colours are classes of the report's style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from tinhmau.people_page.words import in_svg

_WIDTH, _ROW = 1000, 22
_MIDDLE, _GAP = 500, 34  # the pyramid's axis, and the room for ages beside it
_LABEL = 190  # room for words before bars
_LEFT, _TOP, _HEIGHT = 52, 14, 220
#: How lines are told apart, by classes of the style sheet: solid, dashed, dotted.
_LINES = ("line l0", "line l1", "mark")


def pyramid(rows: Sequence[Sequence[Any]]) -> Markup:
    """Men to the left, women to the right, the oldest on top."""
    most = max(max(men, women) for _, men, women in rows) or 1
    reach = _MIDDLE - _GAP - 90
    parts = []
    for place, (age, men, women) in enumerate(reversed(rows)):
        y = 4 + place * _ROW
        left, right = reach * men / most, reach * women / most
        last = place == 0
        parts.append(
            Markup(
                '<path class="fill s0" d="M{:.1f} {}h{:.1f}v{}h-{:.1f}Z"/>'
                '<path class="fill s2" d="M{} {}h{:.1f}v{}h-{:.1f}Z"/>'
                '<text class="time" x="{}" y="{}">{}</text>'
            ).format(
                _MIDDLE - _GAP - left, y, left, _ROW - 4, left, _MIDDLE + _GAP, y, right, _ROW - 4, right,
                _MIDDLE, y + 14, f"{age}+" if last else f"{age}–{age + 4}",
            )
        )  # fmt: skip
        for x, many, side in ((_MIDDLE - _GAP - left - 6, men, "end"), (_MIDDLE + _GAP + right + 6, women, "start")):
            text = Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>')
            parts.append(text.format(x, y + 14, side, _short(many)))
    return _svg(len(rows) * _ROW + 8, parts)


def bars(rows: Sequence[Sequence[Any]], colour: int = 0, *, half: bool = True) -> Markup:
    """A bar for each word, with its number; `half` for drawings that stand two in a row."""
    whole = _WIDTH // 2 if half else _WIDTH
    most = max((many for _, many in rows), default=1) or 1
    parts = []
    for place, (word, many) in enumerate(rows):
        y = 4 + place * _ROW
        width = (whole - _LABEL - 90) * many / most
        parts.append(
            Markup(
                '<text class="label" x="{}" y="{}">{}</text><path class="fill s{}" d="M{} {}h{:.1f}v{}h-{:.1f}Z"/>'
                '<text x="{:.1f}" y="{}">{}</text>'
            ).format(
                _LABEL - 8, y + 14, in_svg(word), colour, _LABEL, y, width, _ROW - 6, width, _LABEL + width + 6,
                y + 13, _short(many),
            )
        )  # fmt: skip
    return _svg(len(rows) * _ROW + 8, parts, width=whole)


def lines(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> Markup:
    """Shares (0 to 1) by age, one line of its own kind for each of up to three names."""
    first, last = rows[0][0], rows[-1][0]
    parts = []
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(level)
        grid = Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="label" x="{}" y="{:.1f}">{:.0f} %</text>')
        parts.append(grid.format(_LEFT, y, _WIDTH - 190, _LEFT - 6, y + 4, 100 * level))
    tick = Markup('<text class="time" x="{:.1f}" y="{}">{}</text>')
    parts += [tick.format(_x(row[0], first, last), _HEIGHT + 34, row[0]) for row in rows]
    for column, (name, kind) in enumerate(zip(names, _LINES, strict=False), start=1):
        points = "L".join(f"{_x(row[0], first, last):.1f} {_y(row[column]):.1f}" for row in rows)
        y = _TOP + 22 * column
        key = Markup('<path class="{}" d="M{}L{}"/><path class="{}" d="M{} {}h30"/><text x="{}" y="{}">{}</text>')
        parts.append(
            key.format(kind, points[: points.index("L")], points[points.index("L") + 1 :], kind, _WIDTH - 180, y,
                       _WIDTH - 142, y + 4, in_svg(name))
        )  # fmt: skip
    return _svg(_HEIGHT + 44, parts)


def _x(value: float, first: float, last: float) -> float:
    return _LEFT + 14 + (value - first) / max(last - first, 1) * (_WIDTH - 230 - _LEFT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * _HEIGHT


def _short(many: int) -> str:
    return f"{many:,}".replace(",", ".")


def _svg(height: float, parts: Sequence[Markup], *, width: int = _WIDTH) -> Markup:
    svg = Markup('<svg class="chart" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>')
    return svg.format(width, height, Markup("").join(parts))
