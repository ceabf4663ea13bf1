"""Indicators: what a simulated year is judged by, per agency and in total."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.engine import Outcome, kernel
from simulation.text import Text

Numbers = NDArray[np.float64]
_HOUR = 3600.0


class Counts(msgspec.Struct, frozen=True):
    """One replication's counts by agency: (agency, (count, sum, sum of squares)) for each name."""

    stats: Mapping[str, Numbers]
    backlog: Numbers  #: dossiers not decided at the year's end, by agency
    unissued: Numbers  #: documents not yet issued or taken up, by agency
    days: float  #: working days of the measured time

    def count(self, name: str) -> Numbers:
        """How often, by agency."""
        return self._column(name, kernel.S_COUNT)

    def sum(self, name: str) -> Numbers:
        """How much in all, by agency."""
        return self._column(name, kernel.S_SUM)

    def _column(self, name: str, column: int) -> Numbers:
        stat = self.stats.get(name)
        return np.zeros_like(self.backlog) if stat is None else stat[:, column]


def counts_of(outcome: Outcome, *, documents_from: int, places: int, days: float) -> Counts:
    """Read one replication."""
    is_document = outcome.open_at >= documents_from
    piles = [
        np.bincount(outcome.open_place[which], minlength=places).astype(np.float64)
        for which in (~is_document, is_document)
    ]
    return Counts(outcome.stats, piles[0], piles[1], days)


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One number that people look at: a ratio of two sums over agencies."""

    title: Text
    unit: Text
    over: Callable[[Counts], Numbers]
    under: Callable[[Counts], Numbers]

    def total(self, counts: Counts) -> float:
        """Over the whole province; nan where there was nothing."""
        under = float(self.under(counts).sum())
        return float(self.over(counts).sum()) / under if under else float("nan")

    def by_agency(self, counts: Counts) -> Numbers:
        """For each agency; nan where there was nothing."""
        over, under = self.over(counts), self.under(counts)
        return np.where(under > 0, over / np.where(under > 0, under, 1.0), np.nan)


_SHARE = Text("tỷ lệ", "share")
_HOURS = Text("giờ làm việc", "working hours")
_MINUTES = Text("phút", "minutes")
_A_YEAR = Text("một năm", "a year")
_CLERK = ("work clerk detour", "work clerk two-track", "work clerk issue", "work clerk register")


def _one(counts: Counts) -> Numbers:
    """One in total, so that a ratio is a plain sum; each agency counts for itself."""
    return np.full_like(counts.backlog, 1.0 / len(counts.backlog))


def _clerk_hours(counts: Counts) -> Numbers:
    return np.asarray(sum(counts.sum(name) for name in _CLERK) / _HOUR)


def _mean(name: str, per: float) -> tuple[Callable[[Counts], Numbers], Callable[[Counts], Numbers]]:
    return lambda counts: counts.sum(name) / per, lambda counts: counts.count(name)


def _ratio(
    vi: str, en: str, over: Callable[[Counts], Numbers], under: Callable[[Counts], Numbers], unit: Text = _SHARE
) -> Indicator:
    return Indicator(title=Text(vi, en), unit=unit, over=over, under=under)


#: What is shown, in order. Time to decide leaves out what the law leaves out only where it says so: it is the whole.
INDICATORS: Final[Mapping[str, Indicator]] = {
    "dossiers_received": _ratio("Hồ sơ tiếp nhận", "Dossiers received", lambda c: c.count("received"), _one, _A_YEAR),
    "online_share": _ratio(
        "Tỷ lệ nộp trực tuyến", "Filed online", lambda c: c.count("received online"), lambda c: c.count("received")
    ),
    "on_time_share": _ratio(
        "Tỷ lệ đúng hạn",
        "Decided on time",
        lambda c: c.count("on time"),
        lambda c: c.count("on time") + c.count("late"),
    ),
    "rejected_share": _ratio(
        "Tỷ lệ từ chối", "Rejected", lambda c: c.count("rejected"), lambda c: c.count("rejected") + c.count("approved")
    ),
    "supplement_share": _ratio(
        "Yêu cầu bổ sung mỗi hồ sơ",
        "Supplements asked for, per dossier",
        lambda c: c.count("supplement"),
        lambda c: c.count("received"),
    ),
    "withdrawn_share": _ratio(
        "Bỏ giữa chừng", "Never came back", lambda c: c.count("withdrawn"), lambda c: c.count("received")
    ),
    "gave_up": _ratio(
        "Bỏ về vì chờ lâu", "Went home without being served", lambda c: c.count("gave up"), _one, _A_YEAR
    ),
    "backlog": _ratio(
        "Hồ sơ tồn cuối năm", "Dossiers open at the year's end", lambda c: c.backlog, _one, Text("hồ sơ", "dossiers")
    ),
    "hours_to_decide": _ratio("Thời gian giải quyết", "From reception to decision", *_mean("handling", _HOUR), _HOURS),
    "minutes_counter_wait": _ratio("Chờ tại quầy", "Wait at the counter", *_mean("wait counter", 60.0), _MINUTES),
    "hours_leader_wait": _ratio(
        "Hồ sơ chờ lãnh đạo", "Dossiers wait for a leader", *_mean("wait leader", _HOUR), _HOURS
    ),
    "documents_issued": _ratio("Văn bản phát hành", "Documents issued", lambda c: c.count("issued"), _one, _A_YEAR),
    "signed_share": _ratio(
        "Văn bản được lãnh đạo ký số",
        "Documents signed digitally",
        lambda c: c.count("signed digitally"),
        lambda c: c.count("issued"),
    ),
    "hours_to_issue": _ratio("Từ dự thảo xong đến phát hành", "From draft to issue", *_mean("to issue", _HOUR), _HOURS),
    "clerk_minutes_per_document": _ratio(
        "Phút văn thư cho một văn bản",
        "Clerk minutes per document",
        lambda c: 60.0 * _clerk_hours(c),
        lambda c: c.count("issued"),
        _MINUTES,
    ),
    "clerk_years": _ratio(
        "Năm công văn thư",
        "Clerk-years",
        lambda c: _clerk_hours(c) / (8.0 * c.days),
        _one,
        Text("năm công", "person-years"),
    ),
    "clerk_years_detour": _ratio(
        "Trong đó in – ký – quét – nhập",
        "of these, print, carry, scan, import",
        lambda c: c.sum("work clerk detour") / (8.0 * _HOUR * c.days),
        _one,
        Text("năm công", "person-years"),
    ),
    "clerk_years_two_track": _ratio(
        "Trong đó lưu giấy song song",
        "of these, paper kept beside",
        lambda c: c.sum("work clerk two-track") / (8.0 * _HOUR * c.days),
        _one,
        Text("năm công", "person-years"),
    ),
}
