"""Who gets which address, known before anything exists: rules can name a workload's block whatever its replicas.

The data centre is a /16; each zone of the blueprint a /24 in it, by its place in the list. In a zone .1 is the router,
the first 32 addresses belong to the gateway (its own at .10; what the platform takes by itself at .16 to .30), and
every workload has 16: the first for nobody, then one a replica.
"""

from __future__ import annotations

import ipaddress

from infra.blueprint import Blueprint
from infra.rented import BASTION

_GATEWAY_BITS, _WORKLOAD_BITS = 27, 28
_VIP, _POOL_FIRST, _POOL_LAST = 10, 16, 30
_BLOCKS_BEFORE = 2  # the gateway's 32 addresses are two blocks of 16
MOST_WORKLOADS = 14  #: in one zone


class Addresses:
    """Every address of one data centre. Pure; equal inputs give equal addresses."""

    def __init__(self, blueprint: Blueprint, network: str) -> None:
        """Spread the blueprint's zones and workloads over a /16. Raises ValueError past 14 workloads in a zone."""
        self.network = network
        zones = [zone.name for zone in blueprint.zones]
        blocks = list(ipaddress.IPv4Network(network).subnets(new_prefix=24))
        self._zones = {name: blocks[index] for index, name in enumerate(zones)}
        self._places: dict[str, tuple[str, int]] = {}
        for workload in (BASTION, *blueprint.workloads):
            number = sum(zone == workload.zone for zone, _ in self._places.values())
            if number >= MOST_WORKLOADS:
                message = f"zone {workload.zone} holds more than {MOST_WORKLOADS} workloads"
                raise ValueError(message)
            self._places[workload.name] = (workload.zone, number)

    def zone(self, zone: str) -> str:
        """The zone's whole block."""
        return str(self._zones[zone])

    def router(self, zone: str) -> str:
        """The router's address in the zone."""
        return str(self._zones[zone][1])

    def pool(self, zone: str) -> tuple[str, str]:
        """First and last address that the platform may hand out by itself, for DHCP and load balancers."""
        block = self._zones[zone]
        return str(block[_POOL_FIRST]), str(block[_POOL_LAST])

    def gateway(self, zone: str) -> str:
        """The block from which the zone's load balancer talks to the servers behind it."""
        return str(ipaddress.IPv4Network((self._zones[zone].network_address, _GATEWAY_BITS)))

    def vip(self, zone: str) -> str:
        """The address at which the zone's load balancer answers."""
        return str(self._zones[zone][_VIP])

    def block(self, workload: str) -> str:
        """All addresses that the workload's replicas may have."""
        return str(self._block(workload))

    def replica(self, workload: str, number: int) -> str:
        """Address of one replica, counted from 0."""
        return str(self._block(workload)[number + 1])

    def _block(self, workload: str) -> ipaddress.IPv4Network:
        zone, number = self._places[workload]
        start = self._zones[zone][(number + _BLOCKS_BEFORE) * 16]
        return ipaddress.IPv4Network((start, _WORKLOAD_BITS))
