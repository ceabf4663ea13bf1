"""A workload: its replicas apart from each other, each a server with a fixed address that installs itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pulumi

from infra import blueprint
from infra.program import userdata
from infra.program.cloud import compute, networking
from infra.program.components.firewall import make_group
from infra.program.components.zone import Zone
from infra.program.layout import Layout


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where servers go."""

    zone: Zone
    key_pair: pulumi.Input[str]


#: Volumes of a replica besides its system disk: called with the replica's number and the options of its children.
MoreDisks = Callable[[int, pulumi.ResourceOptions], list[compute.InstanceBlockDeviceArgs]]


class Workload(pulumi.ComponentResource):
    """All replicas of one workload."""

    ports: tuple[networking.Port, ...]

    def __init__(
        self,
        name: str,
        workload: blueprint.Workload,
        layout: Layout,
        place: Place,
        *,
        system_disk_gb: int | None = None,
        more_disks: MoreDisks = lambda _number, _opts: [],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make one server a replica. The system disk is as large as the blueprint says unless stated."""
        super().__init__("tinhmau:infra:Workload", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = layout.settings
        group_id = make_group(name, workload.name, layout, child)
        apart = compute.ServerGroup(f"{name}-apart", policies=settings.anti_affinity, opts=child)
        ports = []
        for number in range(workload.replicas.value):
            server = f"{name}-{number}"
            port = networking.Port(
                f"{server}-port",
                network_id=place.zone.network_id,
                fixed_ips=[
                    networking.PortFixedIpArgs(
                        subnet_id=place.zone.subnet_id,
                        ip_address=layout.addresses.replica(workload.name, number),
                    )
                ],
                security_group_ids=[place.zone.group_id, group_id],
                port_security_enabled=True,
                opts=child,
            )
            compute.Instance(
                f"{server}-server",
                name=f"{pulumi.get_stack()}-{workload.name}-{number}",
                flavor_name=layout.flavours[workload.name],
                key_pair=place.key_pair,
                networks=[compute.InstanceNetworkArgs(port=port.id)],
                block_devices=[
                    compute.InstanceBlockDeviceArgs(
                        uuid=settings.image_id,
                        source_type="image",
                        destination_type="volume",
                        volume_size=system_disk_gb or workload.disk_gb.value,
                        volume_type=settings.volume_type or None,
                        boot_index=0,
                        delete_on_termination=True,
                    ),
                    *more_disks(number, child),
                ],
                scheduler_hints=[compute.InstanceSchedulerHintArgs(group=apart.id)],
                user_data=userdata.of(layout, workload, number),
                metadata={"tinhmau_stack": pulumi.get_stack(), "tinhmau_workload": workload.name},
                stop_before_destroy=True,
                # The port with the fixed address can belong to one server at a time. A server needs the network's way
                # out from its first second on, to install itself.
                opts=pulumi.ResourceOptions(
                    parent=self, delete_before_replace=True, depends_on=[place.zone.attachment]
                ),
            )
            ports.append(port)
        self.ports = tuple(ports)
        self.register_outputs({"replicas": workload.replicas.value})
