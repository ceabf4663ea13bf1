"""The whole data centre on paper, with addresses, ports and sizes of this provider: what the components only carry out.

`draw` is pure. It refuses what cannot be placed, with every reason at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from infra import level_three, rules, tenants
from infra.blueprint import Blueprint, Workload, draw_up
from infra.demand import demand_of_province
from infra.program.addresses import MOST_WORKLOADS, Addresses
from infra.program.openings import HTTP, HTTPS, Opening, Outlet, openings, outlets, port
from infra.program.settings import MOST_REPLICAS, Flavour, Settings
from infra.rented import BASTION, balanced, rented
from infra.scaling import scaled, with_replicas
from simulation import province_files
from simulation.mistakes import BadInputError, Mistake
from simulation.province import Province
from simulation.text import Text


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """One door of a load balancer."""

    by: Literal["people", "systems"]
    port: int
    secured: bool  #: answers in TLS
    sources: tuple[str, ...]  #: address blocks that are let in


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be placed, and where."""

    settings: Settings
    province: Province
    blueprint: Blueprint  #: what is rented, bodies' own workloads included
    addresses: Addresses
    openings: tuple[Opening, ...]
    outlets: tuple[Outlet, ...]
    flavours: dict[str, str]  #: workload -> the provider's size
    warnings: tuple[Mistake, ...]  #: level-3 items that are broken, where they are only advised

    @property
    def servers(self) -> tuple[Workload, ...]:
        """Everything that servers are made for."""
        return (BASTION, *self.blueprint.workloads)

    @property
    def zones(self) -> tuple[str, ...]:
        """Zones that get a network: those inside, and the outside one where stand-ins live in it."""
        used = {workload.zone for workload in self.servers}
        return tuple(zone.name for zone in self.blueprint.zones if zone.inside or zone.name in used)

    @property
    def gateways(self) -> dict[str, tuple[Workload, ...]]:
        """Zones with a load balancer, and the services behind it."""
        return balanced(self.blueprint)

    def port(self, workload: str) -> int:
        """Port of the service on its servers."""
        return port(workload, self.blueprint)

    def listeners(self, workload: str) -> tuple[Listener, ...]:
        """The service's listeners on its load balancer, each with the addresses that it lets in."""
        own = [one for one in self.openings if one.at == workload and one.by != "group"]
        found = []
        audiences: tuple[Literal["people", "systems"], ...] = ("people", "systems")
        for by in audiences:
            # Sorted, as the platform gives them back: in another order every `up` would change the listener.
            sources = tuple(sorted({source for one in own if one.by == by for source in one.sources}))
            if sources:
                number = next(one.ports[0] for one in own if one.by == by)
                secured = by == "people" and bool(self.settings.certificate_ref)
                found.append(Listener(by=by, port=number, secured=secured, sources=sources))
        return tuple(found)

    def inner_url(self, workload: str) -> str:
        """How systems inside reach a service."""
        if workload in self.settings.counterparts and not self.settings.stand_ins:
            return self.settings.counterparts[workload].url
        zone = self.blueprint.workload(workload).zone
        address = self.addresses.vip(zone) if zone in self.gateways else self.addresses.replica(workload, 0)
        return f"http://{address}:{self.port(workload)}"

    def people_url(self, workload: str, *, public_address: str) -> str:
        """How people reach a service; where none do, the address for systems. The portal's address is public."""
        listener = next((one for one in self.listeners(workload) if one.by == "people"), None)
        if listener is None:
            return self.inner_url(workload)
        inside = self.addresses.vip(self.blueprint.workload(workload).zone)
        host = self.settings.hosts.get(workload) or (public_address if workload == "portal" else inside)
        usual = listener.port in {HTTP, HTTPS}
        return f"{'https' if listener.secured else 'http'}://{host}" + ("" if usual else f":{listener.port}")


def draw(settings: Settings, *, file: str) -> Layout:
    """Lay out the data centre of this configuration.

    Raises BadInputError when the blueprint breaks a rule, no size of the provider is large enough, or, where level 3 is
    enforced, one of its items is broken.
    """
    province = province_files.load(settings.province)
    demand = scaled(demand_of_province(province), settings.size_percent / 100)
    shared = tenants.share(draw_up(province, demand), settings.bodies)
    whole = with_replicas(shared, settings.replicas)
    broken = level_three.check(whole, settings.safeguards())
    enforced = broken if settings.level_three == "enforce" else ()
    mistakes = [*rules.check(whole), *enforced, *_too_large(whole, settings, file), *_too_many(whole, file)]
    if mistakes:
        raise BadInputError(mistakes)
    blueprint = rented(whole, stand_ins=settings.stand_ins)
    addresses = Addresses(blueprint, settings.network)
    return Layout(
        settings=settings,
        province=province,
        blueprint=blueprint,
        addresses=addresses,
        openings=openings(blueprint, addresses, settings),
        outlets=outlets(blueprint, addresses, settings),
        flavours={one.name: _fitting(one, settings).name for one in (BASTION, *blueprint.workloads)},  # type: ignore[union-attr]
        warnings=() if settings.level_three == "enforce" else broken,
    )


def _fitting(workload: Workload, settings: Settings) -> Flavour | None:
    """The smallest size of the provider that is large enough; fewer vCPU first, then less memory."""
    large_enough = [
        flavour
        for flavour in settings.flavours
        if flavour.vcpu >= workload.vcpu.value and flavour.memory_mb >= workload.memory_mb.value
    ]
    return min(large_enough, key=lambda flavour: (flavour.vcpu, flavour.memory_mb, flavour.name), default=None)


def _too_large(blueprint: Blueprint, settings: Settings, file: str) -> Iterator[Mistake]:
    for workload in (BASTION, *blueprint.workloads):
        if _fitting(workload, settings) is None:
            size = f"{workload.vcpu.value} vCPU, {workload.memory_mb.value} MB"
            yield Mistake(
                file=file,
                key="tinhmau:flavours",
                found=Text(f"không có cỡ nào đủ cho “{workload.name}” ({size}).",
                           f"no size is large enough for “{workload.name}” ({size})."),
                way_out=Text("Thêm một cỡ lớn hơn của nhà cung cấp: openstack flavor list.",
                             "Add a larger one of the provider's: openstack flavor list."),
            )  # fmt: skip


def _too_many(blueprint: Blueprint, file: str) -> Iterator[Mistake]:
    """A zone has addresses for so many workloads, and a workload for so many replicas."""
    for workload in blueprint.workloads:
        if workload.replicas.value > MOST_REPLICAS:
            yield Mistake(
                file=file,
                key="tinhmau:sizePercent",
                found=Text(f"cần {workload.replicas.value} bản “{workload.name}”; nhiều nhất {MOST_REPLICAS}.",
                           f"wants {workload.replicas.value} replicas of “{workload.name}”; {MOST_REPLICAS} at most."),
                way_out=Text("Giảm sizePercent.", "Lower sizePercent."),
            )  # fmt: skip
    for zone in blueprint.zones:
        count = sum(workload.zone == zone.name for workload in blueprint.workloads)
        if count > MOST_WORKLOADS:
            yield Mistake(
                file=file,
                key="tinhmau:bodies",
                found=Text(f"vùng “{zone.name}” có {count} thành phần; nhiều nhất {MOST_WORKLOADS}.",
                           f"the zone “{zone.name}” has {count} workloads; {MOST_WORKLOADS} at most."),
                way_out=Text("Bớt cơ quan, hoặc dựng thêm một trung tâm dữ liệu (stack) khác.",
                             "Fewer bodies, or another stack beside this one."),
            )  # fmt: skip
