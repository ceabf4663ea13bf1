"""The collector of logs, without a Docker engine: what it keeps, for how long, and what it does not let in."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta, tzinfo
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import msgpack
import pytest

from infra import demand
from infra.blueprint import draw_up
from infra.docker_target import layout, recipe
from infra.docker_target.layout import LOGS
from infra.docker_target.plugin.kind import SERVICE_LABEL
from infra.level_three import LOG_DAYS
from simulation import province_files

_NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def program() -> Any:
    """The container's own program."""
    loader = SourceFileLoader("collect_logs", str(recipe.FILES / "collect-logs"))
    spec = spec_from_loader("collect_logs", loader)
    assert spec is not None
    made = module_from_spec(spec)
    loader.exec_module(made)
    return made


class _Closing:
    def close(self) -> None:
        """Nothing was opened."""

    async def drain(self) -> None:
        """Nothing was written."""


def _sent(service: str, line: str) -> bytes:
    """As Docker's fluentd driver sends it (fluentd, Forward Protocol Specification v1: message mode, EventTime)."""
    seconds = int(_NOW.timestamp())
    when = msgpack.ExtType(0, seconds.to_bytes(4) + (5_000_000).to_bytes(4))
    said = {"source": "stdout", "log": line, SERVICE_LABEL: service, "container_name": "/c"}
    return bytes(msgpack.packb(["s-dmz-portal-0", when, said, {}]))


def _receive(program: Any, folder: Path, *parts: bytes) -> None:
    async def run() -> None:
        reader = asyncio.StreamReader()
        for part in parts:
            reader.feed_data(part)
        reader.feed_eof()
        shelf = program.Shelf(folder, LOG_DAYS)
        await program.receive(shelf, reader, _Closing())
        shelf.close()

    asyncio.run(run())


def _kept(folder: Path, service: str) -> list[dict[str, str]]:
    day = _NOW.astimezone().date().isoformat()
    return [json.loads(line) for line in (folder / day / f"{service}.ndjson").read_text("utf-8").splitlines()]


def test_lines_are_kept_a_file_a_service_whole_and_in_order(program: Any, tmp_path: Path) -> None:
    """However the connection cuts them up."""
    both = _sent("portal", "hồ sơ đã nhận") + _sent("portal", "hồ sơ thứ hai") + _sent("lgsp", "x")

    _receive(program, tmp_path, both[:20], both[20:])

    assert [one["line"] for one in _kept(tmp_path, "portal")] == ["hồ sơ đã nhận", "hồ sơ thứ hai"]
    assert [one["line"] for one in _kept(tmp_path, "lgsp")] == ["x"]
    assert datetime.fromisoformat(_kept(tmp_path, "lgsp")[0]["at"]).microsecond == 5000


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)), msgpack.packb(["t", "no time", 5])])
def test_who_speaks_something_else_is_let_go_and_nothing_is_kept_of_it(
    program: Any, tmp_path: Path, rubbish: bytes
) -> None:
    """The next sender is received as ever."""
    _receive(program, tmp_path, rubbish)
    _receive(program, tmp_path, _sent("portal", "a"))

    assert [one["line"] for one in _kept(tmp_path, "portal")] == ["a"]


def test_a_service_name_is_no_way_to_another_folder(program: Any, tmp_path: Path) -> None:
    """Only its last part counts."""
    _receive(program, tmp_path / "logs", _sent("../../outside", "a"))

    assert [one["line"] for one in _kept(tmp_path / "logs", "outside")] == ["a"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["logs"]


class _OnThatDay(datetime):
    """Time has stood still since these tests were collected, though midnight may have passed."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return _NOW.astimezone(tz)


def test_logs_are_kept_for_three_months_and_no_longer(
    program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the day (L3-LOGS)."""
    monkeypatch.setattr(program, "datetime", _OnThatDay)
    today = _NOW.astimezone().date()
    for days in (0, LOG_DAYS, LOG_DAYS + 1, 400):
        (tmp_path / (today - timedelta(days=days)).isoformat()).mkdir()

    program.Shelf(tmp_path, LOG_DAYS).tidy()

    kept = {(today - timedelta(days=days)).isoformat() for days in (0, LOG_DAYS)}
    assert {one.name for one in tmp_path.iterdir()} == kept


def test_the_collector_is_alone_in_its_network_and_no_gateway_leads_to_it() -> None:
    """The Docker engine reaches it from this machine; no workload does."""
    province = province_files.load("toy")
    drawn = layout.draw(draw_up(province, demand.demand_of_province(province)), block="10.77.0.0/16")
    (network,) = (one for one in drawn.networks if one.name == drawn.network_of(LOGS))

    assert network.internal
    assert network.zone == "management"
    assert not [one for one in drawn.gateways if network.name in one.addresses]
    assert drawn.logs_at[0].rsplit(".", 1)[0] == network.subnet.rsplit(".", 1)[0]
