"""The provider plugin's own decisions, without a Docker engine."""

from __future__ import annotations

from typing import Any, cast

import pytest
from pulumi.provider.experimental import provider as ask
from pulumi.provider.experimental.property_value import PropertyValue

from infra.docker_target.plugin import values
from infra.docker_target.plugin.containers import Containers
from infra.docker_target.plugin.provider import KINDS, DockerProvider
from infra.docker_target.plugin.volumes import Volumes

CONTAINER = {
    "stack": "s", "service": "portal", "name": "s-dmz-portal-0", "image": "i:1", "user": "10001", "memory_mb": 512,
    "cpus": 1, "processes": 64, "environment": {"SERVICE": "portal"}, "running": True,
}  # fmt: skip
URN = "urn:pulumi:s::tinhmau::tinhmau:docker:DataCentre$tinhmaudocker:index:{kind}::name"


async def _diff(kind: str, old: dict[str, Any], new: dict[str, Any]) -> ask.DiffResponse:
    wrap = values.wrapped
    return await DockerProvider().diff(
        ask.DiffRequest(
            URN.format(kind=kind),
            "id",
            {key: wrap(value) for key, value in old.items()},
            {key: wrap(value) for key, value in new.items()},
            [],
        )
    )


async def test_nothing_changes_where_nothing_differs() -> None:
    """Outputs beside the inputs are no change."""
    told = await _diff("Container", {**CONTAINER, "container": "s-dmz-portal-0-abc"}, CONTAINER)

    assert not told.changes
    assert told.replaces == []


@pytest.mark.parametrize("key", ["running", "memory_mb", "cpus", "processes", "networks"])
async def test_a_container_is_started_moved_and_resized_in_place(key: str) -> None:
    """A stopped container, one that has lost a network and one of another size keep their identity."""
    old = {**CONTAINER, key: {"running": False, "networks": []}.get(key, 7)}
    told = await _diff("Container", old, {**CONTAINER, **({"networks": [{"name": "n"}]} if key == "networks" else {})})

    assert told.changes
    assert told.diffs == [key]
    assert told.replaces == []


async def test_a_live_volume_is_filled_anew_in_place() -> None:
    """Whoever uses it sees the new files; one that is not live has to have another name for other files."""
    old = {"stack": "s", "name": "v", "files": "[]", "digest": "a", "image": "i", "live": True}
    told = await _diff("Volume", old, {**old, "files": "[1]", "digest": "b"})

    assert sorted(told.diffs) == ["digest", "files"]
    assert told.replaces == []
    with pytest.raises(ValueError, match="its name did not"):
        Volumes().update(cast("Any", None), "v", {**old, "live": False})


async def test_another_environment_needs_another_container() -> None:
    """The new one comes first, so that the service goes on; where there may be one only, the old one goes first."""
    old = {**CONTAINER, "environment": {"SERVICE": "other"}}
    told = await _diff("Container", old, CONTAINER)
    alone = await _diff("Container", {**old, "exclusive": True}, {**CONTAINER, "exclusive": True})

    assert told.replaces == ["environment"]
    assert not told.delete_before_replace
    assert alone.delete_before_replace


async def test_a_network_has_its_name_to_itself() -> None:
    """A network of another subnet is made when the old one is gone."""
    told = await _diff(
        "Network",
        {"stack": "s", "name": "s-dmz", "subnet": "10.1.0.0/24"},
        {"stack": "s", "name": "s-dmz", "subnet": "10.2.0.0/24"},
    )

    assert told.replaces == ["subnet"]
    assert told.delete_before_replace


async def test_secrets_stay_secret_through_the_provider() -> None:
    """What comes in marked as secret goes back marked, so that the engine encrypts it in its state."""
    provider, urn = DockerProvider(), URN.format(kind="Volume")
    told = await provider.create(
        ask.CreateRequest(urn, {"files": PropertyValue("[]", is_secret=True)}, 0, preview=True)
    )

    assert told.properties["files"].is_secret


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"user": "0"}, "user"),
        ({"user": "root:root"}, "user"),
        ({"memory_mb": 0}, "memory_mb"),
        ({"image": ""}, "image"),
    ],
)
def test_a_container_without_limits_or_as_root_is_refused(change: dict[str, Any], key: str) -> None:
    """Nothing runs as root or without limits."""
    assert [wrong.key for wrong in Containers().check({**CONTAINER, **change})] == [key]
    assert Containers().check(CONTAINER) == []


def test_values_come_back_as_they_went() -> None:
    """Whole numbers stay whole although the engine knows one kind of number only."""
    value = {"a": [1, 2.5, True, None, "x"], "b": {"c": 3}}

    assert values.plain(values.wrapped(value)) == value


def test_an_input_that_is_not_known_yet_is_found() -> None:
    """Deep inside as well."""
    unknown = PropertyValue({"x": PropertyValue([PropertyValue.computed()])})

    assert values.has_unknown({"a": unknown})
    assert not values.has_unknown({"a": values.wrapped({"x": [1]})})


def test_every_kind_can_do_everything() -> None:
    """No kind lacks one of the five acts."""
    for kind in KINDS.values():
        assert all(callable(getattr(kind, act)) for act in ("check", "create", "read", "update", "delete"))
