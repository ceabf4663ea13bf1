"""What an objective can be about, and the names that k6 has for it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from simulation.text import Text

_NONE = Text("", "")
_TREND = ("avg", "min", "med", "max", "p", "count")
_OF_JOURNAL = ("operation", "actor", "phase", "kind")
_OF_SERVICE = ("service", "phase")


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of figure."""

    title: Text
    unit: Text
    aggregates: tuple[str, ...]
    tags: tuple[str, ...]  #: what it can be narrowed down by
    example: str  #: of a bound
    source: str  #: "journal", "machine" or, where a run was watched as probes are, "watch"


METRICS: Mapping[str, Metric] = {
    "latency": Metric(
        title=Text("Thời gian phản hồi từ lúc dự định", "Latency from the intended start"),
        unit=Text("ms", "ms"),
        aggregates=_TREND[:-1],
        tags=_OF_JOURNAL,
        example="p(95)<800",
        source="journal",
    ),
    "errors": Metric(
        title=Text("Thao tác kết thúc bằng lỗi", "Operations that end in an error"),
        unit=_NONE,
        aggregates=("rate", "count"),
        tags=_OF_JOURNAL,
        example="rate<0.01",
        source="journal",
    ),
    "requests": Metric(
        title=Text("Thao tác hoàn thành", "Operations that came to an end"),
        unit=_NONE,
        aggregates=("count", "rate"),
        tags=_OF_JOURNAL,
        example="rate>3",
        source="journal",
    ),
    "late": Metric(
        title=Text("Thao tác bộ sinh tải bắt đầu muộn hơn 10 ms", "Starts more than 10 ms late by the generator"),
        unit=_NONE,
        aggregates=("rate", "count"),
        tags=_OF_JOURNAL,
        example="rate<0.01",
        source="journal",
    ),
    "dropped": Metric(
        title=Text("Lượt đến bị bộ sinh tải bỏ", "Arrivals dropped by the generator"),
        unit=_NONE,
        aggregates=("count",),
        tags=(),
        example="count<1",
        source="journal",
    ),
    "cpu": Metric(
        title=Text("Bộ xử lý", "Processor"),
        unit=Text("% một lõi", "% of a core"),
        aggregates=_TREND[:-1],
        tags=_OF_SERVICE,
        example="avg<150",
        source="machine",
    ),
    "memory": Metric(
        title=Text("Bộ nhớ", "Memory"),
        unit=Text("MB", "MB"),
        aggregates=_TREND[:-1],
        tags=_OF_SERVICE,
        example="max<900",
        source="machine",
    ),
    "restarts": Metric(
        title=Text("Số lần khởi động lại", "Restarts"),
        unit=_NONE,
        aggregates=("count",),
        tags=_OF_SERVICE,
        example="count<1",
        source="machine",
    ),
    "pool": Metric(
        title=Text("Kết nối cơ sở dữ liệu đang bận", "Database connections that are busy"),
        unit=Text("%", "%"),
        aggregates=_TREND[:-1],
        tags=_OF_SERVICE,
        example="max<90",
        source="watch",
    ),
    "disk": Metric(
        title=Text("Phiên cơ sở dữ liệu đang chờ ổ đĩa", "Database sessions that wait for a disk"),
        unit=Text("% số phiên đang làm việc", "% of working sessions"),
        aggregates=_TREND[:-1],
        tags=_OF_SERVICE,
        example="avg<30",
        source="watch",
    ),
    "disk_free": Metric(
        title=Text("Chỗ trống trên đĩa của hệ thống", "Room on the disk that the stack writes to"),
        unit=Text("MB", "MB"),
        aggregates=_TREND[:-1],
        tags=("phase",),
        example="min>500",
        source="watch",
    ),
}

#: Names of k6's built-in metrics -> ours.
OF_K6: Mapping[str, str] = {
    "http_req_duration": "latency",
    "http_req_failed": "errors",
    "http_reqs": "requests",
    "dropped_iterations": "dropped",
}
