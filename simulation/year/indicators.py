"""Indicators: what a simulated year is judged by, per agency and in total."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.engine import Outcome, kernel
from simulation.text import Text
from simulation.year.conduct import Conduct

Numbers = NDArray[np.float64]
_HOUR = 3600.0


class Offer(msgspec.Struct, frozen=True):
    """What the catalogue offers over the net, and whether anybody comes."""

    level_4_share: float  #: of all procedures
    payable_share: float  #: of procedures with a fee, those that can be paid online
    online: int  #: procedures that can be filed online
    used: int  #: of these, those that somebody did file online


class Played(msgspec.Struct, frozen=True):
    """One replication as it was played."""

    outcome: Outcome
    used: int  #: procedures that somebody filed online, warm-up included


class Counts(msgspec.Struct, frozen=True):
    """One replication's counts by agency: (agency, (count, sum, sum of squares)) for each name."""

    stats: Mapping[str, Numbers]
    backlog: Numbers  #: dossiers not decided at the year's end, by agency
    unissued: Numbers  #: documents not yet issued or taken up, by agency
    days: float  #: working days of the measured time
    conduct: Conduct
    offer: Offer

    def count(self, name: str) -> Numbers:
        """How often, by agency."""
        return self._column(name, kernel.S_COUNT)

    def sum(self, name: str) -> Numbers:
        """How much in all, by agency."""
        return self._column(name, kernel.S_SUM)

    def whole(self) -> Counts:
        """The province as if it were one agency."""
        stats = {name: stat.sum(axis=0, keepdims=True) for name, stat in self.stats.items()}
        backlog, unissued = self.backlog.sum(keepdims=True), self.unissued.sum(keepdims=True)
        return msgspec.structs.replace(self, stats=stats, backlog=backlog, unissued=unissued)

    def _column(self, name: str, column: int) -> Numbers:
        stat = self.stats.get(name)
        return np.zeros_like(self.backlog) if stat is None else stat[:, column]


def counts_of(
    played: Played, *, documents_from: int, places: int, days: float, conduct: Conduct, offer: Offer
) -> Counts:
    """Read one replication."""
    outcome = played.outcome
    is_document = outcome.open_at >= documents_from
    piles = [
        np.bincount(outcome.open_place[which], minlength=places).astype(np.float64)
        for which in (~is_document, is_document)
    ]
    offer = msgspec.structs.replace(offer, used=played.used)
    return Counts(outcome.stats, piles[0], piles[1], days, conduct, offer)


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One number that people look at: a ratio of two sums."""

    title: Text
    unit: Text
    over: Callable[[Counts], Numbers]
    under: Callable[[Counts], Numbers]

    def total(self, counts: Counts) -> float:
        """Over the whole province; nan where there was nothing."""
        return float(self.by_agency(counts.whole())[0])

    def by_agency(self, counts: Counts) -> Numbers:
        """For each agency; nan where there was nothing."""
        over, under = self.over(counts), self.under(counts)
        return np.where(under > 0, over / np.where(under > 0, under, 1.0), np.nan)


_SHARE = Text("tỷ lệ", "share")
_HOURS = Text("giờ làm việc", "working hours")
_MINUTES = Text("phút", "minutes")
_A_YEAR = Text("một năm", "a year")
_CLERK = ("work clerk detour", "work clerk two-track", "work clerk issue", "work clerk again", "work clerk register")


_POINTS = Text("điểm", "points")
_BILLION = Text("tỷ đồng", "billion đồng")


def _one(counts: Counts) -> Numbers:
    """One in total, so that a ratio of sums over agencies is a plain sum; each agency counts for its part."""
    return np.full_like(counts.backlog, 1.0 / len(counts.backlog))


def _per(over: Numbers, under: Numbers) -> Numbers:
    return np.asarray(over / np.maximum(under, 1.0))


def decided(counts: Counts) -> Numbers:
    """Dossiers on which somebody decided."""
    return counts.count("on time") + counts.count("late")


def official_hours(counts: Counts) -> Numbers:
    """Hours of work of everybody in the offices."""
    work = [counts.sum(name) for name in counts.stats if name.startswith("work ")]
    return np.asarray(np.sum([np.zeros_like(counts.backlog), *work], axis=0) / _HOUR)


def state_cost(counts: Counts) -> Numbers:
    """Billion đồng that the officials' hours cost."""
    return np.asarray(official_hours(counts) * counts.conduct["official_hour"] / 1e9)


def people_cost(counts: Counts) -> Numbers:
    """Billion đồng that the visits to the counter are worth."""
    each = counts.conduct["visit_hours"] * counts.conduct["visitor_hour"]
    return np.asarray(counts.count("visit") * each / 1e9)


