"""The data centre on paper: every number has its reason, and what must not be is found before anybody pays for it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from infra import rules
from infra.blueprint import DATABASE, SERVICES, Blueprint, Flow, draw_up
from infra.contracts import CONTRACTS, Contract
from infra.demand import demand_of_province
from infra.rehearsal import Rehearsal
from infra.target import Killable, Target
from simulation import province_files
from simulation.text import Text

PROVINCES = {name: province_files.load(name) for name in ("toy", "ben_tre_2018")}
WHY = Text("vì sao", "why")


@pytest.fixture
def blueprint() -> Blueprint:
    """The blueprint of the toy province."""
    return draw_up(PROVINCES["toy"], demand_of_province(PROVINCES["toy"]))


@pytest.mark.parametrize("name", PROVINCES)
def test_a_drawn_blueprint_keeps_every_rule(name: str) -> None:
    """What `draw_up` draws may be placed as it is: all services, one database each, no mistake."""
    province = PROVINCES[name]

    drawn = draw_up(province, demand_of_province(province))

    assert rules.check(drawn) == ()
    assert drawn.services == SERVICES
    assert {database.used_by for database in drawn.databases} == set(SERVICES)


def test_the_same_province_gives_the_same_blueprint() -> None:
    """Drawing twice gives equal values, down to the bytes."""
    first, second = (draw_up(PROVINCES["toy"], demand_of_province(PROVINCES["toy"])) for _ in range(2))

    assert msgspec.json.encode(first) == msgspec.json.encode(second)


@pytest.mark.parametrize("workload", [*SERVICES, DATABASE])
def test_every_number_has_a_reason_and_a_source(blueprint: Blueprint, workload: str) -> None:
    """Each size of each workload says why in both languages, and where that comes from."""
    drawn = blueprint.workload(workload)

    for quantity in (drawn.replicas, drawn.vcpu, drawn.memory_mb, drawn.disk_gb, drawn.floor_mb):
        assert quantity.value >= 1
        assert len(quantity.reason.vi) > 10
        assert len(quantity.reason.en) > 10
        assert len(quantity.source) > 10


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: f"{c.consumer}->{c.provider}.{c.operation}")
def test_every_contract_has_its_way_through_the_lgsp(blueprint: Blueprint, contract: Contract) -> None:
    """Consumer to LGSP and LGSP to provider are open; consumer to provider is not."""
    open_ways = {(flow.source, flow.destination) for flow in blueprint.flows}

    assert (contract.consumer, "lgsp") in open_ways
    assert ("lgsp", contract.provider) in open_ways
    assert (contract.consumer, contract.provider) not in open_ways


def test_secrets_are_those_that_services_ask_for(blueprint: Blueprint) -> None:
    """Each secret but the database's password is a variable of docs/reference-data.md."""
    documented = set(re.findall(r"`([A-Z_]+)`", Path("docs/reference-data.md").read_text("utf-8")))

    named = {secret.name.upper() for secret in blueprint.secrets} - {"DATABASE_PASSWORD"}

    assert named <= documented


def test_a_database_in_a_public_zone_is_a_mistake(blueprint: Blueprint) -> None:
    """Moving PostgreSQL into the DMZ is found and named."""
    moved = msgspec.structs.replace(blueprint.workload(DATABASE), zone="dmz")
    spoilt = msgspec.structs.replace(blueprint, workloads=(*blueprint.workloads[:-1], moved))

    (mistake,) = rules.check(spoilt)

    assert mistake.into("en").startswith("blueprint: workloads[7].zone: the database “postgresql” lies in the public")


def test_a_way_from_the_internet_to_a_database_is_a_mistake(blueprint: Blueprint) -> None:
    """Whether it names the database or its whole zone."""
    for destination in (DATABASE, "data"):
        for source in ("outside", "dmz"):
            way = Flow(source=source, destination=destination, protocol="postgresql", reason=WHY)

            (mistake,) = rules.check(msgspec.structs.replace(blueprint, flows=(*blueprint.flows, way)))

            assert f"the public zone “{source}” may reach the database “{destination}”" in mistake.found.en


def test_a_call_past_the_lgsp_is_a_mistake(blueprint: Blueprint) -> None:
    """Two systems that talk directly are both named."""
    way = Flow(source="portal", destination="onestop", protocol="http", reason=WHY)

    (mistake,) = rules.check(msgspec.structs.replace(blueprint, flows=(*blueprint.flows, way)))

    assert mistake.found.en == "“portal” calls “onestop” directly, past the LGSP."
    assert mistake.found.vi == "“portal” gọi thẳng “onestop”, không qua LGSP."


def test_all_mistakes_are_told_at_once_with_the_nearest_word(blueprint: Blueprint) -> None:
    """Misspelt names and a replica count of 0 come together, each with its place and its way out."""
    portal = blueprint.workload("portal")
    none = msgspec.structs.replace(portal, zone="dmx", replicas=msgspec.structs.replace(portal.replicas, value=0))
    way = Flow(source="portl", destination="lgsp", protocol="http", reason=WHY)
    spoilt = msgspec.structs.replace(
        blueprint, workloads=(none, *blueprint.workloads[1:]), flows=(way, *blueprint.flows[1:])
    )

    mistakes = rules.check(spoilt)

    assert [(mistake.key, mistake.way_out.en) for mistake in mistakes] == [
        ("workloads[0].zone", "Did you mean “dmz”?"),
        ("workloads[0].replicas", "It must be at least 1."),
        ("flows[0].source", "Did you mean “portal”?"),
    ]


def test_a_rehearsal_names_everything_and_places_nothing(blueprint: Blueprint, tmp_path: Path) -> None:
    """The rehearsal walks through all workloads and gives a stack without endpoints; it cannot be killed."""
    told: list[str] = []
    target: Target = Rehearsal()

    stack = target.place(
        blueprint, reference=tmp_path, province=PROVINCES["toy"], progress=lambda _, what: told.append(what.en)
    )

    assert stack.endpoints == {}
    assert [line.split(":")[0].removeprefix("Would place ") for line in told[:-1]] == [*SERVICES, DATABASE]
    assert target.status(stack) == []
    assert not isinstance(target, Killable)
    target.remove(stack)
