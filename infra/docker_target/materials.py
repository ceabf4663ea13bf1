"""The bill of materials of an image (SBOM, CycloneDX 1.5 as JSON): every Debian and Python package in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docker
import msgspec

from infra import caches
from infra.docker_target import recipe

_LIST = ["dpkg-query", "--show", "--showformat", "${Package}\\t${Version}\\t${Architecture}\\n"]


def path_of(tag: str) -> Path:
    """Where the bill of an image lies."""
    return caches.cache() / "images" / f"{tag.replace('/', '-').replace(':', '-')}.cdx.json"


def write(client: docker.DockerClient, tag: str) -> Path:
    """Ask the image what is in it, and write its bill."""
    said = client.containers.run(tag, _LIST, remove=True, network_mode="none").decode()
    debian = [line.split("\t") for line in said.splitlines()]
    bill = bill_of(tag, [(name, version, where) for name, version, where in debian], recipe.pinned())
    path = path_of(tag)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(bill), indent=1))
    return path


def bill_of(tag: str, debian: list[tuple[str, str, str]], python: tuple[recipe.Pinned, ...]) -> dict[str, Any]:
    """Make the bill of Debian's packages (name, version, architecture) and the lock's."""
    name, _, version = tag.partition(":")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": tag, "name": name, "version": version}},
        "components": [
            *(
                _component(one, number, f"pkg:deb/debian/{one}@{number.replace('+', '%2B')}?arch={where}")
                for one, number, where in sorted(debian)
            ),
            *(_component(one.name, one.version, f"pkg:pypi/{one.name}@{one.version}") for one in python),
        ],
    }


def _component(name: str, version: str, package_url: str) -> dict[str, str]:
    return {"type": "library", "bom-ref": package_url, "name": name, "version": version, "purl": package_url}
