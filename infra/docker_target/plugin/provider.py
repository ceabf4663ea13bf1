"""The provider: what the engine asks, passed on to the kind of resource that is meant."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import docker
import requests
from pulumi.provider.experimental import provider as ask
from pulumi.provider.experimental.property_value import PropertyValue

from infra.docker_target import engine
from infra.docker_target.plugin import NAME, values
from infra.docker_target.plugin.containers import Containers
from infra.docker_target.plugin.kind import Kind
from infra.docker_target.plugin.networks import Networks
from infra.docker_target.plugin.stack_images import StackImages
from infra.docker_target.plugin.volumes import Volumes

VERSION = "0.1.0"
KINDS: Mapping[str, Kind] = {
    f"{NAME}:index:Network": Networks(),
    f"{NAME}:index:Volume": Volumes(),
    f"{NAME}:index:Image": StackImages(),
    f"{NAME}:index:Container": Containers(),
}


def _kind(chain: str) -> Kind:
    """The kind that a type means: the last of the chain of components that it is in."""
    return KINDS[chain.rpartition("$")[2]]


class DockerProvider(ask.Provider):
    """Blocking calls to the Docker engine run in threads, so that the Pulumi engine may do many at once."""

    def __init__(self) -> None:
        """Connect when the first resource needs it."""
        self._client: docker.DockerClient | None = None
        self._connecting = asyncio.Lock()

    async def get_schema(self, request: ask.GetSchemaRequest) -> ask.GetSchemaResponse:
        """Name and version; the program needs no more."""
        del request
        return ask.GetSchemaResponse(f'{{"name": "{NAME}", "version": "{VERSION}"}}')

    async def check(self, request: ask.CheckRequest) -> ask.CheckResponse:
        """Every input that cannot be used, at once."""
        kind = _kind(request.type)
        if values.has_unknown(request.new_inputs):
            return ask.CheckResponse(inputs=request.new_inputs)
        wrong = await asyncio.to_thread(kind.check, values.plain_all(request.new_inputs))
        return ask.CheckResponse(
            inputs=request.new_inputs, failures=[ask.CheckFailure(one.key, one.why) for one in wrong]
        )

    async def diff(self, request: ask.DiffRequest) -> ask.DiffResponse:
        """What changes, and whether that can be done in place."""
        kind = _kind(request.type)
        old, new = values.plain_all(request.old_state), values.plain_all(request.new_inputs)
        changed = [key for key in new if old.get(key) != new[key] and key not in request.ignore_changes]
        changed += [key for key in old if key not in new and key not in _OUTPUTS]
        replaced = [key for key in changed if key not in kind.updatable]
        detailed = {
            key: ask.PropertyDiff(
                ask.PropertyDiffKind.UPDATE_REPLACE if key in replaced else ask.PropertyDiffKind.UPDATE,
                input_diff=False,
            )
            for key in changed
        }
        return ask.DiffResponse(
            changes=bool(changed),
            replaces=replaced,
            diffs=changed,
            detailed_diff=detailed,
            # What keeps its name has it to itself; containers get a fresh one, but some may never be two.
            delete_before_replace=bool(
                new.get("exclusive", not isinstance(kind, Containers) and "name" not in changed)
            ),
        )

    async def create(self, request: ask.CreateRequest) -> ask.CreateResponse:
        """Make a resource; in a preview only say what it would be."""
        if request.preview:
            return ask.CreateResponse(properties=dict(request.properties))
        kind, inputs = _kind(request.type), values.plain_all(request.properties)
        found_id, outputs = await self._do(kind.create, inputs, request.urn)
        return ask.CreateResponse(found_id, _state(request.properties, outputs))

    async def read(self, request: ask.ReadRequest) -> ask.ReadResponse:
        """What a resource really is now; nothing when it is gone."""
        kind, wanted = _kind(request.type), request.inputs or request.properties
        found = await self._do(kind.read, request.resource_id, values.plain_all(wanted), request.urn)
        if found is None:
            return ask.ReadResponse(resource_id="")
        return ask.ReadResponse(found.id, _state(wanted, found.differing), dict(request.inputs))

    async def update(self, request: ask.UpdateRequest) -> ask.UpdateResponse:
        """Change a resource in place."""
        if request.preview:
            return ask.UpdateResponse(dict(request.news))
        kind, inputs = _kind(request.type), values.plain_all(request.news)
        outputs = await self._do(kind.update, request.resource_id, inputs)
        return ask.UpdateResponse(_state(request.news, outputs))

    async def delete(self, request: ask.DeleteRequest) -> None:
        """Remove a resource."""
        await self._do(_kind(request.type).delete, request.resource_id, values.plain_all(request.properties))

    async def _do(self, work: Any, *arguments: Any) -> Any:
        try:
            async with self._connecting:
                if self._client is None:
                    self._client = await asyncio.to_thread(engine.connect)
            return await asyncio.to_thread(work, self._client, *arguments)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the user is told in a sentence
            raise RuntimeError(_sentence(error)) from None


def _sentence(error: Exception) -> str:
    """The Docker engine's own explanation where there is one; its absence in our words."""
    if isinstance(error, requests.exceptions.ConnectionError):
        return engine.absent("it went away").into("vi" if os.environ.get("TINHMAU_LANG") != "en" else "en")
    return str(getattr(error, "explanation", "") or error)


_OUTPUTS = frozenset({"container"})


def _state(properties: values.Properties, more: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """What the engine keeps: the inputs as they came, secrets still secret, with what is really so in their place."""
    return {**properties, **{key: values.wrapped(value) for key, value in more.items()}}
