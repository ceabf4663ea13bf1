"""A zone: its workloads' networks and the one by which its gateway is reached."""

from __future__ import annotations

import pulumi

from infra.docker_target.components.resources import Network
from infra.docker_target.settings import Placement


class Zone(pulumi.ComponentResource):
    """Networks by their names in the layout."""

    networks: dict[str, Network]

    def __init__(self, name: str, zone: str, placement: Placement, opts: pulumi.ResourceOptions) -> None:
        """Make the zone's networks."""
        super().__init__("tinhmau:docker:Zone", name, None, opts)
        self.networks = {
            network.name: Network(
                f"{name}-{network.name}",
                pulumi.ResourceOptions(parent=self),
                stack=placement.stack,
                name=f"{placement.stack}-{network.name}",
                subnet=network.subnet,
                internal=network.internal,
            )
            for network in placement.layout.networks
            if network.zone == zone
        }
        self.register_outputs({})
