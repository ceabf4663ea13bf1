"""From a blueprint to networks, doors and containers. Pure: equal inputs give an equal layout.

Every workload has a network to itself, named after its zone, in which nothing else is but the gateways that it may
go through. A zone's gateway is the one way in: it listens in the network of each caller that the flow table allows,
on the port of just what that caller may reach. What no flow allows has no way at all (docs/adr/0018).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

import msgspec

from infra.blueprint import DATABASE, Blueprint, Flow, Workload

OUTSIDE, MANAGEMENT = "outside", "management"
BACKUP = "backup"  #: zone and network of what receives the database's changes, where a stack is backed up
STANDBY = "standby"  #: the second database server, where there is one; its network is in the database's zone
LOGS = "logs"  #: what keeps every container's log; its network is in the management zone, and nobody else is in it
POSTGRESQL_PORT, FIRST_PORT, GATEWAY_PORT, LOG_PORT = 5432, 8080, 8404, 24224
_FIRST_GATEWAY = 10  # last octet of the first zone's gateway; the others follow


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """One network: a workload's own, or the one through which a zone's gateway is reached from this machine."""

    name: str  #: "dmz-portal"; the stack's name goes before it
    zone: str
    subnet: str
    internal: bool


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One allowed way: who comes from which network may reach this workload's port by its zone's gateway."""

    source: str  #: workload, or "management", or "outside": whoever reaches this machine's published ports
    destination: str
    network: str  #: the source's
    address: str  #: of the gateway in that network
    port: int
    flow: Flow | None  #: None: a stand-in's visitors, the backup, a standby: the blueprint has no flow for them


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """A zone's one way in."""

    zone: str
    doors: tuple[Door, ...]
    addresses: Mapping[str, str]  #: network → its address there


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is to be made."""

    blueprint: Blueprint
    block: str  #: the private /16 in which all networks lie
    networks: tuple[Network, ...]
    gateways: tuple[Gateway, ...]
    backup: bool = False  #: whether there is a backup zone, from which only the database is reached
    standby: bool = False  #: whether there is a second database server, which follows the first

    def network_of(self, workload: str) -> str:
        """The workload's own network."""
        if workload == MANAGEMENT:
            return MANAGEMENT
        if workload == LOGS:
            return f"{MANAGEMENT}-{LOGS}"
        if workload == STANDBY:
            return f"{self.blueprint.workload(DATABASE).zone}-{STANDBY}"
        return f"{self.blueprint.workload(workload).zone}-{workload}"

    @property
    def logs_at(self) -> tuple[str, int]:
        """Address and port to which the engine sends what containers say."""
        (network,) = (one for one in self.networks if one.name == self.network_of(LOGS))
        return _address(network, 0), LOG_PORT

    @property
    def doors(self) -> tuple[Door, ...]:
        """Every allowed way."""
        return tuple(door for gateway in self.gateways for door in gateway.doors)


def port_of(blueprint: Blueprint, workload: str) -> int:
    """The port at which a workload is reached, wherever from."""
    return POSTGRESQL_PORT if workload == DATABASE else FIRST_PORT + blueprint.services.index(workload)


def draw(blueprint: Blueprint, *, block: str, backup: bool = False, standby: bool = False) -> Layout:
    """Lay a blueprint out in a private /16. Raises ValueError when it has more networks than that holds."""
    networks = _networks(blueprint, block, backup=backup, standby=standby)
    by_name = {network.name: network for network in networks}
    gateways = []
    for number, zone in enumerate(_zones(blueprint)):
        ways = list(_ways(blueprint, zone))
        if zone == blueprint.workload(DATABASE).zone:
            if backup:
                ways.append((BACKUP, DATABASE, BACKUP, None))
            if standby:  # either server may be the one that follows
                ways.append((STANDBY, DATABASE, f"{zone}-{STANDBY}", None))
                ways.append((DATABASE, DATABASE, f"{zone}-{DATABASE}", None))
        homes = [_home(one) for one in blueprint.workloads if one.zone == zone]
        names = dict.fromkeys([*homes, *(network for _, _, network, _ in ways)])
        addresses = {name: _address(by_name[name], number) for name in names}
        gateways.append(
            Gateway(
                zone=zone,
                addresses=addresses,
                doors=tuple(
                    Door(
                        source=source,
                        destination=destination,
                        network=network,
                        address=addresses[network],
                        port=port_of(blueprint, destination),
                        flow=flow,
                    )
                    for source, destination, network, flow in ways
                ),
            )
        )
    return Layout(
        blueprint=blueprint,
        block=block,
        networks=networks,
        gateways=tuple(gateways),
        backup=backup,
        standby=standby,
    )


def _home(workload: Workload) -> str:
    return f"{workload.zone}-{workload.name}"


def _zones(blueprint: Blueprint) -> tuple[str, ...]:
    """Zones that hold something, in the blueprint's order."""
    return tuple(zone.name for zone in blueprint.zones if any(one.zone == zone.name for one in blueprint.workloads))


def _networks(blueprint: Blueprint, block: str, *, backup: bool, standby: bool) -> tuple[Network, ...]:
    wanted = [(_home(one), one.zone, True) for one in blueprint.workloads]
    wanted += [(MANAGEMENT, MANAGEMENT, True), (f"{MANAGEMENT}-{LOGS}", MANAGEMENT, True)]
    wanted += [
        (f"{zone}-door", zone, False)
        for zone in _zones(blueprint)
        if any(source == OUTSIDE for source, *_ in _ways(blueprint, zone))
    ]
    if backup:
        wanted.append((BACKUP, BACKUP, True))
    if standby:
        zone = blueprint.workload(DATABASE).zone
        wanted.append((f"{zone}-{STANDBY}", zone, True))
    subnets = ipaddress.IPv4Network(block).subnets(new_prefix=24)
    return tuple(
        Network(name=name, zone=zone, internal=internal, subnet=str(subnet))
        for (name, zone, internal), subnet in zip(wanted, subnets, strict=False)
    )


def _address(network: Network, number: int) -> str:
    return str(ipaddress.IPv4Network(network.subnet)[_FIRST_GATEWAY + number])


def _ways(blueprint: Blueprint, zone: str) -> Iterator[tuple[str, str, str, Flow | None]]:
    """(source, destination, source's network, flow) of every way into a zone; none twice."""
    seen = set()
    workloads = {one.name: one for one in blueprint.workloads}
    for flow in blueprint.flows:
        if flow.protocol == "ssh":
            continue  # no container runs an SSH server: whoever administers has the Docker engine itself
        for workload in blueprint.workloads:
            if workload.zone != zone or flow.destination not in {workload.name, zone}:
                continue
            for source, network in _sources(flow, workloads, zone):
                if (source, workload.name) not in seen:
                    seen.add((source, workload.name))
                    yield source, workload.name, network, flow
    for workload in blueprint.workloads:
        # Stand-ins belong to somebody else: their own visitors come from outside, as the vendors' would.
        if workload.zone == zone and workload.kind == "counterpart":
            yield OUTSIDE, workload.name, f"{zone}-door", None


def _sources(flow: Flow, workloads: Mapping[str, Workload], zone: str) -> Iterator[tuple[str, str]]:
    if flow.source in workloads:
        yield flow.source, _home(workloads[flow.source])
    elif flow.source == OUTSIDE:
        yield OUTSIDE, f"{zone}-door"
    elif flow.source == MANAGEMENT:
        yield MANAGEMENT, MANAGEMENT
        yield OUTSIDE, f"{zone}-door"  # whoever verifies does it from this machine: books are fetched this way
