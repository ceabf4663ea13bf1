"""Level-3 items on the blueprint, and the rules on resources: each is broken once and must be found."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pulumi_cloud import Placed, as_kept, example, place, server_name

from infra import level_three, rules
from infra.blueprint import DATABASE, Blueprint, Flow, draw_up
from infra.demand import demand_of_province
from infra.docker_target.plugin import NAME
from infra.program import policy
from infra.program.settings import SECRET_KEY, read
from infra.safeguards import Safeguards
from simulation import province_files
from simulation.text import Text

TOY = province_files.load("toy")
BLUEPRINT = draw_up(TOY, demand_of_province(TOY))
SAFEGUARDS = read(as_kept(example()), file="x", secrets=frozenset({SECRET_KEY})).safeguards()


def _without_zone(blueprint: Blueprint) -> Blueprint:
    kept = tuple(zone for zone in blueprint.zones if zone.name != "management")
    return msgspec.structs.replace(blueprint, zones=kept)


def _one_replica(blueprint: Blueprint) -> Blueprint:
    portal, *others = blueprint.workloads
    replicas = msgspec.structs.replace(portal.replicas, value=1)
    return msgspec.structs.replace(blueprint, workloads=(msgspec.structs.replace(portal, replicas=replicas), *others))


def _strangers_in_the_database(blueprint: Blueprint) -> Blueprint:
    way = Flow(source="management", destination=DATABASE, protocol="postgresql", reason=Text("thử", "trial"))
    return msgspec.structs.replace(blueprint, flows=(*blueprint.flows, way))


BROKEN_BLUEPRINTS = {
    "L3-ZONES": _without_zone,
    "L3-REDUNDANCY": _one_replica,
    "L3-DATABASE": _strangers_in_the_database,
}
BROKEN_SAFEGUARDS: dict[str, dict[str, Any]] = {
    "L3-TRANSIT": {"encrypted_in_transit": False},
    "L3-REST": {"encrypted_at_rest": False},
    "L3-BACKUP": {"copies": SAFEGUARDS.copies[:2]},
    "L3-LOGS": {"log_days": 91},
    "L3-MFA": {"admin_mfa": False},
    "L3-ACCESS": {"admin_from": ("0.0.0.0/0",)},
    "L3-EGRESS": {"outbound_to": ("0.0.0.0/0",)},
    "L3-SECRETS": {"weak_secrets": ("masterSecret",)},
}


def _clauses(blueprint: Blueprint, safeguards: Safeguards) -> set[str]:
    return {mistake.found.en.split("]")[0].lstrip("[") for mistake in rules.check(blueprint, safeguards=safeguards)
            if mistake.found.en.startswith("[")}  # fmt: skip


def test_what_is_drawn_up_with_the_example_is_level_three() -> None:
    """The blueprint of a province with the shipped example's safeguards breaks no item."""
    assert rules.check(BLUEPRINT, safeguards=SAFEGUARDS) == ()


def test_every_item_is_broken_below() -> None:
    """No item of the table is without a case that breaks it; each says where it comes from."""
    assert {clause.id for clause, _ in level_three.CLAUSES} == {*BROKEN_BLUEPRINTS, *BROKEN_SAFEGUARDS}
    assert all("second-hand" in clause.source for clause, _ in level_three.CLAUSES)


@pytest.mark.parametrize("clause", BROKEN_BLUEPRINTS)
def test_a_blueprint_that_breaks_an_item_is_found(clause: str) -> None:
    """Just that item, with its clause."""
    assert _clauses(BROKEN_BLUEPRINTS[clause](BLUEPRINT), SAFEGUARDS) == {clause}


@pytest.mark.parametrize("clause", BROKEN_SAFEGUARDS)
def test_safeguards_that_break_an_item_are_found(clause: str) -> None:
    """Just that item, with its clause and a way out in both languages."""
    broken = msgspec.structs.replace(SAFEGUARDS, **BROKEN_SAFEGUARDS[clause])

    assert _clauses(BLUEPRINT, broken) == {clause}
    assert all(one.way_out.vi and one.way_out.en for one in level_three.check(BLUEPRINT, broken))


