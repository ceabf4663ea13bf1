"""The backup: one container that receives every change of the database, into a folder outside the stack."""

from __future__ import annotations

import pulumi

from infra.blueprint import DATABASE
from infra.docker_target.components.database import PROGRAMS
from infra.docker_target.components.resources import Container, Volume
from infra.docker_target.gateway import LINE_PORT
from infra.docker_target.layout import BACKUP, POSTGRESQL_PORT
from infra.docker_target.recipe import SERVICE_USER
from infra.docker_target.secret_files import digest, of_backup
from infra.docker_target.settings import Placement
from infra.docker_target.written import as_json

_MEMORY_MB, _CPUS, _PROCESSES = 128, 0.5, 32


class Backup(pulumi.ComponentResource):
    """Sees the database's port and nothing else; reads the services' books; is reached by nobody."""

    def __init__(
        self,
        name: str,
        placement: Placement,
        master: pulumi.Output[str],
        image: pulumi.Input[str],
        before: list[pulumi.Resource],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make it; it is ready when a restore would find something to begin from."""
        super().__init__("tinhmau:docker:Backup", name, None, opts)
        files = master.apply(lambda value: of_backup(master=value, tls=placement.tls))
        revision = pulumi.Output.unsecret(files.apply(digest))
        prefix = f"{placement.stack}-{BACKUP}"
        secrets = revision.apply(lambda value: f"{prefix}-secrets-{value}")
        secret = Volume(
            f"{name}-secrets",
            pulumi.ResourceOptions(parent=self),
            stack=placement.stack,
            name=secrets,
            files=pulumi.Output.secret(files.apply(as_json)),
            digest=revision,
            image=image,
        )
        drawn = placement.layout
        states = [
            {"volume": f"{placement.stack}-{drawn.network_of(one)}-state", "path": f"/srv/state/{one}",
             "read_only": True}
            for one in drawn.blueprint.services
        ]  # fmt: skip
        Container(
            f"{name}-container",
            pulumi.ResourceOptions(parent=self, depends_on=[secret, *before]),
            stack=placement.stack,
            service=BACKUP,
            name=prefix,
            image=image,
            command=["start-backup"],
            environment={
                "PATH": f"{PROGRAMS}:/opt/tinhmau/bin:/usr/local/bin:/usr/bin:/usr/sbin:/bin",
                **(
                    {"PGHOST": "127.0.0.1", "PGPORT": str(LINE_PORT)}
                    if placement.tls
                    else {"PGHOST": DATABASE, "PGPORT": str(POSTGRESQL_PORT)}
                ),
                "PGUSER": BACKUP,
            },
            networks=[{"name": f"{placement.stack}-{BACKUP}", "address": "", "aliases": []}],
            mounts=[
                {"volume": secrets, "path": "/etc/tinhmau", "read_only": True},
                {"folder": placement.backup, "path": "/var/lib/backup"},
                *states,
            ],
            ports=[],
            user=str(SERVICE_USER),  # as whom the books were written
            memory_mb=_MEMORY_MB,
            cpus=_CPUS,
            processes=_PROCESSES,
            health=["test", "-s", "/var/lib/backup/base/base.tar"],
            ready_within_seconds=placement.ready_within_seconds,
            stop_seconds=10,
            exclusive=True,
            logs_to=placement.logs_to,
            running=True,
        )
        self.register_outputs({})
