"""What a rented data centre has beyond the blueprint, and what it lacks: the administrators' host, others' systems.

The local target needs none of this. The Pulumi program places it and the price counts it, from this one place.
"""

from __future__ import annotations

import msgspec

from infra.blueprint import Blueprint, Workload
from infra.sizing import Quantity
from simulation.text import Text

MANAGEMENT = "management"

#: The administrators' only way in (máy chủ trung gian). No service runs there, so it is no workload of the blueprint.
BASTION = Workload(
    name="bastion",
    zone=MANAGEMENT,
    kind="service",
    replicas=Quantity(value=1, unit="replica", reason=Text(
        "Người quản trị chờ được vài phút khi máy này phải dựng lại; người dân không đi qua nó.",
        "Administrators can wait minutes while it is rebuilt; citizens never pass it."),
        source="assumed: no clause read so far asks for a second one"),
    vcpu=Quantity(value=1, unit="vCPU", reason=Text(
        "Chỉ chuyển tiếp phiên SSH.", "Forwards SSH sessions only."), source="assumed: the smallest usual size"),
    memory_mb=Quantity(value=2048, unit="MB", reason=Text(
        "Cỡ nhỏ nhất thường có, đủ cho cập nhật hệ điều hành.",
        "The smallest usual size, enough for system upgrades."), source="assumed: the smallest usual size"),
    disk_gb=Quantity(value=20, unit="GB", reason=Text(
        "Hệ điều hành và nhật ký đăng nhập.", "Operating system and the record of sign-ins."),
        source="assumed: a Debian server and its logs"),
    floor_mb=Quantity(value=100, unit="MB", reason=Text(
        "Một hệ điều hành không có dịch vụ.", "An operating system without services."),
        source="assumed: sshd and systemd"),
    reason=Text("Lối vào duy nhất của người quản trị.", "The administrators' only way in."),
)  # fmt: skip


def rented(blueprint: Blueprint, *, stand_ins: bool) -> Blueprint:
    """The part of the blueprint that is rented.

    Counterparts belong to somebody else: without `stand_ins` they go, and with them their databases and the ways to
    those. The ways between them and the LGSP stay: the firewall has to know them. With `stand_ins`, in a testbed, all
    stays.
    """
    if stand_ins:
        return blueprint
    gone = {workload.name for workload in blueprint.workloads if workload.kind == "counterpart"}
    servers = {workload.name for workload in blueprint.workloads if workload.kind == "database"}
    return msgspec.structs.replace(
        blueprint,
        workloads=tuple(workload for workload in blueprint.workloads if workload.name not in gone),
        databases=tuple(database for database in blueprint.databases if database.used_by not in gone),
        flows=tuple(flow for flow in blueprint.flows if not (flow.source in gone and flow.destination in servers)),
        secrets=blueprint.secrets,
    )


def balanced(blueprint: Blueprint) -> dict[str, tuple[Workload, ...]]:
    """For each zone inside that holds services: those services. Such a zone has one load balancer in front of it."""
    inside = {zone.name for zone in blueprint.zones if zone.inside}
    found: dict[str, tuple[Workload, ...]] = {}
    for workload in blueprint.workloads:
        if workload.kind == "service" and workload.zone in inside:
            found[workload.zone] = (*found.get(workload.zone, ()), workload)
    return found
