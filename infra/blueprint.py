"""The data centre in no cloud's words: zones, workloads, sizes, secrets, flows allowed. Each number has its reason.

`draw_up` turns a province and its demand into a Blueprint; a Target turns a Blueprint into a Stack.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from infra import sizing
from infra.contracts import CONTRACTS
from infra.demand import Demand
from infra.sizing import Measured, Quantity
from simulation.province import Province
from simulation.text import Text

#: The services in the order in which they are listed, started and given fixed ports.
SERVICES = ("portal", "onestop", "lgsp", "dochub", "office", "national", "sector")
#: The one workload that is no service of ours.
DATABASE = "postgresql"

Kind = Literal["service", "database", "counterpart"]


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """A network zone (vùng mạng)."""

    name: str
    inside: bool = True  #: part of the province's data centre; otherwise only what it talks to
    public: bool = False  #: reachable from the internet
    reason: Text


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """Something that runs, and how big. A counterpart belongs to somebody else: only a testbed places one."""

    name: str
    zone: str
    kind: Kind
    replicas: Quantity
    vcpu: Quantity  #: of each replica
    memory_mb: Quantity  #: of each replica
    disk_gb: Quantity  #: of each replica
    floor_mb: Quantity  #: what one process of it holds when nobody asks anything of it
    reason: Text  #: what it is for


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """One database with a role of its own."""

    name: str
    workload: str  #: the server it lives on
    role: str
    used_by: str  #: the one workload that may connect to it
    reason: Text


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Traffic that is allowed; all other traffic is not. Ends are workloads, or whole zones where it says so."""

    source: str
    destination: str
    protocol: Literal["http", "postgresql", "ssh"]
    reason: Text


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that is made anew for every stack, and the only workloads that may hold it."""

    name: str  #: as in docs/reference-data.md, lower case
    holders: tuple[str, ...]
    shared: bool  #: one value for all holders; otherwise each holder has its own
    reason: Text


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be rented and how its pieces may talk."""

    province: str
    era: str
    demand: Demand
    zones: tuple[Zone, ...]
    workloads: tuple[Workload, ...]
    databases: tuple[Database, ...]
    flows: tuple[Flow, ...]
    secrets: tuple[Secret, ...]

    def workload(self, name: str) -> Workload:
        """One workload by its name. Raises KeyError when there is none."""
        for workload in self.workloads:
            if workload.name == name:
                return workload
        raise KeyError(name)

    @property
    def services(self) -> tuple[str, ...]:
        """Names of all workloads but the database server, in order."""
        return tuple(workload.name for workload in self.workloads if workload.kind != "database")

    @property
    def floor_mb(self) -> int:
        """Memory that one process of everything holds before the first request: the least a single machine needs."""
        return sum(workload.floor_mb.value for workload in self.workloads)


_ZONES = (
    Zone(name="outside", inside=False, public=True, reason=Text(
        "Ngoài trung tâm dữ liệu: người dân, hệ thống quốc gia, hệ thống ngành của nhà cung cấp khác.",
        "Outside the data centre: citizens, national systems, sector systems of other vendors.")),
    Zone(name="dmz", public=True, reason=Text(
        "Vùng duy nhất mở ra internet; chỉ chứa thứ người dân phải tới được.",
        "The only zone open to the internet; holds nothing but what citizens must reach.")),
    Zone(name="application", reason=Text(
        "Phần mềm nội bộ của cán bộ, chỉ tới được từ mạng nội bộ.",
        "Officials' software, reachable from the inner network only.")),
    Zone(name="integration", reason=Text(
        "LGSP và trục văn bản: mọi lời gọi giữa các hệ thống đi qua đây, nên để riêng mà giám sát.",
        "LGSP and document hub: every call between systems passes here, so it is kept apart and watched.")),
    Zone(name="data", reason=Text(
        "Cơ sở dữ liệu; không mở ra internet và không tự gọi ra ngoài.",
        "Databases; closed to the internet and never calling out.")),
    Zone(name="management", reason=Text(
        "Quản trị, sao lưu, giám sát; lối vào duy nhất của người quản trị.",
        "Administration, backup, monitoring; the administrators' only way in.")),
)  # fmt: skip

_PLACES: dict[str, tuple[str, Kind, Text]] = {
    "portal": ("dmz", "service", Text("Cổng dịch vụ công của tỉnh.", "The province's public-service portal.")),
    "onestop": ("application", "service", Text("Một cửa điện tử.", "The one-stop e-office.")),
    "lgsp": ("integration", "service", Text(
        "Nền tảng tích hợp, chia sẻ dữ liệu.", "The integration and sharing platform.")),
    "dochub": ("integration", "service", Text("Trục liên thông văn bản.", "The document hub.")),
    "office": ("application", "service", Text(
        "Quản lý văn bản và điều hành, chung cho mọi cơ quan.", "Document management, shared by all agencies.")),
    "national": ("outside", "counterpart", Text(
        "Đóng thế các hệ thống quốc gia; chỉ có trong môi trường thử.",
        "Stands in for the national systems; exists in a testbed only.")),
    "sector": ("outside", "counterpart", Text(
        "Đóng thế hệ thống trường học và bệnh viện; chỉ có trong môi trường thử.",
        "Stands in for school and hospital systems; exists in a testbed only.")),
    DATABASE: ("data", "database", Text(
        "Máy chủ PostgreSQL, mỗi dịch vụ một cơ sở dữ liệu.", "PostgreSQL server, one database per service.")),
}  # fmt: skip

