"""The comparison as one page: a table, price against proven capacity, and what speaks against each offer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from verification.answer import WORDS
from verification.bids.comparing import Line, tried_differently
from verification.bids.judging import GROUPS, proven_text
from verification.report.drawing import both, label, round_steps
from verification.report.rendering import write
from verification.wording import dong, figure, number

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 1000, 300, 80, 34, 16, 120
_MILLION = 1_000_000


def render(path: Path, lines: Sequence[Line], *, at: datetime, version: str) -> Path:
    """Write the page; returns its path."""
    return write(
        path,
        "bids.html.j2",
        {
            "lines": lines,
            "different": tried_differently(lines),
            "words": WORDS,
            "groups": GROUPS,
            "plot": plot(lines),
            "at": f"{at:%d/%m/%Y %H:%M}",
            "version": version,
        },
        filters={
            "dong": lambda value: both(dong(round(value))) if value is not None else Markup("–"),
            "proven": lambda proven: both(proven_text(proven)),
            "whole": lambda value: both(number(value)),
            "one": lambda value: both(number(value, places=1)),
        },
        words={},
    )


def plot(lines: Sequence[Line]) -> Markup:
    """Across: dossiers a second; up: million đồng a month. A line runs from what was promised to what was proven."""
    most_load = max((_reach(line) for line in lines), default=1.0) * 1.08
    most_price = max((line.bid.price.all_in_month for line in lines), default=1.0) * 1.15

    def x(load: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * load / most_load

    def y(price: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - price / most_price)

    parts: list[Markup] = []
    parts += [
        Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="label" x="{}" y="{:.1f}">{}</text>').format(
            _LEFT, y(price), _WIDTH - _RIGHT, _LEFT - 6, y(price) + 4, label(figure(price / _MILLION))
        )
        for price in round_steps(most_price)
    ]
    parts += [
        Markup('<text class="time" x="{:.1f}" y="{}">{}</text>').format(x(load), _HEIGHT - 10, label(figure(load)))
        for load in round_steps(most_load)
    ]
    for line in lines:
        height, promised = y(line.bid.price.all_in_month), x(line.bid.promise.dossiers_per_second)
        proven = x(line.verdict.proven.per_second if line.verdict.proven else 0.0)
        parts.append(
            Markup(
                '<path class="thin" d="M{:.1f} {:.1f}H{:.1f}"/><path class="tip" d="M{:.1f} {:.1f}v12"/>{}'
                '<text class="name" x="{:.1f}" y="{:.1f}">{}</text>'
            ).format(
                promised, height, proven, promised, height - 6, _mark(line, proven, height),
                max(promised, proven) + 10, height + 4, line.bid.id,
            )
        )  # fmt: skip
    return Markup('<svg class="chart" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        _WIDTH, _HEIGHT, Markup("").join(parts)
    )


def _reach(line: Line) -> float:
    return max(line.bid.promise.dossiers_per_second, line.verdict.proven.per_second if line.verdict.proven else 0.0)


def _mark(line: Line, x: float, y: float) -> Markup:
    if line.verdict.answer == "KEPT":
        return Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="6"/>').format(x, y)
    if line.verdict.answer == "BROKEN":
        return Markup('<path class="tip" d="M{:.1f} {:.1f}l12 12m0 -12l-12 12"/>').format(x - 6, y - 6)
    return Markup('<rect class="track" x="{:.1f}" y="{:.1f}" width="12" height="12"/>').format(x - 6, y - 6)
