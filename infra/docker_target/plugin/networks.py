"""Networks: bridges with a fixed subnet, closed to the outside unless stated."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from infra.docker_target.plugin.kind import STACK_LABEL, URN_LABEL, Found, Inputs, Wrong, labels, need

_LOOPBACK = "com.docker.network.bridge.host_binding_ipv4"
_MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"


class Networks:
    """`tinhmaudocker:index:Network`: stack, name, subnet, internal."""

    updatable: frozenset[str] = frozenset()

    def check(self, inputs: Inputs) -> list[Wrong]:
        """A name and a private subnet are needed."""
        wrong = need(inputs, "stack", "name", "subnet")
        try:
            if not ipaddress.IPv4Network(str(inputs.get("subnet", ""))).is_private:
                wrong.append(Wrong("subnet", f"{inputs['subnet']} is not a private block; use one inside 10.0.0.0/8"))
        except ValueError as error:
            wrong.append(Wrong("subnet", str(error)))
        return wrong

    def create(self, client: docker.DockerClient, inputs: Inputs, urn: str) -> tuple[str, dict[str, Any]]:
        """Make the network, unless an earlier attempt has."""
        for found in client.networks.list(filters={"label": f"{URN_LABEL}={urn}"}):
            if found.name == inputs["name"] and not _differences(found, inputs):
                return found.id, {}
            _clear(client, found.id, inputs["stack"])
        internal = bool(inputs.get("internal", True))
        made = client.networks.create(
            inputs["name"],
            driver="bridge",
            internal=internal,
            check_duplicate=True,
            # Addresses that are handed out come from the upper half; the lower half is for those that are given.
            ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=inputs["subnet"], iprange=_upper_half(inputs["subnet"]))]),
            # What is published answers on loopback only, and nobody gets out by way of the host.
            options={} if internal else {_LOOPBACK: "127.0.0.1", _MASQUERADE: "false"},
            labels=labels(inputs, urn),
        )
        return made.id, {}

    def read(self, client: docker.DockerClient, found_id: str, inputs: Inputs, urn: str) -> Found | None:
        """Subnet and openness as they are."""
        del urn
        try:
            found = client.networks.get(found_id)
        except NotFound:
            return None
        return Found(id=found.id, differing=_differences(found, inputs))

    def update(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> dict[str, Any]:
        """Nothing of a network can change in place."""
        del client, found_id, inputs
        return {}

    def delete(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> None:
        """Remove it, and what an interrupted `up` has left in it."""
        _clear(client, found_id, inputs["stack"])


def _differences(found: Network, inputs: Inputs) -> dict[str, Any]:
    config = (found.attrs["IPAM"].get("Config") or [{}])[0]
    actual = {"subnet": config.get("Subnet", ""), "internal": bool(found.attrs["Internal"])}
    return {key: value for key, value in actual.items() if value != inputs.get(key, key == "internal")}


def _upper_half(subnet: str) -> str:
    return str(list(ipaddress.IPv4Network(subnet).subnets())[1])


def _clear(client: docker.DockerClient, found_id: str, stack: str) -> None:
    try:
        network = client.networks.get(found_id)
    except NotFound:
        return
    for container in network.attrs.get("Containers") or {}:
        with suppress(NotFound):
            found = client.containers.get(container)
            if found.labels.get(STACK_LABEL) == stack:
                found.remove(force=True)
            else:  # somebody else's, put in by hand: it is let go, not ended
                network.disconnect(container, force=True)
    try:
        network.remove()
    except NotFound:
        return
    except APIError:
        network.reload()  # a container that has ended meanwhile
        network.remove()
