"""A real OpenStack control plane on this machine, with a hypervisor that only says that it runs machines.

Keystone, Placement, Glance, Nova (two fake computes), Neutron, Cinder and Octavia of Debian 12 in one container, its
addresses published on 127.0.0.1 only. Servers, volumes, networks and balancers are real entries with real rules and
quotas; nothing is behind them, so what a server would do by itself is not seen here.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import docker
import yaml
from docker.errors import NotFound
from docker.models.containers import Container

from infra.docker_target import engine, images, recipe

LABEL = "vn.tinhmau.openstack"
CLOUD = "tinhmau-test"
EXTERNAL_NETWORK, VOLUME_TYPE = "public", "paper"
SERVICES = ("keystone", "placement", "glance", "nova", "neutron", "cinder", "octavia")
_FILES = Path(__file__).resolve().parent / "cloud"
_READY = "/run/cloud-ready"
_READY_WITHIN_SECONDS = 420  # 46 s were measured on two idle cores; a busy machine takes several times that
#: Sizes on offer; the same names as in Pulumi.openstack.yaml, so that its configuration fits.
FLAVOURS: Mapping[str, tuple[int, int]] = {
    "c1.m2": (1, 2048), "c2.m4": (2, 4096), "c2.m8": (2, 8192), "c4.m8": (4, 8192), "c4.m16": (4, 16384),
    "c8.m32": (8, 32768),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """One that answers."""

    folder: Path  #: holds clouds.yaml, of an ordinary member of an ordinary project
    image: str
    auth_url: str

    @property
    def clouds(self) -> Path:
        """What OpenStack clients read (OS_CLIENT_CONFIG_FILE)."""
        return self.folder / "clouds.yaml"


def tag() -> str:
    """The image's name: a hash of all that goes in."""
    parts = [recipe.base_tag().encode(), *(path.read_bytes() for path in sorted(_FILES.iterdir()) if path.is_file())]
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return f"tinhmau/openstack:{digest[:16]}"


def ensure_image(client: docker.DockerClient) -> str:
    """Build the image where it is missing (about 9 minutes, once). Raises TargetError with the way out."""
    if not images.present(client, tag()):
        base = images.ensure_base(client)
        files = {path.name: path for path in _FILES.iterdir() if path.is_file()}
        images.build(client, files, tag=tag(), arguments={"BASE": base}, labels={LABEL: "image"})
    return tag()


@contextmanager
def standing() -> Iterator[ControlPlane]:
    """A control plane as long as the block; passwords are made for it alone and go with it."""
    client = engine.connect()
    image = ensure_image(client)
    names = (*SERVICES, "admin", "tenant", "broker", "octavia_certificates", "octavia_heartbeat")
    passwords = {name: secrets.token_hex(16) for name in names}
    ports = dict(zip(SERVICES, _free_ports(len(SERVICES)), strict=True))
    orders = {
        "ports": ports,
        "passwords": passwords,
        "image": str(uuid.uuid4()),
        "flavours": [{"name": name, "vcpus": vcpu, "ram": mb} for name, (vcpu, mb) in FLAVOURS.items()],
    }
    container = client.containers.run(
        image,
        detach=True,
        hostname="cloud",
        labels={LABEL: "control-plane"},
        environment={"CLOUD_ORDERS": json.dumps(orders)},
        ports={f"{port}/tcp": ("127.0.0.1", port) for port in ports.values()},
    )
    try:
        _await(container)
        with tempfile.TemporaryDirectory(prefix="tinhmau-cloud-") as folder:
            plane = ControlPlane(
                folder=Path(folder),
                image=str(orders["image"]),
                auth_url=f"http://127.0.0.1:{ports['keystone']}/v3",
            )
            plane.clouds.touch(mode=0o600)
            plane.clouds.write_text(yaml.safe_dump({"clouds": {CLOUD: _credentials(plane, passwords["tenant"])}}))
            yield plane
    finally:
        with suppress(NotFound):
            container.remove(force=True, v=True)


def _credentials(plane: ControlPlane, password: str) -> dict[str, object]:
    return {
        "region_name": "RegionOne",
        "auth": {
            "auth_url": plane.auth_url,
            "username": "tenant",
            "password": password,
            "project_name": "tenant",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
    }


def _await(container: Container) -> None:
    """Until every service answers. Raises RuntimeError with what the container said when it ends before."""
    watch = f"timeout {_READY_WITHIN_SECONDS} sh -c 'until [ -e {_READY} ]; do sleep 0.5; done'"
    ended = ""
    try:
        ready = container.exec_run(["sh", "-c", watch]).exit_code == 0
    except docker.errors.APIError as error:
        ready, ended = False, str(error)
    if not ready:
        said = container.logs(tail=40).decode(errors="replace")
        message = f"the control plane does not answer: {ended}\n{said}"
        raise RuntimeError(message)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody has right now, on this machine's own address."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
