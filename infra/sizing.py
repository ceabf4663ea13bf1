"""How big: replicas, processors, memory and disks for a demand, each number with its reason.

The rules are few and stated, so that a reader can disagree with one of them: what one processor carries, how busy it
may be, how many must be there so that one may fail, and how long data is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from infra.demand import Demand
from simulation.text import Text


class Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """A whole number with its unit, why it is so big, and where that comes from."""

    value: int
    unit: str
    reason: Text
    source: str  #: a source, or "assumed: why"


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """Replicas of one workload and the size of each."""

    replicas: Quantity
    vcpu: Quantity
    memory_mb: Quantity
    disk_gb: Quantity
    floor_mb: Quantity


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What a running service was seen to need of processors."""

    demand: float  #: processor seconds for one operation of a client, whatever it is, on average
    idle: float  #: processors busy while nobody asks for anything


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Uses by workload, as a fitted twin has them (docs/adr/0042)."""

    uses: Mapping[str, Use]
    source: str  #: where they were measured


#: Use of a processor at the busiest moment that is rented for.
BUSY = 0.5
_BUSY_SOURCE = (
    "assumed: at half load a request waits on average about as long as it is served (M/M/1), and one replica may fail"
)
#: requests a second that one vCPU carries, and why
_CAPACITY: Mapping[str, tuple[float, str]] = {
    "lgsp": (300.0, "assumed: token check, one audit row and forwarding, between a bare forward and a durable insert"),
    "dochub": (
        60.0,
        "assumed: an envelope's signature is verified at about 900 a second a core, the rest is XML and SQL",
    ),
    "office": (
        60.0,
        "assumed: issuing signs an envelope, about 1,500 P-256 signatures a second a core, plus XML and SQL",
    ),
}
_CAPACITY_OTHERWISE = (
    150.0,
    "assumed: a tenth of 1,500 single durable inserts a second a core, measured for a plain Python service on 2 vCPU",
)
_FLAVOURS_VCPU = (1, 2, 4, 8, 16, 32)
_FLOOR_MB = 100
_KEPT_YEARS = 5
_DOCUMENT_MB = 1.0
_DOSSIER_MB = 2.0
_DATABASE_QUERIES = 5.0
_DATABASE_CAPACITY = 3000.0
_DATABASE_CORES = 2


def vietnamese(rate: float, places: int = 1) -> str:
    """A number with one decimal, or as many as wanted, as Vietnamese writes it: 1,3."""
    return f"{rate:.{places}f}".replace(".", ",")


def size(workload: str, demand: Demand, measured: Measured | None = None) -> Size:
    """Size one workload for the demand; processors by what was measured, where that knows the workload."""
    if workload == "postgresql":
        return _size_database(demand, measured)
    rate = demand.requests_per_second.get(workload, 0.0)
    wanted = _wanted(workload, demand, measured) or _assumed(workload, rate)
    cores = max(1, wanted.cores)
    spare = 1 if workload in {"national", "sector"} else 2
    replicas = max(spare, math.ceil(cores / _FLAVOURS_VCPU[2]))
    vcpu = _flavour(math.ceil(cores / replicas))
    return Size(
        replicas=Quantity(
            value=replicas,
            unit="replica",
            reason=_two(spare, rate),
            source="level-3 systems need redundancy and load balancing (TCVN 14423:2026, second-hand)"
            if spare > 1
            else "assumed: a counterpart in a testbed need not survive a failure",
        ),
        vcpu=Quantity(
            value=vcpu,
            unit="vCPU",
            reason=wanted.reason,
            source=wanted.source,
        ),
        memory_mb=Quantity(
            value=2048 * vcpu,
            unit="MB",
            reason=Text(
                "2 GB cho mỗi vCPU: mỗi tiến trình dịch vụ cần vài trăm MB, còn lại cho hệ điều hành và bộ đệm.",
                "2 GB per vCPU: a service process needs a few hundred MB, the rest is for the system and caches.",
            ),
            source="assumed: the smallest ratio that rented clouds usually offer",
        ),
        disk_gb=Quantity(
            value=40,
            unit="GB",
            reason=Text(
                "Hệ điều hành, phần mềm và nhật ký ba tháng.", "Operating system, software and three months of logs."
            ),
            source="central logs for at least three months at level 3 (second-hand); the size is assumed",
        ),
        floor_mb=_floor(),
    )


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    cores: int
    reason: Text
    source: str


def _assumed(workload: str, rate: float) -> _Wanted:
    capacity, source = _CAPACITY.get(workload, _CAPACITY_OTHERWISE)
    return _Wanted(
        cores=math.ceil(rate / (capacity * BUSY)),
        reason=Text(
            f"{vietnamese(rate)} yêu cầu/giây lúc cao điểm; một vCPU chịu {capacity:.0f}, dùng tới {BUSY:.0%}.",
            f"{rate:.1f} requests/s at the peak; one vCPU carries {capacity:.0f}, used up to {BUSY:.0%}.",
        ),
        source=f"{source}; {_BUSY_SOURCE}",
    )


def _wanted(workload: str, demand: Demand, measured: Measured | None) -> _Wanted | None:
    """By the utilisation law: operations times what each needs, and what is busy anyway. None: not measured."""
    use = measured.uses.get(workload) if measured else None
    if measured is None or use is None:
        return None
    rate, each = demand.operations_per_second, use.demand * 1000
    return _Wanted(
        cores=math.ceil((rate * use.demand + use.idle) / BUSY),
        reason=Text(
            f"{vietnamese(rate)} thao tác của người dùng mỗi giây lúc cao điểm; đo được mỗi thao tác dùng "
            f"{vietnamese(each, 2)} ms bộ xử lý ở đây, dùng tới {BUSY:.0%}.",
            f"{rate:.1f} operations of clients a second at the peak; each was seen to need {each:.2f} ms of processor "
            f"here, used up to {BUSY:.0%}.",
        ),
        source=f"{measured.source}; {_BUSY_SOURCE}",
    )


def _two(spare: int, rate: float) -> Text:
    if spare > 1:
        return Text(
            "Ít nhất hai bản: một bản hỏng hoặc đang nâng cấp thì bản kia vẫn phục vụ.",
            "At least two: while one fails or is upgraded the other serves.",
        )
    return Text(
        f"Đủ cho {vietnamese(rate)} yêu cầu/giây; không cần dự phòng.",
        f"Enough for {rate:.1f} requests/s; no spare needed.",
    )


def _size_database(demand: Demand, measured: Measured | None) -> Size:
    wanted = _wanted("postgresql", demand, measured) or _assumed_of_database(demand)
    vcpu = _flavour(max(_DATABASE_CORES, wanted.cores))
    kept_gb = (demand.dossiers_a_year * _DOSSIER_MB + demand.documents_a_year * _DOCUMENT_MB) * _KEPT_YEARS / 1024
    return Size(
        replicas=Quantity(
            value=2,
            unit="replica",
            reason=Text(
                "Một máy chính, một máy dự phòng nhận bản sao liên tục.",
                "One primary and one standby that follows it continuously.",
            ),
            source="level-3 systems need redundancy (TCVN 14423:2026, second-hand)",
        ),
        vcpu=Quantity(
            value=vcpu,
            unit="vCPU",
            reason=Text(
                f"{wanted.reason.vi} Ít nhất {_DATABASE_CORES} để dọn dẹp không cản phục vụ.",
                f"{wanted.reason.en} At least {_DATABASE_CORES} so that vacuuming is not in the way.",
            ),
            source=wanted.source,
        ),
        memory_mb=Quantity(
            value=4096 * vcpu,
            unit="MB",
            reason=Text(
                "4 GB cho mỗi vCPU, một phần tư làm bộ đệm chung để dữ liệu đang xử lý nằm trong bộ nhớ.",
                "4 GB per vCPU, a quarter of it shared buffers, so that the open cases stay in memory.",
            ),
            source="PostgreSQL's documentation advises a quarter of memory for shared_buffers; the ratio is assumed",
        ),
        disk_gb=Quantity(
            value=max(50, math.ceil(kept_gb * 1.5 / 50) * 50),
            unit="GB",
            reason=Text(
                f"{_KEPT_YEARS} năm hồ sơ ({_DOSSIER_MB:g} MB) và văn bản ({_DOCUMENT_MB:g} MB), cộng 50% dự trữ.",
                f"{_KEPT_YEARS} years of dossiers ({_DOSSIER_MB:g} MB) and documents ({_DOCUMENT_MB:g} MB), "
                "and half as much again in reserve.",
            ),
            source="five years: the 60-month lease of a 2026 tender; sizes of dossiers and documents are assumed",
        ),
        floor_mb=_floor(),
    )


def _assumed_of_database(demand: Demand) -> _Wanted:
    queries = sum(demand.requests_per_second.values()) * _DATABASE_QUERIES
    return _Wanted(
        cores=math.ceil(queries / (_DATABASE_CAPACITY * BUSY)),
        reason=Text(
            f"{queries:.0f} câu lệnh/giây ({_DATABASE_QUERIES:g} câu mỗi yêu cầu); một vCPU chịu "
            f"{_DATABASE_CAPACITY:.0f}, chỉ dùng tới {BUSY:.0%}.",
            f"{queries:.0f} statements/s ({_DATABASE_QUERIES:g} a request); one vCPU carries "
            f"{_DATABASE_CAPACITY:.0f}, used up to {BUSY:.0%}.",
        ),
        source="assumed: half of pgbench's 6,100 durable inserts a second on 2 vCPU, five statements a request",
    )


def _floor() -> Quantity:
    return Quantity(
        value=_FLOOR_MB,
        unit="MB",
        reason=Text(
            "Bộ nhớ một tiến trình chiếm khi chưa có yêu cầu nào, làm tròn lên.",
            "Memory that one process holds before any request, rounded up.",
        ),
        source="measured on the local target, November 2026: 62 to 70 MB for each service and for PostgreSQL",
    )


def _flavour(cores: int) -> int:
    """The smallest usual size with so many cores; past the largest, as many of those as it takes."""
    largest = _FLAVOURS_VCPU[-1]
    return next((flavour for flavour in _FLAVOURS_VCPU if flavour >= cores), math.ceil(cores / largest) * largest)
