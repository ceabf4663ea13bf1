"""Drift: what was changed by hand is seen by refresh and put right by the next `up`; a second `up` does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from standing_docker import Standing

from infra.docker_target.plugin.kind import SERVICE_LABEL, STACK_LABEL, URN_LABEL

pytestmark = pytest.mark.needs("docker", "pulumi")


def test_a_second_up_changes_nothing(standing: Standing) -> None:
    """Nor does a refresh find anything."""
    assert standing.changes() == {}
    assert set(standing.runner.refresh().summary.resource_changes or {}) == {"same"}
    assert set(standing.runner.up().summary.resource_changes or {}) == {"same"}


def test_a_stopped_container_is_started_again(standing: Standing) -> None:
    """The same container, not another one."""
    (portal,) = standing.containers("portal")
    portal.stop(timeout=3)

    assert (standing.runner.refresh().summary.resource_changes or {}).get("update") == 1
    assert standing.changes() == {"update": 1}
    standing.runner.up()

    portal.reload()
    assert portal.status == "running"
    assert standing.changes() == {}


def test_a_removed_network_is_put_back_with_all_that_was_in_it(standing: Standing) -> None:
    """The containers stay as they are and are connected again, at their old addresses where those are fixed."""
    name = f"{standing.stack.name}-application-onestop"
    network = standing.client.networks.get(name)
    inside = set(network.attrs["Containers"])
    before = {one.id for one in standing.containers()}
    for container in inside:
        network.disconnect(container, force=True)
    network.remove()

    seen = standing.runner.refresh().summary.resource_changes or {}
    assert seen.get("delete") == 1
    assert seen.get("update") == len(inside)
    standing.runner.up()

    assert set(standing.client.networks.get(name).attrs["Containers"]) == inside
    assert {one.id for one in standing.containers()} == before
    assert standing.changes() == {}
    (onestop,) = (row for row in standing.target.status(standing.stack) if row.service == "onestop")
    assert onestop.state == "ready"


def test_a_changed_environment_variable_is_seen_and_put_right(standing: Standing) -> None:
    """Somebody made the container anew with another variable; `up` replaces it by one as it should be."""
    (sector,) = standing.containers("sector")
    attributes = sector.attrs
    wanted = [one for one in attributes["Config"]["Env"] if not one.startswith("LGSP_URL=")]
    labels = {key: sector.labels[key] for key in (STACK_LABEL, URN_LABEL, SERVICE_LABEL)}
    network = next(iter(attributes["NetworkSettings"]["Networks"]))
    sector.remove(force=True)
    by_hand = standing.client.containers.run(
        attributes["Config"]["Image"],
        attributes["Config"]["Cmd"],
        environment=[*wanted, "LGSP_URL=http://elsewhere"],
        labels=labels,
        network=network,
        volumes=attributes["HostConfig"]["Binds"] or [],
        detach=True,
    )

    standing.runner.refresh()
    assert standing.changes() == {"replace": 1}
    standing.runner.up()

    (now,) = standing.containers("sector")
    assert now.id != by_hand.id
    assert "LGSP_URL=http://elsewhere" not in now.attrs["Config"]["Env"]
    assert standing.changes() == {}


def test_secrets_are_not_in_the_state_in_the_clear(standing: Standing) -> None:
    """Neither the master secret nor what derives from it can be read from the engine's state or log."""
    orders = standing.runner.orders
    folder = Path(standing.stack.state)
    files = [path for path in (folder / "pulumi").rglob("*") if path.is_file()] + [folder / "pulumi.log"]
    states = [path for path in files if "stacks" in path.parts]

    assert states
    for path in files:
        content = path.read_text("utf-8", errors="replace")
        assert orders.master not in content, path
        assert standing.stack.audit_token not in content, path
        assert "postgresql://portal:" not in content, path
