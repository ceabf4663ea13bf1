"""What a requirement can be measured by: the names that may stand as `measure` in a requirement table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from simulation.text import Text


class Yardstick(msgspec.Struct, frozen=True, kw_only=True):
    """One measure: what it says, what its selector selects, and the units it can be given in."""

    title: Text
    selects: Literal["operations", "laws", "nothing"]
    units: Mapping[str, float]  #: unit -> how many of it make one of ours


_SECONDS = {"s": 1.0, "ms": 1000.0}
_SHARE = {"%": 100.0}


def _latency(vi: str, en: str) -> Yardstick:
    return Yardstick(title=Text(vi, en), selects="operations", units=_SECONDS)


YARDSTICKS: Mapping[str, Yardstick] = {
    "latency_mean": _latency("Thời gian phản hồi trung bình", "Mean latency"),
    "latency_p50": _latency("Thời gian phản hồi p50", "Latency p50"),
    "latency_p95": _latency("Thời gian phản hồi p95", "Latency p95"),
    "latency_p99": _latency("Thời gian phản hồi p99", "Latency p99"),
    "latency_max": _latency("Thời gian phản hồi lớn nhất", "Largest latency"),
    "error_share": Yardstick(
        title=Text("Tỷ lệ thao tác kết thúc bằng lỗi", "Share of operations that end in an error"),
        selects="operations",
        units=_SHARE,
    ),
    "server_error_share": Yardstick(
        title=Text("Tỷ lệ yêu cầu bị trả lời 5xx", "Share of requests answered with 5xx"),
        selects="nothing",
        units=_SHARE,
    ),
    "late_start_share": Yardstick(
        title=Text("Tỷ lệ thao tác bắt đầu muộn", "Share of late starts"), selects="nothing", units=_SHARE
    ),
    "journal_damage": Yardstick(
        title=Text("Số chỗ hỏng của nhật ký", "Damaged places of the journal"), selects="nothing", units={"places": 1.0}
    ),
    "unattempted": Yardstick(
        title=Text("Số bước chưa thực hiện", "Steps not carried out"), selects="nothing", units={"steps": 1.0}
    ),
    "faults_missed": Yardstick(
        title=Text("Số sự cố không gây được", "Faults that could not be struck"),
        selects="nothing",
        units={"items": 1.0},
    ),
    "law_violations": Yardstick(
        title=Text("Số vi phạm khi đối soát", "Violations in reconciliation"), selects="laws", units={"violations": 1.0}
    ),
    "dead_letters": Yardstick(title=Text("Số thư chết", "Dead letters"), selects="nothing", units={"items": 1.0}),
    "backlog": Yardstick(
        title=Text("Số gói tin còn chờ gửi", "Items waiting to be delivered"), selects="nothing", units={"items": 1.0}
    ),
    "signed_on_screen_share": Yardstick(
        title=Text(
            "Tỷ lệ văn bản trên trục có chữ ký số của lãnh đạo", "Share of documents at the hub that a leader signed"
        ),
        selects="nothing",
        units=_SHARE,
    ),
    "weak_signatures": Yardstick(
        title=Text("Số gói tin ký bằng thuật toán yếu (SHA-1)", "Envelopes sealed with a weak algorithm (SHA-1)"),
        selects="nothing",
        units={"items": 1.0},
    ),
    "paper_detour": Yardstick(
        title=Text(
            "Thời gian văn thư tốn thêm cho mỗi văn bản vì ký giấy", "Clerk's extra time a document, for paper's sake"
        ),
        selects="nothing",
        units={"minutes": 1.0},
    ),
    "online_share": Yardstick(
        title=Text("Tỷ lệ hồ sơ nộp trực tuyến", "Share of dossiers filed online"), selects="nothing", units=_SHARE
    ),
    "unused_services_share": Yardstick(
        title=Text(
            "Tỷ lệ dịch vụ mức 3, 4 có nhu cầu mà không ai nộp trực tuyến",
            "Share of services at level 3 or 4, in demand, that nobody used online",
        ),
        selects="nothing",
        units=_SHARE,
    ),
    "typed_fields_share": Yardstick(
        title=Text("Tỷ lệ mục tờ khai phải gõ tay", "Share of a form's fields typed by hand"),
        selects="nothing",
        units=_SHARE,
    ),
    "undecided_share": Yardstick(
        title=Text("Tỷ lệ hồ sơ đã tiếp nhận mà chưa quyết định", "Share of dossiers received and not decided"),
        selects="nothing",
        units=_SHARE,
    ),
    "catalogue_drift": Yardstick(
        title=Text(
            "Số điểm danh mục của tỉnh lệch danh mục quốc gia", "Differences of the catalogue from the nation's"
        ),
        selects="nothing",
        units={"places": 1.0},
    ),
    "two_track_share": Yardstick(
        title=Text(
            "Tỷ lệ văn bản ký số mà vẫn lưu thêm bản giấy", "Share of documents signed on screen and filed on paper too"
        ),
        selects="nothing",
        units=_SHARE,
    ),
    "deputised_share": Yardstick(
        title=Text("Tỷ lệ việc của lãnh đạo do người khác làm thay", "Share of leaders' acts done in their stead"),
        selects="nothing",
        units=_SHARE,
    ),
    "sealed_again_share": Yardstick(
        title=Text(
            "Tỷ lệ văn bản phải ký lại vì chữ ký sai định dạng",
            "Share of documents sealed again because of their seal's form",
        ),
        selects="nothing",
        units=_SHARE,
    ),
    "memory_share": Yardstick(
        title=Text("Bộ nhớ đã dùng, phần cao nhất", "Memory used, at its peak"), selects="nothing", units=_SHARE
    ),
    "cpu_share": Yardstick(
        title=Text("Bộ xử lý bận, trung bình", "Processors busy, on average"), selects="nothing", units=_SHARE
    ),
}
