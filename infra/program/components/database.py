"""The database server: a primary and its standbys, data and backups on volumes that outlive the servers."""

from __future__ import annotations

import pulumi

from infra import blueprint
from infra.pricing import SYSTEM_DISK_GB
from infra.program.cloud import blockstorage, compute
from infra.program.components.workload import Place, Workload
from infra.program.layout import Layout


class Database(pulumi.ComponentResource):
    """PostgreSQL: replica 0 is the primary, the others follow it. Backups are scheduled on the primary (userdata)."""

    def __init__(
        self,
        name: str,
        workload: blueprint.Workload,
        layout: Layout,
        place: Place,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the servers and, for each, a volume for data and one as large for backups."""
        super().__init__("tinhmau:infra:Database", name, None, opts)
        volume_type = layout.settings.volume_type or None

        def volumes(number: int, child: pulumi.ResourceOptions) -> list[compute.InstanceBlockDeviceArgs]:
            disks = []
            for what in ("data", "backup"):
                volume = blockstorage.Volume(
                    f"{name}-{number}-{what}",
                    size=workload.disk_gb.value,
                    volume_type=volume_type,
                    enable_online_resize=True,
                    metadata={"tinhmau_stack": pulumi.get_stack(), "tinhmau_holds": what},
                    opts=child,
                )
                disks.append(
                    compute.InstanceBlockDeviceArgs(
                        uuid=volume.id,
                        source_type="volume",
                        destination_type="volume",
                        boot_index=-1,
                        delete_on_termination=False,
                    )
                )
            return disks

        self.servers = Workload(
            name,
            workload,
            layout,
            place,
            system_disk_gb=SYSTEM_DISK_GB,
            more_disks=volumes,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"replicas": workload.replicas.value})
