"""What can be done to a running service and undone again: pause, partition, delay, loss.

Nothing reaches beyond the stack: a container of its own is frozen, taken out of its network, or gets slow and lossy
interfaces in its own network namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import docker
from docker.errors import APIError, ContainerError, NotFound
from docker.models.containers import Container

from infra.docker_target.gateway import REPLICAS
from infra.docker_target.plugin.kind import SERVICE_LABEL, STACK_LABEL
from infra.docker_target.settings import Placement
from infra.target import Disturbance
from infra.trouble import TargetError
from simulation.text import Text

#: What netem does on the way out of the service (tc-netem(8)). Assumed: a saturated line between two buildings, and a
#: line that is about to break.
_NETEM: Mapping[Disturbance, str] = {"delay": "delay 200ms 50ms", "loss": "loss 5%"}
_ON_EVERY_INTERFACE = (
    'for one in /sys/class/net/eth*; do tc qdisc {act} dev "${{one##*/}}" root {netem} || exit 1; done'
)


def begin(client: docker.DockerClient, placement: Placement, kind: Disturbance, found: Container) -> None:
    """Disturb one container of a service. Raises TargetError where this machine cannot."""
    _BEGIN[kind](client, placement, found)


def end(client: docker.DockerClient, placement: Placement, kind: Disturbance, found: Container) -> None:
    """Undo it; what has ended by itself is no error."""
    _END[kind](client, placement, found)


def _pause(_client: docker.DockerClient, _placement: Placement, found: Container) -> None:
    found.pause()


def _go_on(_client: docker.DockerClient, _placement: Placement, found: Container) -> None:
    found.reload()
    if found.status == "paused":
        found.unpause()


def _cut(client: docker.DockerClient, placement: Placement, found: Container) -> None:
    client.networks.get(_home(placement, found)).disconnect(found, force=True)


def _join(client: docker.DockerClient, placement: Placement, found: Container) -> None:
    found.reload()
    home = _home(placement, found)
    if home not in found.attrs["NetworkSettings"]["Networks"]:
        client.networks.get(home).connect(found, aliases=[REPLICAS.format(found.labels[SERVICE_LABEL])])


def _spoil(kind: Disturbance) -> Callable[[docker.DockerClient, Placement, Container], None]:
    def spoil(client: docker.DockerClient, placement: Placement, found: Container) -> None:
        try:
            _configure(client, placement, found, "replace", f"netem {_NETEM[kind]}")
        except ContainerError as error:
            said = error.stderr.decode("utf-8", "replace").strip() if error.stderr else str(error)
            raise TargetError(
                Text(
                    f"Không đặt được “{kind}” ({said}). Nhân Linux của máy chạy Docker cần mô-đun sch_netem: sudo "
                    "modprobe sch_netem.",
                    f"“{kind}” could not be set ({said}). The Linux kernel under Docker needs the module sch_netem: "
                    "sudo modprobe sch_netem.",
                )
            ) from error

    return spoil


def _mend(client: docker.DockerClient, placement: Placement, found: Container) -> None:
    with suppress(ContainerError, NotFound, APIError):  # a container that has started again since has clean interfaces
        _configure(client, placement, found, "delete", "")


def _configure(client: docker.DockerClient, placement: Placement, found: Container, act: str, netem: str) -> None:
    """From a helper inside the container's network namespace: the service itself may not touch its interfaces."""
    client.containers.run(
        placement.runtime,
        ["sh", "-c", _ON_EVERY_INTERFACE.format(act=act, netem=netem)],
        network_mode=f"container:{found.id}",
        user="0",
        cap_drop=["ALL"],
        cap_add=["NET_ADMIN"],
        security_opt=["no-new-privileges"],
        read_only=True,
        labels={STACK_LABEL: placement.stack},
        remove=True,
        stderr=True,
    )


def _home(placement: Placement, found: Container) -> str:
    return f"{placement.stack}-{placement.layout.network_of(found.labels[SERVICE_LABEL])}"


_BEGIN: Mapping[Disturbance, Callable[[docker.DockerClient, Placement, Container], None]] = {
    "pause": _pause,
    "partition": _cut,
    "delay": _spoil("delay"),
    "loss": _spoil("loss"),
}
_END: Mapping[Disturbance, Callable[[docker.DockerClient, Placement, Container], None]] = {
    "pause": _go_on,
    "partition": _join,
    "delay": _mend,
    "loss": _mend,
}
