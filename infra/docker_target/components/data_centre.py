"""The whole data centre in its order: zones, images, reference data, database, gateways, services."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pulumi

from infra.docker_target import layout
from infra.docker_target.components.backup import Backup
from infra.docker_target.components.database import Database
from infra.docker_target.components.gateway import Gateway
from infra.docker_target.components.logs import Logs
from infra.docker_target.components.resources import Image, Volume
from infra.docker_target.components.workload import Workload
from infra.docker_target.components.zone import Zone
from infra.docker_target.recipe import SERVICE_USER
from infra.docker_target.settings import Placement

#: Only the offices sign documents, so only they get the signers' keys.
_KEYS, _KEYS_OF = "keystore.json", "office"


class DataCentre(pulumi.ComponentResource):
    """A province's data centre (trung tâm dữ liệu) on one Docker engine."""

    def __init__(
        self,
        name: str,
        placement: Placement,
        master: pulumi.Output[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Place everything that the layout names."""
        super().__init__("tinhmau:docker:DataCentre", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._name, self._placement = name, placement
        drawn = placement.layout
        zones = {
            zone: Zone(f"{name}-{zone}", zone, placement, child)
            for zone in dict.fromkeys(network.zone for network in drawn.networks)
        }
        networks = {key: made for zone in zones.values() for key, made in zone.networks.items()}
        runtime = self._image("runtime", placement.runtime)
        references = self._references(runtime)
        Logs(f"{name}-logs", placement, runtime.name, networks[drawn.network_of(layout.LOGS)], child)
        gateways = {
            gateway.zone: Gateway(
                f"{name}-{gateway.zone}-gateway",
                gateway,
                placement,
                master,
                runtime.name,
                [networks[one] for one in gateway.addresses],
                child,
            )
            for gateway in drawn.gateways
        }
        databases = [
            Database(
                f"{name}-{one.name}",
                one,
                placement,
                master,
                runtime.name,
                networks,
                gateways[one.zone].container,
                child,
            )
            for one in drawn.blueprint.workloads
            if one.kind == "database"
        ]
        before = [
            *(one.container for one in databases),
            *(gateways[one.zone].container for one in drawn.blueprint.workloads if one.kind == "database"),
        ]
        images = {tag: self._image(f"services-{_short(tag)}", tag) for tag in self._tags()}
        states = []
        for one in drawn.blueprint.workloads:
            if one.kind != "database":
                made = Workload(
                    f"{name}-{one.name}",
                    one,
                    placement,
                    master,
                    images[placement.release(one.name)].name,
                    runtime.name,
                    references[_KEYS_OF if one.name == _KEYS_OF else ""].name,
                    [*before, networks[drawn.network_of(one.name)]],
                    child,
                )
                states.append(made.state)
        if drawn.backup:
            Backup(
                f"{name}-backup", placement, master, runtime.name, [*before, *states, networks[layout.BACKUP]], child
            )
        self.register_outputs({})

    def _tags(self) -> list[str]:
        return list(dict.fromkeys(self._placement.release(one) for one in self._placement.layout.blueprint.services))

    def _image(self, name: str, source: str) -> Image:
        repository, _, version = source.partition(":")
        return Image(
            f"{self._name}-{name}",
            pulumi.ResourceOptions(parent=self),
            stack=self._placement.stack,
            name=f"{repository}-{self._placement.stack}:{version}",
            source=source,
        )

    def _references(self, image: Image) -> dict[str, Volume]:
        """Reference data with and without the signers' keys."""
        folder = Path(self._placement.reference)
        digest = digest_of(folder)
        made = {}
        for owner, leave_out in ((_KEYS_OF, []), ("", [_KEYS])):
            suffix = f"-{owner}" if owner else ""
            made[owner] = Volume(
                f"{self._name}-reference{suffix}",
                pulumi.ResourceOptions(parent=self),
                stack=self._placement.stack,
                name=f"{self._placement.stack}-reference{suffix}-{digest}",
                folder=str(folder),
                leave_out=leave_out,
                owner=SERVICE_USER,
                digest=digest,
                image=image.name,
            )
        return made


def _short(tag: str) -> str:
    return hashlib.sha256(tag.encode()).hexdigest()[:8]


def digest_of(folder: Path) -> str:
    """A short hash of all files of a folder."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file():
            with path.open("rb") as file:
                whole.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()[:12]
