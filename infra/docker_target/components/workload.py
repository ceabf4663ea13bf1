"""A service: its replicas, their shared state, their secrets."""

from __future__ import annotations

from typing import Any

import pulumi

from infra import blueprint
from infra.docker_target.components.resources import Container, Volume
from infra.docker_target.gateway import AUTHORITY, REPLICAS
from infra.docker_target.layout import port_of
from infra.docker_target.recipe import SERVICE_USER
from infra.docker_target.secret_files import digest, of_service
from infra.docker_target.settings import Placement
from infra.docker_target.written import as_json

_PROCESSES = 128
_CLOCK = "clock.json"


class Workload(pulumi.ComponentResource):
    """All replicas of one service. They share the book of calls, which grows by whole lines, and its objects."""

    def __init__(
        self,
        name: str,
        workload: blueprint.Workload,
        placement: Placement,
        master: pulumi.Output[str],
        image: pulumi.Input[str],
        filled_by: pulumi.Input[str],
        reference: pulumi.Input[str],
        before: list[pulumi.Resource],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the service. A new release starts beside the old one, which goes when the new one answers."""
        super().__init__("tinhmau:docker:Workload", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        url = placement.public_url(workload.name)
        files = master.apply(
            lambda value: of_service(placement.layout, workload.name, master=value, public_url=url, tls=placement.tls)
        )
        revision = pulumi.Output.unsecret(files.apply(digest))
        prefix = f"{placement.stack}-{workload.zone}-{workload.name}"
        secrets = revision.apply(lambda value: f"{prefix}-secrets-{value}")
        secret = Volume(
            f"{name}-secrets",
            child,
            stack=placement.stack,
            name=secrets,
            files=pulumi.Output.secret(files.apply(as_json)),
            digest=revision,
            image=filled_by,  # not the release: another one must not touch the secrets
        )
        self.state = Volume(f"{name}-state", child, stack=placement.stack, name=f"{prefix}-state")
        port, home = port_of(placement.layout.blueprint, workload.name), placement.layout.network_of(workload.name)
        mounts: list[dict[str, Any]] = [
            {"volume": secrets, "path": "/etc/tinhmau", "read_only": True},
            {"volume": reference, "path": "/srv/reference", "read_only": True},
            {"volume": f"{prefix}-state", "path": "/var/lib/tinhmau"},
        ]
        if placement.clock:
            mounts.append({"folder": placement.clock, "path": "/srv/clock", "read_only": True})
        if placement.restore:
            books = f"{placement.restore.folder}/books/{workload.name}"
            mounts.append({"folder": books, "path": "/srv/books", "read_only": True})
        self.containers = [
            Container(
                f"{name}-{number}",
                pulumi.ResourceOptions(parent=self, depends_on=[secret, self.state, *before]),
                stack=placement.stack,
                service=workload.name,
                name=f"{prefix}-{number}",
                image=image,
                command=["start-service"],
                environment=_environment(placement, workload.name, port),
                networks=[
                    {"name": f"{placement.stack}-{home}", "address": "", "aliases": [REPLICAS.format(workload.name)]}
                ],
                mounts=mounts,
                ports=[],
                user=str(SERVICE_USER),
                memory_mb=workload.memory_mb.value,
                cpus=workload.vcpu.value,
                processes=_PROCESSES,
                health=["answers", str(port), "/ready"],
                ready_within_seconds=placement.ready_within_seconds,
                stop_seconds=10,
                logs_to=placement.logs_to,
                running=True,
            )
            for number in range(workload.replicas.value)
        ]
        self.register_outputs({})


def _environment(placement: Placement, service: str, port: int) -> dict[str, str]:
    """What is no secret."""
    variables = {
        "SERVICE": service,
        "LISTEN": f"0.0.0.0:{port}",
        "REFERENCE_DATA": "/srv/reference",
        "STATE_DIR": "/var/lib/tinhmau",
        "LGSP_URL": f"{'https' if placement.tls else 'http'}://lgsp:{port_of(placement.layout.blueprint, 'lgsp')}",
    }
    if placement.tls:
        variables["SSL_CERT_FILE"] = AUTHORITY
    if placement.clock:
        variables["CLOCK_FILE"] = f"/srv/clock/{_CLOCK}"
    if service == "lgsp":
        variables["LGSP_REGISTRY"] = "/etc/tinhmau/registry.json"
    if service == "dochub":
        variables["OBJECT_STORE"] = "file:///var/lib/tinhmau/objects"
    return variables
