"""What each kind of resource can do. The provider calls these; they call the Docker engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import docker
import msgspec

#: Labels on everything that the plugin makes.
STACK_LABEL = "vn.tinhmau.stack"
URN_LABEL = "vn.tinhmau.urn"
SERVICE_LABEL = "vn.tinhmau.service"  #: what a container is: a workload's name, or "<zone>-gateway"

Inputs = Mapping[str, Any]


class Wrong(Exception):  # noqa: N818 -- one finding of a check, gathered by the provider
    """An input that cannot be used; says which and why."""

    def __init__(self, key: str, why: str) -> None:
        """`key` is the input's name."""
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A resource as it really is."""

    id: str
    differing: dict[str, Any]  #: inputs that are not as asked for, and outputs


class Kind(Protocol):
    """One kind of resource. Ids are those of the Docker engine."""

    updatable: frozenset[str]  #: inputs that can change in place; any other change replaces the resource

    def check(self, inputs: Inputs) -> list[Wrong]:
        """Every input that cannot be used."""
        ...

    def create(self, client: docker.DockerClient, inputs: Inputs, urn: str) -> tuple[str, dict[str, Any]]:
        """Make it, or find what an interrupted `create` of the same resource has made. Returns id and outputs."""
        ...

    def read(self, client: docker.DockerClient, found_id: str, inputs: Inputs, urn: str) -> Found | None:
        """What it really is now; None when it is gone."""
        ...

    def update(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> dict[str, Any]:
        """Bring it in line with these inputs in place; returns its outputs."""
        ...

    def delete(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> None:
        """Remove it; what is gone already is no error."""
        ...


def labels(inputs: Inputs, urn: str) -> dict[str, str]:
    """The labels of one resource."""
    service = inputs.get("service", "")
    return {STACK_LABEL: inputs["stack"], URN_LABEL: urn, **({SERVICE_LABEL: service} if service else {})}


def need(inputs: Inputs, *keys: str) -> list[Wrong]:
    """Inputs that are missing."""
    return [Wrong(key, "is missing") for key in keys if key not in inputs or inputs[key] == ""]
