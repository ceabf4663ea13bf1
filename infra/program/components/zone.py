"""A zone: a network, a subnet on the router, and the security group that all its servers are in."""

from __future__ import annotations

import pulumi

from infra.program.cloud import networking
from infra.program.components.firewall import make_group
from infra.program.layout import Layout


class Zone(pulumi.ComponentResource):
    """One network zone (vùng mạng)."""

    network_id: pulumi.Output[str]
    subnet_id: pulumi.Output[str]
    group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        zone: str,
        layout: Layout,
        router_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the zone's network, put it on the router and open what its flows allow."""
        super().__init__("tinhmau:infra:Zone", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        addresses = layout.addresses
        self._network = networking.Network(f"{name}-network", port_security_enabled=True, opts=child)
        first, last = addresses.pool(zone)
        self._subnet = networking.Subnet(
            f"{name}-subnet",
            network_id=self._network.id,
            cidr=addresses.zone(zone),
            gateway_ip=addresses.router(zone),
            allocation_pools=[networking.SubnetAllocationPoolArgs(start=first, end=last)],
            dns_nameservers=list(layout.settings.resolvers),
            ip_version=4,
            opts=child,
        )
        self.attachment = networking.RouterInterface(
            f"{name}-router", router_id=router_id, subnet_id=self._subnet.id, opts=child
        )
        self.group_id = make_group(name, zone, layout, child)
        self.network_id, self.subnet_id = self._network.id, self._subnet.id
        self.register_outputs({"network_id": self.network_id, "subnet_id": self.subnet_id, "group_id": self.group_id})