def satisfied(counts: Counts) -> Numbers:
    """Share of people who are satisfied, from what happened to their dossiers (assumed weights, see the conduct)."""
    conduct, done = counts.conduct, decided(counts)
    angry = (
        conduct["angry_if_late"] * _per(counts.count("late"), done)
        + conduct["angry_if_asked_again"] * _per(counts.count("supplement"), done)
        + conduct["angry_if_rejected"] * _per(counts.count("rejected"), done)
        + conduct["angry_if_sent_to_counter"] * _per(counts.count("visit after filing online"), done)
    )
    return np.asarray(np.maximum(conduct["satisfied_share"] - angry, 0.0))


def score(counts: Counts) -> Numbers:
    """Points of 100 by QĐ 766/QĐ-TTg of 23/06/2022: an estimate, for the formulae were worked out by others.

    Openness 18, progress 20, online service 12, online payment 10, digitisation 22, satisfaction 18. What the year does
    not know (published and digitised results) is an assumed number of the conduct.
    """
    conduct, offer = counts.conduct, counts.offer
    used = offer.used / max(offer.online, 1)
    online = _per(counts.count("received online"), counts.count("received"))
    paid = _per(counts.count("paid online"), counts.count("fee at level 4"))
    happy = satisfied(counts)
    openness = 18.0 * conduct["results_published_share"]
    progress = 20.0 * _per(counts.count("on time"), decided(counts))
    service = min(2.0, 2.0 * offer.level_4_share / 0.8) + 4.0 * used + np.minimum(6.0, 6.0 * online / 0.5)
    payment = np.minimum(10.0, 6.0 * offer.payable_share + min(2.0, 2.5 * used) + 2.5 * paid)
    digitised = 20.0 * conduct["digitised_share"] + min(2.0, 2.0 * conduct["data_shared_share"] / 0.8)
    satisfaction = np.minimum(6.0, 6.0 * happy / 0.9) + 12.0 * happy
    return np.asarray(openness + progress + service + payment + digitised + satisfaction)


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
    "online_share_level_3": _ratio(
        "… thủ tục mức độ 3",
        "… of procedures at level 3",
        lambda c: c.count("received online at level 3"),
        lambda c: c.count("received at level 3"),
    ),
    "online_share_level_4": _ratio(
        "… thủ tục mức độ 4",
        "… of procedures at level 4",
        lambda c: c.count("received online at level 4"),
        lambda c: c.count("received at level 4"),
    ),
    "unused_services": _ratio(
        "Dịch vụ trực tuyến không ai dùng",
        "Services online that nobody used",
        lambda c: _one(c) * (c.offer.online - c.offer.used),
        _one,
        Text("thủ tục", "procedures"),
    ),
    "visits_per_dossier": _ratio(
        "Lần đến cơ quan cho một hồ sơ",
        "Visits to an office per dossier",
        lambda c: c.count("visit"),
        lambda c: c.count("received"),
        Text("lần", "visits"),
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
    "clerk_years_again": _ratio(
        "Trong đó phát hành lại vì chữ ký sai định dạng",
        "of these, issued again for a wrong format",
        lambda c: c.sum("work clerk again") / (8.0 * _HOUR * c.days),
        _one,
        Text("năm công", "person-years"),
    ),
    "official_years": _ratio(
        "Năm công của mọi cán bộ",
        "Person-years of all officials",
        lambda c: official_hours(c) / (8.0 * c.days),
        _one,
        Text("năm công", "person-years"),
    ),
    "cost_state": _ratio("Chi phí công của cơ quan", "What the officials' time costs", state_cost, _one, _BILLION),
    "cost_people": _ratio(
        "Chi phí đi lại của người dân", "What people's visits cost them", people_cost, _one, _BILLION
    ),
    "satisfied_share": _ratio(
        "Hài lòng (ước tính)", "Satisfied (estimate)", lambda c: satisfied(c) * decided(c), decided
    ),
    "score": _ratio(
        "Điểm theo QĐ 766/2022 (ước tính; thước đo có sau 2018)",
        "Score by QĐ 766/2022 (estimate; a later yardstick than 2018)",
        lambda c: score(c) * decided(c),
        decided,
        _POINTS,
    ),
}

#: What is told of a trouble, in words that follow an amount; the rest of the indicators is for machines.
TOLD: Final[Mapping[str, Text]] = {
    "hours_to_decide": Text("giờ giải quyết một hồ sơ", "hours to decide"),
    "hours_to_issue": Text("giờ phát hành một văn bản", "hours to issue"),
    "minutes_counter_wait": Text("phút chờ ở quầy", "minutes of waiting at the counter"),
    "visits_per_dossier": Text("lần đến cơ quan mỗi hồ sơ", "visits per dossier"),
    "official_years": Text("năm công", "person-years"),
    "cost_state": Text("tỷ đồng của cơ quan", "billion đồng of the state's"),
    "cost_people": Text("tỷ đồng của người dân", "billion đồng of people's"),
    "gave_up": Text("lượt bỏ về", "times that somebody went home"),
    "on_time_share": Text("tỷ lệ đúng hạn", "share on time"),
    "satisfied_share": Text("tỷ lệ hài lòng (ước tính)", "share satisfied (estimate)"),
    "score": Text("điểm QĐ 766 (ước tính)", "points of QĐ 766 (estimate)"),
}
