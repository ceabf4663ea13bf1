"""A second database server, without a Docker engine: its network, its way to the first, and who may follow."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra import demand
from infra.blueprint import DATABASE, draw_up
from infra.docker_target import failover, gateway, layout, secret_files
from infra.docker_target.layout import STANDBY
from infra.trouble import TargetError
from simulation import province_files
from simulation.mistakes import BadInputError
from tinhmau import targets

_MASTER = "0f" * 32
_TOY = province_files.load("toy")
_BLUEPRINT = draw_up(_TOY, demand.demand_of_province(_TOY))
_PLAIN = layout.draw(_BLUEPRINT, block="10.77.0.0/16")
_DOUBLE = layout.draw(_BLUEPRINT, block="10.77.0.0/16", standby=True)


def test_the_standby_has_a_closed_network_in_the_databases_zone_and_one_way_out() -> None:
    """It reaches the database and nothing else, nobody reaches it; the first server may follow it in its turn."""
    (network,) = [one for one in _DOUBLE.networks if one not in _PLAIN.networks]
    doors = {(one.source, one.destination, one.network) for one in _DOUBLE.doors if one not in _PLAIN.doors}

    assert (network.name, network.zone, network.internal) == ("data-standby", "data", True)
    assert _DOUBLE.network_of(STANDBY) == network.name
    assert doors == {(STANDBY, DATABASE, "data-standby"), (DATABASE, DATABASE, "data-postgresql")}


def test_the_gateway_asks_both_servers_whether_they_let_people_in() -> None:
    """A standby takes connections too, so a mere connection is no answer."""
    (zone,) = (one for one in _DOUBLE.gateways if one.zone == "data")
    plain, double = (gateway.configuration(zone, _BLUEPRINT, standby=standby) for standby in (False, True))

    assert "pgsql-check" not in plain
    assert re.findall(r"option (\S+-check)", double) == ["pgsql-check"]
    assert re.findall(r"server-template (\w+)- \d+ (\S+)", double) == [
        (DATABASE, "postgresql-replica:5432"),
        (STANDBY, "standby-replica:5432"),
    ]


def test_whoever_follows_may_do_nothing_else() -> None:
    """A role for replication alone, by its network's gateway; without a standby there is none, and no password."""
    plain, double = (
        {file.path: file.content for file in secret_files.of_database(drawn, master=_MASTER)}
        for drawn in (_PLAIN, _DOUBLE)
    )
    rules = [line.split() for line in double["pg_hba.conf"].splitlines()]
    homes = {one.subnet for one in _DOUBLE.networks if one.name in {"data-postgresql", "data-standby"}}

    assert f'CREATE ROLE "{STANDBY}" LOGIN REPLICATION' in double["making.sql"]
    assert "SUPERUSER" not in double["making.sql"]
    assert {(name, block) for _, name, role, block, _ in rules if role == STANDBY} == {
        ("replication", block) for block in homes
    }
    assert {block for *_, role, block, _ in rules if role == "portal"} == homes
    assert f'ROLE "{gateway.ASKING}"' not in double["making.sql"]
    assert "pgpass" not in plain
    assert STANDBY not in plain["making.sql"] + plain["pg_hba.conf"]


def _server(name: str, *, lets_in: bool, in_step: str = "") -> Any:
    def run(command: list[str]) -> Any:
        asks = command[0] == "sh"
        code = 0 if asks or lets_in else 1
        return SimpleNamespace(exit_code=code, output=in_step.encode() if asks else b"")

    return SimpleNamespace(id=name, exec_run=run)


@pytest.mark.parametrize(
    ("first", "second", "used"),
    [
        (_server("a", lets_in=True, in_step="1"), _server("b", lets_in=False), "a"),
        (_server("a", lets_in=False), _server("b", lets_in=True, in_step="1"), "b"),
    ],
)
def test_the_server_that_lets_people_in_is_the_one_that_can_be_lost(
    monkeypatch: pytest.MonkeyPatch, first: Any, second: Any, used: str
) -> None:
    """Whichever it is: after a failover it is the other one."""
    monkeypatch.setattr(failover, "_servers", lambda *_: [first, second])

    assert [one.id for one in failover.roles(cast("Any", None), "s")] == [used, "b" if used == "a" else "a"]


@pytest.mark.parametrize(
    "servers",
    [
        [_server("a", lets_in=True, in_step="0"), _server("b", lets_in=False)],
        [_server("a", lets_in=True, in_step="1")],
        [_server("a", lets_in=False), _server("b", lets_in=False)],
    ],
    ids=["not in step", "no standby", "none answers"],
)
def test_a_server_without_a_standby_in_step_is_not_given_up(monkeypatch: pytest.MonkeyPatch, servers: Any) -> None:
    """What was acknowledged would be lost with it."""
    monkeypatch.setattr(failover, "_servers", lambda *_: servers)

    with pytest.raises(TargetError):
        failover.roles(cast("Any", None), "s")


def test_a_standby_is_refused_where_there_can_be_none() -> None:
    """Before the run, with the way out."""
    targets.check_standby("docker")
    with pytest.raises(BadInputError) as caught:
        targets.check_standby("local")
    assert "--target docker" in caught.value.mistakes[0].way_out.en
