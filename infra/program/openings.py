"""From the table of allowed flows to what the firewall has to let in, one opening for each flow. All else stays shut.

A flow to a service behind a load balancer opens a listener for the flow's source: people and systems have a listener
each, since only the people's can have a certificate of the name that they know. The servers behind it let in the load
balancer alone. Every other flow opens a security group. Sources are address blocks that do not change with the
number of replicas.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from infra import tenants
from infra.blueprint import Blueprint, Flow
from infra.program.addresses import Addresses
from infra.program.settings import Settings
from infra.rented import BASTION, MANAGEMENT, balanced
from simulation.text import Text

SSH, POSTGRESQL, HTTPS, HTTP = 22, 5432, 443, 80
_FIRST_PORT, _LAST_PORT = 8080, 8119
_FIRST_PEOPLE_PORT = 8440
_METADATA = "169.254.169.254/32"
OUTSIDE = "outside"

By = Literal["group", "people", "systems"]


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What is let in at one place."""

    name: str  #: unlike any other: "portal->lgsp"
    at: str  #: zone or workload: its security group; service behind a load balancer: its listener
    by: By  #: security group, or one of the two listeners
    ports: tuple[int, int]  #: first and last
    sources: tuple[str, ...]  #: address blocks
    reason: Text
    flow: Flow | None  #: the row of the blueprint's table; None for what a rented data centre needs besides


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """What the servers of a zone may call."""

    name: str
    at: str  #: zone or workload whose security group it is in
    protocol: Literal["tcp", "udp"]
    ports: tuple[int, int] | None  #: None: every port. The platform keeps 1 to 65535 as no range at all
    to: str  #: address block


def port(workload: str, blueprint: Blueprint) -> int:
    """The fixed port of a service, the same on its servers and, inside, on its load balancer."""
    return _FIRST_PORT + tenants.order(workload, blueprint)


def people_port(workload: str, blueprint: Blueprint, settings: Settings) -> int:
    """The port at which people call a service: the portal has the usual one."""
    if workload != "portal":
        return _FIRST_PEOPLE_PORT + tenants.order(workload, blueprint)
    return HTTPS if settings.certificate_ref else HTTP


def openings(blueprint: Blueprint, addresses: Addresses, settings: Settings) -> tuple[Opening, ...]:
    """Every opening of the data centre; `blueprint` is the rented one (infra/rented.py)."""
    return tuple(_openings(blueprint, addresses, settings))


def _openings(blueprint: Blueprint, addresses: Addresses, settings: Settings) -> Iterator[Opening]:
    workloads = {workload.name: workload for workload in blueprint.workloads}
    behind = {workload.name for services in balanced(blueprint).values() for workload in services}
    zones = {zone.name for zone in blueprint.zones}
    for flow in blueprint.flows:
        if flow.destination not in workloads and flow.destination not in zones:
            continue  # to somebody else's system: an outlet, not an opening
        by = _by(flow, behind)
        yield Opening(
            name=f"{flow.source}->{flow.destination}" + ("" if flow.destination in workloads else f":{flow.protocol}"),
            at=flow.destination,
            by=by,
            ports=_ports(flow, blueprint, settings, by),
            sources=_sources(flow, blueprint, addresses, settings),
            reason=flow.reason,
            flow=flow,
        )
    for name in sorted(behind):
        number = port(name, blueprint)
        yield Opening(
            name=f"gateway->{name}",
            at=name,
            by="group",
            ports=(number, number),
            sources=(addresses.gateway(workloads[name].zone),),
            reason=Text("Bộ cân bằng tải chuyển tiếp và dò sức khoẻ.", "The load balancer forwards and probes."),
            flow=None,
        )
    for workload in blueprint.workloads:
        if workload.kind == "database" and workload.replicas.value > 1:
            yield Opening(
                name=f"{workload.name}->{workload.name}",
                at=workload.name,
                by="group",
                ports=(POSTGRESQL, POSTGRESQL),
                sources=(addresses.block(workload.name),),
                reason=Text("Máy dự phòng theo máy chính.", "The standby follows the primary."),
                flow=None,
            )
    yield Opening(
        name=f"administrators->{BASTION.name}",
        at=BASTION.name,
        by="group",
        ports=(SSH, SSH),
        sources=settings.admin_cidrs,
        reason=BASTION.reason,
        flow=None,
    )


def _by(flow: Flow, behind: set[str]) -> By:
    if flow.destination not in behind or flow.protocol != "http":
        return "group"
    return "people" if flow.source == OUTSIDE else "systems"


def _ports(flow: Flow, blueprint: Blueprint, settings: Settings, by: By) -> tuple[int, int]:
    if flow.protocol == "ssh":
        return SSH, SSH
    if flow.protocol == "postgresql":
        return POSTGRESQL, POSTGRESQL
    if flow.destination in {zone.name for zone in blueprint.zones}:
        return _FIRST_PORT, _LAST_PORT  # every service of the zone
    people = by == "people"
    number = people_port(flow.destination, blueprint, settings) if people else port(flow.destination, blueprint)
    return number, number


def _sources(flow: Flow, blueprint: Blueprint, addresses: Addresses, settings: Settings) -> tuple[str, ...]:
    if flow.source == OUTSIDE:
        return settings.public_cidrs if flow.destination == "portal" else settings.official_cidrs
    if flow.source in {zone.name for zone in blueprint.zones}:
        return (addresses.zone(flow.source),)
    if flow.source in {workload.name for workload in blueprint.workloads}:
        return (addresses.block(flow.source),)
    return settings.counterparts[flow.source].cidrs


def outlets(blueprint: Blueprint, addresses: Addresses, settings: Settings) -> tuple[Outlet, ...]:
    """What servers may call: each other (the other side's openings decide), the named outside, their own metadata."""
    return tuple(_outlets(blueprint, addresses, settings))


def _outlets(blueprint: Blueprint, addresses: Addresses, settings: Settings) -> Iterator[Outlet]:
    used = {MANAGEMENT} | {workload.zone for workload in blueprint.workloads}
    for zone in (zone.name for zone in blueprint.zones if zone.name in used):
        yield Outlet(name=f"{zone}-inside", at=zone, protocol="tcp", ports=None, to=addresses.network)
        yield Outlet(name=f"{zone}-metadata", at=zone, protocol="tcp", ports=(HTTP, HTTP), to=_METADATA)
        for index, block in enumerate(settings.outbound_cidrs):
            for what, protocol, number in _OUTBOUND:
                yield Outlet(
                    name=f"{zone}-{what}-{index}", at=zone, protocol=protocol, ports=(number, number), to=block
                )
        if not settings.resolvers:  # then the platform's own resolver answers inside the zone
            yield Outlet(name=f"{zone}-names", at=zone, protocol="udp", ports=(53, 53), to=addresses.gateway(zone))
        for index, resolver in enumerate(settings.resolvers):
            yield Outlet(name=f"{zone}-names-{index}", at=zone, protocol="udp", ports=(53, 53), to=f"{resolver}/32")
    for name, counterpart in sorted(settings.counterparts.items()):
        if not settings.stand_ins:
            for index, block in enumerate(counterpart.cidrs):
                yield Outlet(name=f"lgsp-{name}-{index}", at="lgsp", protocol="tcp", ports=(HTTPS, HTTPS), to=block)


_OUTBOUND: tuple[tuple[str, Literal["tcp", "udp"], int], ...] = (
    ("http", "tcp", HTTP), ("https", "tcp", HTTPS), ("dns", "udp", 53), ("ntp", "udp", 123),
)  # fmt: skip
