"""Central logs: one container in the management zone that receives what every other one says, and keeps it."""

from __future__ import annotations

import pulumi

from infra.docker_target.components.resources import Container, Volume
from infra.docker_target.layout import LOGS
from infra.docker_target.recipe import SERVICE_USER
from infra.docker_target.settings import Placement
from infra.level_three import LOG_DAYS

_MEMORY_MB, _CPUS, _PROCESSES = 96, 0.5, 16
FOLDER = "/var/lib/logs"  #: in the container: a folder a day, in it a file a service


class Logs(pulumi.ComponentResource):
    """Reached by the Docker engine, which sends it the logs, and by nobody else; reaches nobody."""

    def __init__(
        self,
        name: str,
        placement: Placement,
        image: pulumi.Input[str],
        network: pulumi.Resource,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make it. Others need not wait for it: the engine holds what they say until it is there."""
        super().__init__("tinhmau:docker:Logs", name, None, opts)
        address, port = placement.layout.logs_at
        volume = f"{placement.stack}-{LOGS}"
        kept = Volume(f"{name}-kept", pulumi.ResourceOptions(parent=self), stack=placement.stack, name=volume)
        Container(
            f"{name}-container",
            pulumi.ResourceOptions(parent=self, depends_on=[kept, network]),
            stack=placement.stack,
            service=LOGS,
            name=f"{placement.stack}-{placement.layout.network_of(LOGS)}",
            image=image,
            command=["collect-logs", str(port), FOLDER, str(LOG_DAYS)],
            environment={},
            networks=[
                {"name": f"{placement.stack}-{placement.layout.network_of(LOGS)}", "address": address, "aliases": []}
            ],
            mounts=[{"volume": volume, "path": FOLDER}],
            ports=[],
            user=str(SERVICE_USER),
            memory_mb=_MEMORY_MB,
            cpus=_CPUS,
            processes=_PROCESSES,
            health=["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"],
            ready_within_seconds=placement.ready_within_seconds,
            stop_seconds=5,
            exclusive=True,  # it has a fixed address
            running=True,
        )
        self.register_outputs({})
