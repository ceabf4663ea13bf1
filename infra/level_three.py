"""Level-3 items that can be told from a blueprint and its safeguards, each with the clause that it paraphrases.

TCVN 14423:2026 is copyrighted and was not read: the clauses come second-hand, in our own words, and say so. A system
that handles dossiers and the shared infrastructure of a province are level 3 (Decree 331/2026, second-hand).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from infra.blueprint import Blueprint
from infra.safeguards import Safeguards
from simulation.mistakes import Mistake
from simulation.text import Text

_SECOND_HAND = "TCVN 14423:2026, level 3; second-hand, paraphrased, to be compared with the original"
LOG_DAYS = 92  #: three months are at most so many days
_COPIES, _MEDIA = 3, 2
_EVERYWHERE = ("0.0.0.0/0", "::/0")


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, in our own words."""

    id: str
    text: Text
    source: str = _SECOND_HAND


#: What the zones of the standard are here. The border is the router that every target makes; officials' own networks
#: and wireless networks are in their offices, not in a rented data centre.
ZONE_DUTIES: Mapping[str, tuple[str, ...]] = {
    "DMZ": ("dmz",),
    "servers": ("application", "integration"),
    "database": ("data",),
    "management": ("management",),
}

Findings = Iterator[tuple[str, Text, Text]]  # key, what was found, the way out


def _zones(blueprint: Blueprint, _: Safeguards) -> Findings:
    inside = {zone.name for zone in blueprint.zones if zone.inside}
    for duty, names in ZONE_DUTIES.items():
        for name in names:
            if name not in inside:
                yield (
                    "zones",
                    Text(f"không có vùng “{name}” ({duty}).", f"there is no zone “{name}” ({duty})."),
                    Text("Thêm vùng này, tách khỏi các vùng khác.", "Add it, apart from the others."),
                )


def _redundant(blueprint: Blueprint, _: Safeguards) -> Findings:
    for index, workload in enumerate(blueprint.workloads):
        if workload.kind != "counterpart" and workload.replicas.value < 2:  # noqa: PLR2004 -- two: one may fail
            yield (
                f"workloads[{index}].replicas",
                Text(f"“{workload.name}” chỉ có một bản.", f"“{workload.name}” has a single replica."),
                Text("Đặt từ 2 trở lên.", "Set it to at least 2."),
            )


def _data_is_private(blueprint: Blueprint, _: Safeguards) -> Findings:
    public = {zone.name for zone in blueprint.zones if zone.public or not zone.inside}
    servers = {workload.name for workload in blueprint.workloads if workload.kind == "database"}
    for index, workload in enumerate(blueprint.workloads):
        if workload.name in servers and workload.zone in public:
            yield (
                f"workloads[{index}].zone",
                Text(f"“{workload.name}” ở vùng công khai.", f"“{workload.name}” is in a public zone."),
                Text("Chuyển vào vùng dữ liệu.", "Move it into the data zone."),
            )
    users = {(database.used_by, database.workload) for database in blueprint.databases}
    for index, flow in enumerate(blueprint.flows):
        wanted = flow.protocol == "postgresql" and (flow.source, flow.destination) not in users
        if wanted:
            yield (
                f"flows[{index}]",
                Text(
                    f"“{flow.source}” vào “{flow.destination}” mà không có cơ sở dữ liệu nào ở đó.",
                    f"“{flow.source}” may reach “{flow.destination}” and owns no database there.",
                ),
                Text("Bỏ luồng này.", "Drop the flow."),
            )


def _in_transit(_: Blueprint, safeguards: Safeguards) -> Findings:
    if not safeguards.encrypted_in_transit:
        yield (
            "encrypted_in_transit",
            Text("người dùng kết nối không mã hoá.", "users connect without encryption."),
            Text("Đặt certificateRef (chứng thư số của cổng vào).", "Set certificateRef, the gateway's certificate."),
        )


def _at_rest(_: Blueprint, safeguards: Safeguards) -> Findings:
    if not safeguards.encrypted_at_rest:
        yield (
            "encrypted_at_rest",
            Text("ổ đĩa không mã hoá.", "volumes are not encrypted."),
            Text(
                "Chọn volumeType được mã hoá và đặt encryptedVolumes: true.",
                "Choose an encrypted volumeType and set encryptedVolumes: true.",
            ),
        )


def _backups(_: Blueprint, safeguards: Safeguards) -> Findings:
    copies = [copy for copy in safeguards.copies if copy.automatic]
    media = {copy.medium for copy in copies}
    away = [copy for copy in copies if copy.elsewhere]
    if len(copies) < _COPIES or len(media) < _MEDIA or not away:
        yield (
            "copies",
            Text(
                f"có {len(copies)} bản trên {len(media)} loại lưu trữ, {len(away)} bản ở nơi khác; cần 3-2-1.",
                f"{len(copies)} copies on {len(media)} kinds of storage, {len(away)} elsewhere; 3-2-1 is wanted.",
            ),
            Text(
                "Bật objectStorage và đặt backupRegion ở vùng khác của nhà cung cấp.",
                "Turn on objectStorage and set backupRegion to another region of the provider.",
            ),
        )
    if away and not safeguards.backups_encrypted:
        yield (
            "backups_encrypted",
            Text("bản sao rời máy chủ mà không mã hoá.", "copies leave the server unencrypted."),
            Text("Mã hoá trước khi gửi đi.", "Encrypt them before they leave."),
        )


