"""The provider's resources as the program uses them. What each takes stands in infra/docker_target/plugin/."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.docker_target.plugin import NAME


class Network(pulumi.CustomResource):
    """A bridge network with a fixed subnet."""

    def __init__(self, resource: str, opts: pulumi.ResourceOptions, **inputs: Any) -> None:
        """Inputs: plugin/networks.py."""
        super().__init__(f"{NAME}:index:Network", resource, inputs, opts)


class Volume(pulumi.CustomResource):
    """A volume, empty or filled."""

    name: pulumi.Output[str]  #: in the Docker engine

    def __init__(self, resource: str, opts: pulumi.ResourceOptions, **inputs: Any) -> None:
        """Inputs: plugin/volumes.py."""
        super().__init__(f"{NAME}:index:Volume", resource, inputs, opts)


class Image(pulumi.CustomResource):
    """A stack's name for an image."""

    name: pulumi.Output[str]  #: in the Docker engine

    def __init__(self, resource: str, opts: pulumi.ResourceOptions, **inputs: Any) -> None:
        """Inputs: plugin/stack_images.py."""
        super().__init__(f"{NAME}:index:Image", resource, inputs, opts)


class Container(pulumi.CustomResource):
    """A running container."""

    container: pulumi.Output[str]  #: its name in the Docker engine

    def __init__(self, resource: str, opts: pulumi.ResourceOptions, **inputs: Any) -> None:
        """Inputs: plugin/containers.py."""
        super().__init__(f"{NAME}:index:Container", resource, {**inputs, "container": None}, opts)