def test_without_safeguards_level_three_is_not_asked() -> None:
    """A testbed on one machine is checked for contradictions only."""
    assert rules.check(_one_replica(BLUEPRINT)) == ()


@pytest.fixture(scope="module")
def placed() -> Placed:
    """The shipped example, placed."""
    return place()


PORTAL, PRIMARY = server_name("portal", 0), server_name(DATABASE, 0)
#: What is spoilt, how, and what must be found.
SPOILT: dict[str, tuple[str, dict[str, Any], str]] = {
    "group open to all": (
        "tinhmau-data-in-management-to-data-ssh", {"remoteIpPrefix": "0.0.0.0/0"}, "lets everybody in",
    ),
    "servers call anywhere": ("tinhmau-data-out-data-inside", {"remoteIpPrefix": "0.0.0.0/0"}, "call anywhere"),
    "default rules": ("tinhmau-data-group", {"deleteDefaultRules": False}, "default rules"),
    "public database": (
        "tinhmau-bastion-address-here", {"portId": f"tinhmau-{DATABASE}-0-port-id"}, "puts a database on the internet",
    ),
    "network without a port": (PRIMARY, {"networks": [{"name": "public"}]}, "joins a network without a port"),
    "port without groups": ("tinhmau-portal-0-port", {"securityGroupIds": []}, "has no security group"),
    "public container": ("tinhmau-store-backups", {"containerRead": ".r:*"}, "is shared"),
    "no TLS": ("tinhmau-dmz-gateway-portal-people", {"protocol": "HTTP"}, "is open to all, unencrypted"),
    "secret in user data": (PORTAL, {"userData": "DATABASE_PASSWORD=hunter2hunter2"}, "seems to hold a secret"),
    "password in an address": (PORTAL, {"userData": "postgresql://portal:abc123@10.0.0.1/p"}, "seems to hold a secret"),
    "admin password": (PORTAL, {"adminPass": "x"}, "has an admin password"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_a_resource_that_breaks_a_rule_is_found(placed: Placed, case: str) -> None:
    """One resource is spoilt; one mistake names it, says what was found and what to change."""
    name, inputs, found = SPOILT[case]
    old = placed.named(name)
    spoilt = msgspec.structs.replace(old, inputs={**old.inputs, **inputs})

    (mistake,) = policy.judge([spoilt if one is old else one for one in placed.resources])

    assert mistake.key == name
    assert found in mistake.found.en
    assert mistake.found.vi.startswith("[L3-")
    assert mistake.way_out.vi


def _docker(kind: str, **inputs: Any) -> policy.Resource:
    return policy.Resource(type=f"{NAME}:index:{kind}", name="one", id="", inputs=inputs)


@pytest.mark.parametrize(
    ("clause", "broken", "kept"),
    [
        ("L3-DATABASE", _docker("Container", service=DATABASE, ports=[{"inside": 5432, "outside": 5432}]),
         _docker("Container", service=DATABASE, ports=[])),
        ("L3-ZONES", _docker("Network", name="s-data-postgresql", internal=False),
         _docker("Network", name="s-dmz-door", internal=False)),
        ("L3-SECRETS", _docker("Container", service="portal", environment={"TOKEN": "0123456789abcdef"}),
         _docker("Container", service="portal", environment={"LGSP_URL": "http://lgsp:8082"})),
    ],
)  # fmt: skip
def test_each_rule_for_containers_finds_what_breaks_it_and_nothing_else(
    clause: str, broken: policy.Resource, kept: policy.Resource
) -> None:
    """What would be made on Docker, whoever wrote the program."""
    (found,) = policy.judge([broken])

    assert found.found.en.startswith(f"[{clause}]")
    assert found.way_out.vi
    assert policy.judge([kept]) == ()