def _logs(_: Blueprint, safeguards: Safeguards) -> Findings:
    if safeguards.log_days < LOG_DAYS:
        yield (
            "log_days",
            Text(f"nhật ký chỉ giữ {safeguards.log_days} ngày.", f"logs are kept for {safeguards.log_days} days only."),
            Text(f"Đặt logDays từ {LOG_DAYS} trở lên.", f"Set logDays to {LOG_DAYS} or more."),
        )


def _mfa(_: Blueprint, safeguards: Safeguards) -> Findings:
    if not safeguards.admin_mfa:
        yield (
            "admin_mfa",
            Text("quản trị viên đăng nhập bằng một yếu tố.", "administrators sign in with one factor."),
            Text("Đặt adminMfa: true.", "Set adminMfa: true."),
        )


def _from_anywhere(_: Blueprint, safeguards: Safeguards) -> Findings:
    for key, setting, blocks in (
        ("admin_from", "adminCidrs", safeguards.admin_from),
        ("officials_from", "officialCidrs", safeguards.officials_from),
    ):
        for block in blocks:
            if block in _EVERYWHERE:
                yield (
                    key,
                    Text(f"mở cho cả internet ({block}).", f"is open to the whole internet ({block})."),
                    Text(f"Ghi mạng thật vào {setting}.", f"Put the real networks into {setting}."),
                )


def _outbound(_: Blueprint, safeguards: Safeguards) -> Findings:
    for block in safeguards.outbound_to:
        if block in _EVERYWHERE:
            yield (
                "outbound_to",
                Text(f"máy chủ gọi ra được mọi nơi ({block}).", f"servers may call out to anywhere ({block})."),
                Text(
                    "Chỉ ghi kho phần mềm, máy chủ giờ và kho đối tượng vào outboundCidrs.",
                    "List only the package mirror, time servers and object storage in outboundCidrs.",
                ),
            )


def _secrets(_: Blueprint, safeguards: Safeguards) -> Findings:
    for name in safeguards.weak_secrets:
        yield (
            f"secrets.{name}",
            Text("để mặc định, trống hoặc quá ngắn.", "is a default, empty or too short."),
            Text(
                "Sinh giá trị mới: openssl rand -hex 32 | pulumi config set --secret masterSecret",
                "Make a new one: openssl rand -hex 32 | pulumi config set --secret masterSecret",
            ),
        )


def _clause(name: str, vi: str, en: str) -> Clause:
    return Clause(id=name, text=Text(vi, en))


#: Each clause with the function that looks for what breaks it.
CLAUSES: tuple[tuple[Clause, Callable[[Blueprint, Safeguards], Findings]], ...] = (
    (_clause("L3-ZONES", "Mạng chia vùng theo chức năng.", "The network is divided into zones by duty."), _zones),
    (_clause("L3-REDUNDANCY", "Có dự phòng và cân bằng tải.", "There is redundancy and load balancing."), _redundant),
    (_clause("L3-DATABASE", "Cơ sở dữ liệu ở vùng riêng, chỉ chủ của nó vào.",
             "Databases lie in a zone of their own and only their owners reach them."), _data_is_private),
    (_clause("L3-TRANSIT", "Mã hoá trên đường truyền.", "Encryption in transit."), _in_transit),
    (_clause("L3-REST", "Mã hoá khi lưu trữ.", "Encryption at rest."), _at_rest),
    (_clause("L3-BACKUP", "Sao lưu tự động, mã hoá, theo nguyên tắc 3-2-1.",
             "Backups are automatic, encrypted, and follow 3-2-1."), _backups),
    (_clause("L3-LOGS", "Nhật ký giữ ít nhất ba tháng.", "Logs are kept for at least three months."), _logs),
    (_clause("L3-MFA", "Quản trị viên xác thực nhiều yếu tố.", "Administrators use several factors."), _mfa),
    (_clause("L3-ACCESS", "Truy cập từ ngoài được giới hạn.", "Access from outside is limited."), _from_anywhere),
    (_clause("L3-EGRESS", "Kiểm soát kết nối đi ra.", "Outgoing connections are controlled."), _outbound),
    (_clause("L3-SECRETS", "Không dùng mật khẩu mặc định.", "No default passwords."), _secrets),
)  # fmt: skip


def check(blueprint: Blueprint, safeguards: Safeguards) -> tuple[Mistake, ...]:
    """Every item that is broken, with its clause and what to change."""
    return tuple(
        Mistake(
            file="blueprint",
            key=key,
            found=Text(f"[{clause.id}] {found.vi} {clause.text.vi}", f"[{clause.id}] {found.en} {clause.text.en}"),
            way_out=way_out,
        )
        for clause, look in CLAUSES
        for key, found, way_out in look(blueprint, safeguards)
    )
