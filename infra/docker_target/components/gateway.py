"""A zone's gateway: HAProxy in the networks of all who may come in, and published on 127.0.0.1 where people come."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.docker_target import layout
from infra.docker_target.components.resources import Container, Volume
from infra.docker_target.recipe import GATEWAY_USER
from infra.docker_target.secret_files import digest, of_gateway
from infra.docker_target.settings import Placement
from infra.docker_target.written import as_json

_MEMORY_MB, _CPUS, _PROCESSES = 128, 1, 64  # HAProxy here has one thread


class Gateway(pulumi.ComponentResource):
    """One gateway. It has fixed addresses, so there is never a second one."""

    def __init__(
        self,
        name: str,
        drawn: layout.Gateway,
        placement: Placement,
        master: pulumi.Output[str],
        image: pulumi.Input[str],
        networks: list[pulumi.Resource],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the gateway with its configuration."""
        super().__init__("tinhmau:docker:Gateway", name, None, opts)
        files = master.apply(lambda value: of_gateway(placement, drawn, master=value))
        revision = pulumi.Output.unsecret(files.apply(digest))
        volume = f"{placement.stack}-{drawn.zone}-gateway-live"
        configuration = Volume(
            f"{name}-configuration",
            pulumi.ResourceOptions(parent=self),
            stack=placement.stack,
            name=volume,
            files=pulumi.Output.secret(files.apply(as_json)),
            digest=revision,
            image=image,
            live=True,  # HAProxy goes over to a new configuration without letting go of a connection
        )
        self.container = Container(
            f"{name}-container",
            pulumi.ResourceOptions(parent=self, depends_on=[configuration, *networks]),
            stack=placement.stack,
            service=f"{drawn.zone}-gateway",
            name=f"{placement.stack}-{drawn.zone}-gateway",
            image=image,
            command=["start-gateway"],
            environment={},
            networks=_endpoints(drawn, placement),
            mounts=[
                {
                    "volume": volume,
                    "path": "/etc/tinhmau",
                    "read_only": True,
                }
            ],
            ports=_published(drawn, placement),
            user=str(GATEWAY_USER),
            memory_mb=_MEMORY_MB,
            cpus=_CPUS,
            processes=_PROCESSES,
            health=["answers", str(layout.GATEWAY_PORT), "/ready"],
            ready_within_seconds=placement.ready_within_seconds,
            stop_signal="SIGUSR1",  # finish what is under way
            stop_seconds=5,
            exclusive=True,
            logs_to=placement.logs_to,
            running=True,
        )
        self.register_outputs({})


def _endpoints(drawn: layout.Gateway, placement: Placement) -> list[dict[str, Any]]:
    """Where it is, and under the names of which workloads."""
    endpoints = []
    for network, address in drawn.addresses.items():
        aliases = sorted({door.destination for door in drawn.doors if door.network == network})
        endpoints.append({"name": f"{placement.stack}-{network}", "address": address, "aliases": aliases})
    # The one that is published comes first: Docker binds ports in a container's first network that is not internal.
    return sorted(endpoints, key=lambda one: not str(one["name"]).endswith("-door"))


def _published(drawn: layout.Gateway, placement: Placement) -> list[dict[str, int]]:
    ports = {
        door.port: placement.ports[door.destination]
        for door in drawn.doors
        if door.source == layout.OUTSIDE and door.destination in placement.ports
    }
    return [{"inside": inside, "outside": outside} for inside, outside in sorted(ports.items())]
