"""Load and latency over the official day."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from markupsafe import Markup

from simulation import journal as journals
from simulation.journal import Event, Journal, Observation
from simulation.plan import Plan
from simulation.text import Text
from verification.machine import Sample, restarts
from verification.report.drawing import Axis, Mark, Tick, log_lines, stacked_bars
from verification.wording import clock

_MOST_BINS = 120
_MOST_MARKS = 12
_LABEL_SPACE = 0.045  #: share of the width that a label of the time of day needs

#: Bands of the load drawing from bottom to top: name, and the systems in it.
BANDS: tuple[tuple[Text, frozenset[str]], ...] = (
    (Text("Cổng dịch vụ công", "Portal"), frozenset({"portal"})),
    (Text("Một cửa", "One-stop"), frozenset({"onestop"})),
    (Text("Văn phòng (iOffice)", "Office"), frozenset({"office"})),
    (Text("Quốc gia, trường học, y tế", "National, schools, health"), frozenset({"national", "sector"})),
)

_EVENT_WORDS: Mapping[str, Text] = {
    "fault": Text("gây sự cố", "fault"),
    "restart": Text("khởi động lại", "restart"),
    "stop": Text("dừng", "stop"),
    "given-up": Text("mục tiêu kết thúc tải", "ended by an objective"),
    "fault-failed": Text("không gây được sự cố", "fault failed"),
    "worker-lost": Text("mất tiến trình tạo tải", "generator worker lost"),
}
#: Events that belong to every run and to single journeys: told elsewhere.
_QUIET = frozenset({"begin", "end", "abandoned"})


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered event."""

    number: int
    official: str
    run_second: float
    what: Text


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One official hour in numbers, for who cannot or would not read a drawing."""

    label: str
    arrivals: int
    per_second: float  #: arrivals per run second
    p50: float | None
    p95: float | None


class TimelineView(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of the day."""

    load: Markup
    latency: Markup
    happenings: tuple[Happening, ...]
    unnumbered: int  #: further events that are not drawn
    hours: tuple[Hour, ...]
    bin_seconds: float  #: run seconds of one bar


def draw(plan: Plan, journal: Journal, samples: Iterable[Sample] = ()) -> TimelineView | None:
    """Draw the day, with restarts that the samples show; None when the journal has nothing final."""
    finals = [seen for seen in journal.observations if seen.final]
    if not finals:
        return None
    intended = np.asarray([seen.intended for seen in finals])
    start = min(plan.timeline.points[0][1], float(intended.min()))
    end = max(plan.timeline.points[-1][1], float(intended.max()))
    width = max(1.0, math.ceil((end - start) / _MOST_BINS))
    bins = max(1, math.ceil((end - start + 1e-9) / width))
    starts = [start + place * width for place in range(bins)]
    events = sorted(
        [*(event for event in journal.events if event.event not in _QUIET), *_restarts(journal, samples)],
        key=lambda event: event.at,
    )
    happenings = tuple(
        Happening(
            number=number,
            official=clock(plan.timeline.to_official(event.at)),
            run_second=event.at,
            what=_what(event),
        )
        for number, event in enumerate(events[:_MOST_MARKS], start=1)
    )
    marks = tuple(Mark(min(max(event.run_second, start), end), event.number) for event in happenings)
    axis = Axis(start=start, end=start + bins * width, ticks=_ticks(plan, start, start + bins * width), marks=marks)
    place = np.clip(((intended - start) // width).astype(int), 0, bins - 1)
    latencies = np.asarray([seen.latency for seen in finals])
    return TimelineView(
        load=stacked_bars(axis, width=width, starts=starts, series=_bands(finals, place, bins, width)),
        latency=log_lines(
            axis,
            at=[second + width / 2 for second in starts],
            lines=[_percentiles(latencies, place, bins, 95), _percentiles(latencies, place, bins, 50)],
        ),
        happenings=happenings,
        unnumbered=max(len(events) - _MOST_MARKS, 0),
        hours=_hours(plan, finals),
        bin_seconds=width,
    )


def _restarts(journal: Journal, samples: Iterable[Sample]) -> list[Event]:
    """Restarts as events of the run; none where nobody wrote down which moment run second 0 was."""
    began = journals.began(journal)
    if began is None:
        return []
    return [Event(at=at - began, event="restart", subject=service) for at, service in restarts(samples)]


def _what(event: Event) -> Text:
    word = _EVENT_WORDS.get(event.event, Text(event.event, event.event))
    about = " ".join(part for part in (event.subject, event.detail) if part)
    return Text(f"{word.vi} {about}".strip(), f"{word.en} {about}".strip())


def _ticks(plan: Plan, start: float, end: float) -> tuple[Tick, ...]:
    ticks: list[Tick] = []
    for hour in range(25):
        at = plan.timeline.to_run(hour * 3600.0)
        if start <= at <= end and (not ticks or at - ticks[-1].at >= _LABEL_SPACE * (end - start)):
            ticks.append(Tick(at, f"{hour:02d}:00"))
    return tuple(ticks)


def _bands(finals: Sequence[Observation], place: np.ndarray, bins: int, width: float) -> list[list[float]]:
    systems = np.asarray([seen.operation.partition(".")[0] for seen in finals])
    known = frozenset().union(*(names for _, names in BANDS))
    series = []
    for index, (_, names) in enumerate(BANDS):
        chosen = np.isin(systems, list(names))
        if index == len(BANDS) - 1:
            chosen |= ~np.isin(systems, list(known))
        series.append((np.bincount(place[chosen], minlength=bins) / width).tolist())
    return series


def _percentiles(latencies: np.ndarray, place: np.ndarray, bins: int, percent: int) -> list[float | None]:
    return [
        float(np.percentile(latencies[place == index], percent)) if (place == index).any() else None
        for index in range(bins)
    ]


def _hours(plan: Plan, finals: Sequence[Observation]) -> tuple[Hour, ...]:
    official = np.asarray([plan.timeline.to_official(seen.intended) // 3600 for seen in finals]).astype(int)
    latencies = np.asarray([seen.latency for seen in finals])
    rows = []
    for hour in sorted(set(official.tolist())):
        mine = latencies[official == hour]
        seconds = plan.timeline.to_run((hour + 1) * 3600.0) - plan.timeline.to_run(hour * 3600.0)
        rows.append(
            Hour(
                label=f"{hour:02d}:00-{hour + 1:02d}:00",
                arrivals=len(mine),
                per_second=len(mine) / seconds,
                p50=float(np.percentile(mine, 50)),
                p95=float(np.percentile(mine, 95)),
            )
        )
    return tuple(rows)
