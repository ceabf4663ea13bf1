"""Every number a province has to state beside its units and agencies: name, unit, allowed range, meaning.

A profile that lacks one of them, or has one that is not here, is refused: a misspelt figure must not turn into a
silent default.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from simulation.province import Figure
from simulation.province_files.reading import Row
from simulation.text import Text


class FigureRule(msgspec.Struct, frozen=True):
    """What one figure is and what it may be."""

    name: str
    unit: str
    low: float  #: smallest value allowed
    high: float  #: largest value allowed
    meaning: Text


_SHARE = "share (0 to 1)"
_MINUTES = "minutes"
_DAY = "a working day"


def _share(name: str, vi: str, en: str) -> FigureRule:
    return FigureRule(name, _SHARE, 0.0, 1.0, Text(vi, en))


def _minutes(name: str, vi: str, en: str) -> FigureRule:
    # Longer than a shift of four hours is no single act at a desk.
    return FigureRule(name, _MINUTES, 0.1, 240.0, Text(vi, en))


def _volume(name: str, things: str, vi: str, en: str) -> FigureRule:
    return FigureRule(name, f"{things} {_DAY}", 0.0, 1_000_000.0, Text(vi, en))


RULES: tuple[FigureRule, ...] = (
    _volume("dossiers_per_day", "dossiers", "hồ sơ nộp, mọi kênh", "dossiers handed in, over every channel"),
    _volume(
        "documents_per_day", "documents", "văn bản phát hành giữa các cơ quan", "documents issued between agencies"
    ),
    _volume(
        "browsing_visits_per_day", "visits", "lượt xem cổng mà không nộp", "visits to the portal that submit nothing"
    ),
    _volume("school_calls_per_day", "calls", "lượt gọi của mọi trường", "calls of all schools together"),
    _volume(
        "health_visits_per_day", "visits", "lượt khám của mọi cơ sở y tế", "patients' visits, all facilities together"
    ),
    FigureRule(
        "working_days_per_year", "days a year", 200.0, 366.0, Text("ngày làm việc một năm", "working days of a year")
    ),
    FigureRule(
        "poll_interval_minutes",
        _MINUTES,
        0.1,
        240.0,
        Text("mỗi hệ thống hỏi trục văn bản một lần", "time between two polls of the hub by one installation"),
    ),
    FigureRule(
        "addressees_per_document_mean",
        "agencies a document",
        1.0,
        200.0,
        Text("số nơi nhận trung bình của một văn bản", "addressees of one document, on average"),
    ),
    _share(
        "online_share",
        "hồ sơ của thủ tục mức 3, 4 được nộp qua mạng",
        "of the dossiers of level 3 and 4 procedures, those handed in online",
    ),
    _share("supplement_share", "hồ sơ phải bổ sung", "dossiers that have to be supplemented"),
    _share("rejection_share", "hồ sơ bị từ chối", "dossiers that are rejected"),
    _share("post_return_share", "kết quả trả qua bưu chính", "results that go back by post"),
    _share("rating_share", "hồ sơ trực tuyến được người nộp đánh giá", "online dossiers that their applicant rates"),
    _share(
        "company_agent_share",
        "hồ sơ doanh nghiệp do người được ủy quyền nộp",
        "dossiers of companies that an agent files",
    ),
    _share(
        "out_of_province_share",
        "hồ sơ doanh nghiệp trực tuyến đến từ người ở ngoài tỉnh",
        "online dossiers of companies whose filer lives outside the province",
    ),
    _share("leader_signs_digitally_share", "lãnh đạo tự ký số", "leaders who sign on screen themselves"),
    _share("document_refusal_share", "văn bản bị nơi nhận từ chối", "documents that an addressee refuses"),
    _minutes("minutes_reception", "nhận một hồ sơ tại quầy", "taking one dossier in at the counter"),
    _minutes("minutes_acceptance", "kiểm và nhận một hồ sơ trực tuyến", "checking and accepting one online dossier"),
    _minutes("minutes_examination", "thẩm định một hồ sơ", "examining one dossier"),
    _minutes("minutes_decision", "quyết định một hồ sơ", "deciding one dossier"),
    _minutes("minutes_return", "trả một kết quả", "handing one result back"),
    _minutes("minutes_draft", "soạn một văn bản", "drafting one document"),
    _minutes("minutes_sign", "ký số một văn bản", "signing one document on screen"),
    _minutes("minutes_issue", "phát hành một văn bản", "issuing one document: number, seal, register"),
    _minutes(
        "minutes_paper_detour",
        "in, trình ký tay, quét, nhập lại một văn bản",
        "one document's detour: print, have it signed on paper, scan, import",
    ),
    _minutes("minutes_register", "vào sổ một văn bản đến", "registering one incoming document"),
    _minutes("minutes_assign", "phân công một văn bản đến", "assigning one incoming document"),
    _minutes("minutes_finish", "xử lý xong một văn bản đến", "finishing the work on one incoming document"),
)

#: By name; the order is that of a profile.
FIGURES: Mapping[str, FigureRule] = {rule.name: rule for rule in RULES}


def read_figures(profile: Row) -> dict[str, Figure]:
    """Read and check all figures of a profile."""
    figures: dict[str, Figure] = {}
    table = profile.row("figures")
    if not table.names():
        return figures
    for rule in RULES:
        if not table.has(rule.name):
            table.wrong(
                rule.name,
                Text("còn thiếu.", "is missing."),
                Text(
                    f"Thêm số liệu này ({rule.meaning.vi}; đơn vị “{rule.unit}”) và ghi nguồn.",
                    f"Add it ({rule.meaning.en}; unit “{rule.unit}”) with its source.",
                ),
            )
            continue
        entry = table.row(rule.name)
        value = entry.number("value", low=rule.low, high=rule.high)
        unit = entry.text("unit")
        if unit and unit != rule.unit:
            entry.wrong(
                "unit",
                Text(f"đơn vị là “{unit}”.", f"the unit is “{unit}”."),
                Text(f"Quy giá trị về đơn vị “{rule.unit}”.", f"Convert the value to “{rule.unit}”."),
            )
        figures[rule.name] = Figure(value=value, unit=unit, source=entry.text("source"))
        entry.no_more()
    table.no_more()
    return figures
