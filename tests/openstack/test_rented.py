"""Bến Tre's data centre on a real OpenStack control plane: the real engine and plugin, an ordinary project member."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from control_plane import ControlPlane, standing
from rented_stack import STACK, Member, Rented, configuration, rented

from infra.blueprint import Blueprint, draw_up
from infra.demand import demand_of_province
from simulation import province_files

pytestmark = [pytest.mark.needs("docker", "root", "debootstrap", "pulumi", "go"), pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """One for all tests; about a minute once its image is there."""
    with standing() as one:
        yield one


@pytest.fixture(scope="module")
def member(plane: ControlPlane) -> Member:
    """Who rents."""
    return Member(plane)


@pytest.fixture(scope="module")
def stack(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rented]:
    """The data centre, up; each test leaves it as it found it."""
    with rented(plane, tmp_path_factory.mktemp("stack")) as own:
        own.up()
        yield own


def _blueprint() -> Blueprint:
    province = province_files.load("ben_tre_2018")
    return draw_up(province, demand_of_province(province))


def test_the_data_centre_comes_up_for_an_ordinary_member(stack: Rented, member: Member) -> None:
    """Every server of the blueprint runs, replicas on hosts apart; no administrator's role was needed."""
    wanted = {
        f"{STACK}-{workload.name}-{number}"
        for workload in _blueprint().workloads
        if workload.kind != "counterpart"
        for number in range(workload.replicas.value)
    } | {f"{STACK}-bastion-0"}

    servers = member.servers()

    assert "admin" not in member.roles
    assert set(servers) == wanted
    assert {one["status"] for one in servers.values()} == {"ACTIVE"}
    for workload in _blueprint().workloads:
        hosts = [one["hostId"] for name, one in servers.items() if name.startswith(f"{STACK}-{workload.name}-")]
        assert len(hosts) == len(set(hosts)), workload.name
    assert stack.outputs()["endpoints"].value["portal"].startswith("http://192.0.2.")


def test_a_second_up_changes_nothing(stack: Rented) -> None:
    """Nor does a refresh find anything: what the program asks for is what the cloud says that it has."""
    assert stack.preview() == {}
    assert stack.up() == {}
    assert stack.refresh() == {}
    assert stack.preview() == {}


def test_a_server_removed_by_hand_is_seen_and_put_back(stack: Rented, member: Member) -> None:
    """The others are left alone."""
    name = f"{STACK}-portal-0"
    before = member.servers()
    member.delete("compute", f"/servers/{before[name]['id']}")
    member.gone("compute", f"/servers/{before[name]['id']}")

    assert stack.refresh() == {"delete": 1}
    assert stack.preview() == {"create": {"tinhmau-portal-0-server"}}
    stack.up()

    after = member.servers()
    assert after[name]["status"] == "ACTIVE"
    assert after[name]["id"] != before[name]["id"]
    assert {key: one["id"] for key, one in after.items() if key != name} == {
        key: one["id"] for key, one in before.items() if key != name
    }
    assert stack.preview() == {}


def test_members_follow_the_replicas(stack: Rented, member: Member) -> None:
    """One replica less takes a port, a server and a member away; one more brings just those back."""
    before, servers = member.members("office"), set(member.servers())
    last = len(before) - 1
    followed = {
        f"tinhmau-office-{last}-port",
        f"tinhmau-office-{last}-server",
        f"tinhmau-application-gateway-office-{last}",
    }

    stack.configure(replicas={"office": last})
    assert stack.preview() == {"delete": followed}
    stack.up()
    assert member.members("office") < before
    assert len(member.members("office")) == last
    assert servers - set(member.servers()) == {f"{STACK}-office-{last}"}

    stack.configure(replicas={})
    assert stack.preview() == {"create": followed}
    stack.up()
    assert member.members("office") == before
    assert set(member.servers()) == servers


def test_a_larger_size_changes_only_what_it_must(plane: ControlPlane, stack: Rented, member: Member) -> None:
    """Servers are resized, volumes grow; no server, port or address is replaced."""
    before = member.servers()
    volumes = {one["id"]: one["size"] for one in member.all("volumev3", "/volumes/detail")}

    flavours = [one for one in configuration(plane)["flavours"] if one["name"] != "c2.m8"]  # the database's own
    stack.configure(sizePercent=200, flavours=flavours)
    assert stack.preview() == {
        "update": {f"tinhmau-postgresql-{number}-{what}" for number in (0, 1) for what in ("server", "data", "backup")}
    }
    stack.up()

    after = member.servers()
    assert {name: one["id"] for name, one in after.items() if name in before} == {
        name: one["id"] for name, one in before.items()
    }
    resized = {name for name, one in before.items() if after[name]["flavor"] != one["flavor"]}
    assert resized == {f"{STACK}-postgresql-0", f"{STACK}-postgresql-1"}
    grown = {one["id"]: one["size"] for one in member.all("volumev3", "/volumes/detail")}
    assert sum(grown[key] > size for key, size in volumes.items()) == 4
    assert stack.preview() == {}


def test_no_secret_is_in_the_state_in_the_clear(stack: Rented) -> None:
    """Neither in what the engine keeps nor in what it said."""
    for path in stack.states():
        assert stack.master not in path.read_text("utf-8", errors="replace"), path


def test_destroy_leaves_nothing(stack: Rented, member: Member) -> None:
    """The project is as empty as it was given; the last of this file, as it takes the data centre away."""
    assert member.left()
    stack.destroy()
    assert member.left() == []