_FLOWS = (
    Flow(source="outside", destination="portal", protocol="http", reason=Text(
        "Người dân, doanh nghiệp nộp và theo dõi hồ sơ.", "Citizens and companies submit and follow dossiers.")),
    Flow(source="outside", destination="onestop", protocol="http", reason=Text(
        "Cán bộ một cửa ở 4 cấp làm việc qua mạng của tỉnh.",
        "One-stop officials of all levels work over the province's network.")),
    Flow(source="outside", destination="office", protocol="http", reason=Text(
        "Cán bộ, văn thư của mọi cơ quan làm việc qua mạng của tỉnh.",
        "Officials and document clerks of every agency work over the province's network.")),
    *(
        Flow(source=system, destination="lgsp", protocol="http", reason=Text(
            "Gọi hệ thống khác chỉ qua LGSP.", "Calls another system only through the LGSP."))
        for system in SERVICES if any(contract.consumer == system for contract in CONTRACTS)
    ),
    *(
        Flow(source="lgsp", destination=system, protocol="http", reason=Text(
            "LGSP chuyển lời gọi tới nơi cung cấp.", "The LGSP passes calls on to their provider."))
        for system in SERVICES if any(contract.provider == system for contract in CONTRACTS)
    ),
    *(
        Flow(source="management", destination=zone, protocol="ssh", reason=Text(
            "Quản trị từ xa và sao lưu, có ghi vết.", "Remote administration and backup, on record."))
        for zone in ("dmz", "application", "integration", "data")
    ),
    *(
        Flow(source="management", destination=zone, protocol="http", reason=Text(
            "Thu số đo và sổ sách để giám sát, đối soát.", "Collects metrics and books for watching and reconciling."))
        for zone in ("dmz", "application", "integration")
    ),
)  # fmt: skip


def _secrets() -> tuple[Secret, ...]:
    behind_lgsp = tuple(name for name in SERVICES if name != "lgsp")
    return (
        Secret(name="database_password", holders=SERVICES, shared=False, reason=Text(
            "Mỗi dịch vụ một vai trò trong PostgreSQL, không ai đọc được dữ liệu của nhau.",
            "A PostgreSQL role per service, so that none can read another's data.")),
        Secret(name="token_key", holders=SERVICES, shared=False, reason=Text(
            "Ký thẻ đăng nhập của riêng từng dịch vụ.", "Signs each service's own sign-in tokens.")),
        Secret(name="lgsp_secret", holders=behind_lgsp, shared=False, reason=Text(
            "Hệ thống xưng danh với LGSP.", "A system proves to the LGSP who it is.")),
        Secret(name="provider_secret", holders=behind_lgsp, shared=False, reason=Text(
            "Nơi cung cấp nhận ra lời gọi đúng là do LGSP chuyển.",
            "A provider recognises calls that really came through the LGSP.")),
        Secret(name="payment_secret", holders=("portal", "national"), shared=True, reason=Text(
            "Tổng kiểm của thông báo thanh toán.", "Checksum of payment notices.")),
        Secret(name="audit_token", holders=SERVICES, shared=True, reason=Text(
            "Mở sổ sách cho việc đối soát.", "Opens the books for reconciliation.")),
        Secret(name="passcode_key", holders=SERVICES, shared=True, reason=Text(
            "Sinh mã đăng nhập của các tài khoản giả lập.", "Passcodes of the synthetic accounts derive from it.")),
    )  # fmt: skip


def draw_up(province: Province, demand: Demand, measured: Measured | None = None) -> Blueprint:
    """Draw the data centre that carries this demand. The same arguments give the same blueprint.

    `measured`: what operations were seen to need of each service's processors, instead of what is assumed.
    """
    workloads = []
    for name, (zone, kind, reason) in _PLACES.items():
        size = sizing.size(name, demand, measured)
        workloads.append(
            Workload(
                name=name,
                zone=zone,
                kind=kind,
                replicas=size.replicas,
                vcpu=size.vcpu,
                memory_mb=size.memory_mb,
                disk_gb=size.disk_gb,
                floor_mb=size.floor_mb,
                reason=reason,
            )
        )
    databases = tuple(
        Database(name=name, workload=DATABASE, role=name, used_by=name, reason=Text(
            "Mỗi dịch vụ một cơ sở dữ liệu: thay một dịch vụ không đụng tới dịch vụ khác.",
            "A database per service: replacing one service does not touch another."))
        for name in SERVICES
    )  # fmt: skip
    to_databases = tuple(
        Flow(source=name, destination=DATABASE, protocol="postgresql", reason=Text(
            "Dịch vụ dùng cơ sở dữ liệu của chính mình.", "A service uses its own database."))
        for name in SERVICES
    )  # fmt: skip
    return Blueprint(
        province=province.id,
        era=province.era,
        demand=demand,
        zones=_ZONES,
        workloads=tuple(workloads),
        databases=databases,
        flows=_FLOWS + to_databases,
        secrets=_secrets(),
    )
