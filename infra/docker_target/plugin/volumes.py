"""Volumes, empty or holding given files. Files may be secret; they never pass through a command line or environment."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import docker
import msgspec
from docker.errors import NotFound

from infra.docker_target.plugin.kind import URN_LABEL, Found, Inputs, Wrong, labels, need

_DIGEST_LABEL = "vn.tinhmau.digest"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a volume."""

    path: str
    content: str
    owner: int = 0  #: user id
    mode: int = 0o444


class Volumes:
    """`tinhmaudocker:index:Volume`: stack, name; `files` (JSON, secret) or `folder` with `digest`; image; live.

    A `live` one is filled anew in place when its files change: whoever uses it looks for that. Any other has a name
    that ends in the digest, and is replaced together with its users.
    """

    updatable = frozenset({"files", "digest"})

    def check(self, inputs: Inputs) -> list[Wrong]:
        """A name is needed; a folder must be there."""
        wrong = need(inputs, "stack", "name")
        folder = inputs.get("folder", "")
        if folder and not Path(folder).is_dir():
            wrong.append(Wrong("folder", f"{folder} is not a folder"))
        if (folder or inputs.get("files")) and not inputs.get("image", "-"):
            wrong.append(Wrong("image", "is missing; files are brought in through a container"))
        return wrong

    def create(self, client: docker.DockerClient, inputs: Inputs, urn: str) -> tuple[str, dict[str, Any]]:
        """Make the volume and fill it. What an earlier attempt may have half filled is made anew."""
        name = inputs["name"]
        for found in client.volumes.list(filters={"label": f"{URN_LABEL}={urn}"}):
            if found.name == name:
                if not _filled(inputs):
                    return name, {}
                found.remove(force=True)
        marks = labels(inputs, urn) | {_DIGEST_LABEL: "" if inputs.get("live") else inputs.get("digest", "")}
        client.volumes.create(name, labels=marks)
        try:
            _fill(client, inputs)
        except BaseException:
            client.volumes.get(name).remove(force=True)
            raise
        return name, {}

    def read(self, client: docker.DockerClient, found_id: str, inputs: Inputs, urn: str) -> Found | None:
        """Whether it is there with the content that it was filled with; files changed by hand are not looked for."""
        del urn
        try:
            found = client.volumes.get(found_id)
        except NotFound:
            return None
        digest = (found.attrs.get("Labels") or {}).get(_DIGEST_LABEL, "")
        same = bool(inputs.get("live")) or digest == inputs.get("digest", "")  # labels cannot be changed
        return Found(id=found_id, differing={} if same else {"digest": digest})

    def update(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> dict[str, Any]:
        """Put the new files in the place of the old ones. Raises ValueError for one that may not change in place."""
        del found_id
        if not inputs.get("live"):
            message = f"{inputs['name']}: its files changed and its name did not"
            raise ValueError(message)
        _fill(client, inputs)
        return {}

    def delete(self, client: docker.DockerClient, found_id: str, inputs: Inputs) -> None:
        """Remove it with all that it holds."""
        del inputs
        try:
            client.volumes.get(found_id).remove(force=True)
        except NotFound:
            return


def _filled(inputs: Inputs) -> bool:
    return bool(inputs.get("files") or inputs.get("folder"))


def _fill(client: docker.DockerClient, inputs: Inputs) -> None:
    if not _filled(inputs):
        return
    helper = client.containers.create(
        inputs["image"],
        ["true"],
        network_mode="none",
        labels={"vn.tinhmau.stack": inputs["stack"]},
        volumes={inputs["name"]: {"bind": "/filled", "mode": "rw"}},
    )
    try:
        if not helper.put_archive("/filled", _archive(inputs)):
            message = f"{inputs['name']}: the engine did not take the files"
            raise OSError(message)
    finally:
        helper.remove(force=True)


def _archive(inputs: Inputs) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        if inputs.get("folder"):
            leave_out = set(inputs.get("leave_out", []))
            for path in sorted(Path(inputs["folder"]).iterdir()):
                if path.is_file() and path.name not in leave_out:
                    _add(archive, path.name, path.read_bytes(), int(inputs.get("owner", 0)), 0o400)
        if inputs.get("files"):
            for file in msgspec.json.decode(inputs["files"], type=list[File]):
                _add(archive, file.path, file.content.encode(), file.owner, file.mode)
    return packed.getvalue()


def _add(archive: tarfile.TarFile, name: str, body: bytes, owner: int, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.uid, entry.gid = len(body), mode, owner, owner
    archive.addfile(entry, io.BytesIO(body))
