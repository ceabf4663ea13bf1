"""A stack's own name for the image that its containers are made from; the image itself is shared and kept."""

from __future__ import annotations

from typing import Any

import docker
from docker.errors import ImageNotFound

from infra.docker_target import images
from infra.docker_target.plugin.kind import Found, Inputs, Wrong, labels, need


class StackImages:
    """`tinhmaudocker:index:Image`: stack, name, source (empty: built from this checkout)."""

    updatable: frozenset[str] = frozenset()

    def check(self, inputs: Inputs) -> list[Wrong]:
        """A name is needed."""
        return need(inputs, "stack", "name", "source")

    def create(self, client: docker.DockerClient, inputs: Inputs, urn: str) -> tuple[str, dict[str, Any]]:
        """Build the source where it is missing, then name it for this stack."""
        if not images.present(client, inputs["source"]):
            built = images.ensure(client)
            if inputs["source"] not in built:
                message = f"image {inputs['source']} is missing, and this checkout builds {', '.join(built)}"
                raise LookupError(message)
        return images.label(client, inputs["source"], inputs["name"], labels(inputs, urn)), {}

    def read(self, client: docker.DockerClient, found_id: str, inputs: Inputs, urn: str) -> Found | None:
        """Whether the name still stands for the image that it was given to."""
        del urn
        try:
            found = client.images.get(inputs["name"])
        except ImageNotFound:
            return None
        other = {"source": f"{inputs['name']} was given to another image"}
        return Found(id=found_id, differing={} if found.id == found_id else other)

    def update(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> dict[str, Any]:
        """Nothing of an image can change in place."""
        del client, found_id, inputs
        return {}

    def delete(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> None:
        """Take the name away."""
        del found_id
        try:
            client.images.remove(inputs["name"], force=True)
        except ImageNotFound:
            return
