"""The Docker target's layout: a network per workload, a door per allowed flow, and nothing else."""

from __future__ import annotations

import ipaddress
import re

import pytest

from infra import demand
from infra.blueprint import DATABASE, Blueprint, draw_up
from infra.docker_target import gateway, layout, secret_files
from infra.docker_target.layout import MANAGEMENT, OUTSIDE
from simulation import province_files

MASTER = "0f" * 32


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    """Toy province's data centre."""
    province = province_files.load("toy")
    return draw_up(province, demand.demand_of_province(province))


@pytest.fixture(scope="module")
def drawn(blueprint: Blueprint) -> layout.Layout:
    """Its layout."""
    return layout.draw(blueprint, block="10.77.0.0/16")


def allowed(blueprint: Blueprint) -> set[tuple[str, str]]:
    """(source, destination) of the flow table with zones as destinations spelt out, SSH aside."""
    zone_of = {workload.name: workload.zone for workload in blueprint.workloads}
    return {
        (flow.source, name)
        for flow in blueprint.flows
        if flow.protocol != "ssh"
        for name, zone in zone_of.items()
        if flow.destination in {name, zone}
    }


def test_every_workload_has_a_closed_network_to_itself(blueprint: Blueprint, drawn: layout.Layout) -> None:
    """No two workloads share a network, no two networks overlap, and only gateways have a way to this machine."""
    homes = [drawn.network_of(workload.name) for workload in blueprint.workloads]
    subnets = [ipaddress.IPv4Network(network.subnet) for network in drawn.networks]

    assert len(set(homes)) == len(homes)
    assert not any(one.overlaps(other) for index, one in enumerate(subnets) for other in subnets[:index])
    assert {network.name for network in drawn.networks if not network.internal} == {
        "dmz-door", "application-door", "integration-door", "outside-door",
    }  # fmt: skip


def test_doors_are_just_the_flow_table(blueprint: Blueprint, drawn: layout.Layout) -> None:
    """Each allowed pair has one door and no other pair has any; stand-ins have visitors of their own besides."""
    doors = {(door.source, door.destination) for door in drawn.doors}
    wanted = allowed(blueprint)
    books = {(OUTSIDE, name) for source, name in wanted if source == MANAGEMENT}
    stand_ins = {(OUTSIDE, one.name) for one in blueprint.workloads if one.kind == "counterpart"}

    assert doors == wanted | books | stand_ins
    assert (OUTSIDE, DATABASE) not in doors
    assert ("portal", "onestop") not in doors


def test_a_gateway_listens_for_a_caller_in_that_callers_network_only(drawn: layout.Layout) -> None:
    """Whatever HAProxy binds is the address of a door; a network has no listener that its owner has no flow for."""
    by_address = {door.address: door for door in drawn.doors}
    for one in drawn.gateways:
        written = gateway.configuration(one, drawn.blueprint)
        bound = set(re.findall(r"bind (\d+\.\d+\.\d+\.\d+):(\d+)", written)) - {("127.0.0.1", "8404")}
        bound -= {(one.addresses.get(MANAGEMENT, ""), str(layout.GATEWAY_PORT))}
        assert bound == {(door.address, str(door.port)) for door in one.doors}
        assert {by_address[address].network for address, _ in bound} <= set(one.addresses)


def test_a_slow_server_is_not_taken_for_a_dead_one(drawn: layout.Layout) -> None:
    """A check waits longer than people do: what does not answer within a second on a loaded machine still works."""
    for one in drawn.gateways:
        (seconds,) = re.findall(r"timeout check (\d+)s", gateway.configuration(one, drawn.blueprint))
        assert int(seconds) >= 10


def test_only_a_request_that_no_server_has_seen_is_sent_again(drawn: layout.Layout) -> None:
    """A gateway never repeats what may have been done already."""
    for one in drawn.gateways:
        written = gateway.configuration(one, drawn.blueprint)
        assert set(re.findall(r"retry-on (.*)", written)) <= {"conn-failure"}


def test_a_server_learns_that_its_client_has_gone(drawn: layout.Layout) -> None:
    """It drops what nobody waits for any more; behind a gateway that says nothing it would stay late for ever."""
    for one in drawn.gateways:
        written = gateway.configuration(one, drawn.blueprint)
        assert written.count("option abortonclose") == written.count("option httpchk")


def test_postgresql_lets_every_role_into_its_own_database_only(blueprint: Blueprint, drawn: layout.Layout) -> None:
    """One line a database, from the database's own network; the superuser comes from inside the container only."""
    files = {file.path: file for file in secret_files.of_database(drawn, master=MASTER)}
    lines = [line.split() for line in files["pg_hba.conf"].content.splitlines()]
    home = next(network.subnet for network in drawn.networks if network.name == "data-postgresql")

    assert [line[1:4] for line in lines[:-1]] == [[one.name, one.role, home] for one in blueprint.databases]
    assert lines[-1][1:4] == ["all", "tinhmau", "127.0.0.1/32"]
    assert all(line[4] == "scram-sha-256" for line in lines)
    assert all(file.mode == 0o400 for file in files.values())


def test_the_lgsp_alone_is_told_the_systems_secrets(drawn: layout.Layout) -> None:
    """Each service's own file repeats what the LGSP's registry says of it, and nobody else holds the registry."""
    registry = next(
        file.content for file in secret_files.of_service(drawn, "lgsp", master=MASTER, public_url="http://x")
        if file.path == "registry.json"
    )  # fmt: skip
    for service in drawn.blueprint.services:
        files = secret_files.of_service(drawn, service, master=MASTER, public_url="http://x")
        secrets = dict(line.split("=", 1) for line in files[0].content.splitlines())
        assert ("registry.json" in {file.path for file in files}) == (service == "lgsp")
        if service != "lgsp":
            assert secrets["LGSP_SECRET"].strip("'") in registry
