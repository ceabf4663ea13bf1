"""Zones that hold: from inside every container, what the flow table allows connects and nothing else does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest
from standing_docker import Standing

from infra import demand
from infra.blueprint import DATABASE, draw_up
from infra.docker_target import layout
from infra.docker_target.layout import GATEWAY_PORT, port_of
from simulation import province_files

pytestmark = pytest.mark.needs("docker", "pulumi")

_PROVINCE = province_files.load("toy")
_BLUEPRINT = draw_up(_PROVINCE, demand.demand_of_province(_PROVINCE))
_NAMES = [workload.name for workload in _BLUEPRINT.workloads]
_PAIRS = [(source, destination) for source in _NAMES for destination in _NAMES if source != destination]
_ALLOWED = {(door.source, door.destination) for door in layout.draw(_BLUEPRINT, block="10.77.0.0/16").doors}
#: Every door that each container can open, found out once.
Reach = dict[str, set[tuple[str, int]]]


@pytest.fixture(scope="session")
def reach(standing: Standing) -> Reach:
    """From each workload, every address in the stack at every port in use."""
    addresses = sorted(
        {
            endpoint["IPAddress"]
            for container in standing.containers()
            for endpoint in container.attrs["NetworkSettings"]["Networks"].values()
        }
    )
    ports = sorted({GATEWAY_PORT, *(port_of(standing.blueprint, name) for name in _NAMES)})
    doors = [(address, port) for address in addresses for port in ports]
    return {name: standing.knock(standing.containers(name)[0], doors) for name in _NAMES}


def _own(standing: Standing, name: str) -> set[str]:
    endpoints = standing.containers(name)[0].attrs["NetworkSettings"]["Networks"].values()
    return {endpoint["IPAddress"] for endpoint in endpoints}


@pytest.mark.parametrize(("source", "destination"), _PAIRS, ids=[f"{one}->{other}" for one, other in _PAIRS])
def test_a_pair_connects_if_and_only_if_a_flow_allows_it(
    standing: Standing, reach: Reach, source: str, destination: str
) -> None:
    """By the destination's gateway where there is a flow; neither by a gateway nor directly where there is none."""
    port = port_of(standing.blueprint, destination)
    opened = {door for door in reach[source] if door[1] == port and door[0] not in _own(standing, source)}
    allowed = (source, destination) in _ALLOWED

    doors = standing.runner.orders.placement.layout.doors
    assert opened == {
        (door.address, port) for door in doors if (door.source, door.destination) == (source, destination)
    }
    assert bool(opened) == allowed
    assert not opened & {(address, port) for address in _own(standing, destination)}


def test_there_are_forbidden_pairs_and_allowed_ones() -> None:
    """The table that is walked is not one-sided: the database may call nobody, the portal may call the LGSP."""
    assert ("portal", "lgsp") in _ALLOWED
    assert not {destination for source, destination in _ALLOWED if source == DATABASE}
    assert 0 < len(_ALLOWED & set(_PAIRS)) < len(_PAIRS) / 2


@pytest.fixture(scope="session")
def somewhere() -> Iterator[tuple[str, int]]:
    """A server beyond this machine: a network namespace that the host routes to and from."""
    link, away = "tm-away0", "tinhmau-away"
    ip = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ip", "netns", "del", away], check=False, stderr=subprocess.DEVNULL)
    ip(["ip", "netns", "add", away])
    try:
        ip(["ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", away])
        ip(["ip", "address", "add", "203.0.113.1/24", "dev", link])
        ip(["ip", "link", "set", link, "up"])
        for command in (
            ["ip", "address", "add", "203.0.113.2/24", "dev", "eth0"],
            ["ip", "link", "set", "eth0", "up"],
            ["ip", "route", "add", "default", "via", "203.0.113.1"],
        ):
            ip(["ip", "netns", "exec", away, *command])
        server = "import socket; s=socket.create_server(('203.0.113.2', 80)); print(flush=True)\nwhile True: s.accept()"
        with subprocess.Popen(
            ["ip", "netns", "exec", away, sys.executable, "-c", server], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield "203.0.113.2", 80
            process.kill()
    finally:
        ip(["ip", "netns", "del", away])


@pytest.mark.needs("root")
def test_no_workload_has_a_way_out(standing: Standing, somewhere: tuple[str, int]) -> None:
    """A server beyond this machine is reached from an ordinary container, and from none of the stack's workloads."""
    (portal,) = standing.containers("portal")
    ordinary = standing.client.containers.run(portal.image.id, ["sleep", "60"], detach=True, remove=True)
    try:
        assert standing.knock(ordinary, [somewhere]) == {somewhere}
    finally:
        ordinary.kill()
    assert {name: standing.knock(standing.containers(name)[0], [somewhere]) for name in _NAMES} == {
        name: set() for name in _NAMES
    }


def test_all_published_ports_are_on_loopback(standing: Standing) -> None:
    """Nothing answers on any other address of this machine, and services answer on theirs."""
    bound = [
        (binding["HostIp"], int(binding["HostPort"]))
        for container in standing.containers()
        for bindings in (container.attrs["HostConfig"]["PortBindings"] or {}).values()
        for binding in bindings
    ]

    assert {address for address, _ in bound} == {"127.0.0.1"}
    assert sorted(port for _, port in bound) == sorted(standing.runner.orders.placement.ports.values())


@pytest.mark.parametrize("name", [*_NAMES, "dmz-gateway", "data-gateway"])
def test_a_container_is_hardened(standing: Standing, name: str) -> None:
    """As the kernel sees it: no root, no capabilities, no new privileges, a read-only root, limits; no secret shown."""
    container = standing.containers(name)[0]
    host = container.attrs["HostConfig"]
    status = container.exec_run(["cat", "/proc/self/status"]).output.decode()

    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Uid:\t0\t" not in status
    assert container.exec_run(["touch", "/etc/x"]).exit_code != 0
    assert host["Memory"] > 0
    assert host["CpuQuota"] > 0
    assert host["CpuShares"] / 1024 == host["CpuQuota"] / 100_000  # where all are short, in proportion to the limits
    assert host["PidsLimit"] > 0
    shown = str(container.attrs)
    assert standing.stack.audit_token not in shown
    assert "postgresql://" not in shown
