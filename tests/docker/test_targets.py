"""What every target promises, one table: rehearsal, local, docker; a rented cloud's outputs by Pulumi's mocks."""

from __future__ import annotations

import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
from standing_docker import write_reference

from infra import demand
from infra import stack as stacks
from infra.blueprint import draw_up
from infra.docker_target.target import DockerTarget
from infra.local.target import LocalTarget
from infra.rehearsal import Rehearsal
from infra.stack import Stack
from infra.target import Killable, Target
from infra.trouble import TargetError
from simulation import province_files

_PROVINCE = province_files.load("toy")
_BLUEPRINT = draw_up(_PROVINCE, demand.demand_of_province(_PROVINCE))
_TARGETS: Mapping[str, Callable[[], Target]] = {"rehearsal": Rehearsal, "local": LocalTarget, "docker": DockerTarget}
_PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.needs("docker", "pulumi")


class Placed(msgspec.Struct, frozen=True):
    """A target and what it has placed."""

    target: Target
    stack: Stack


@pytest.fixture(scope="module", params=list(_TARGETS))
def placed(request: pytest.FixtureRequest) -> Iterator[Placed]:
    """The toy province on each target in turn."""
    target = _TARGETS[request.param]()
    with tempfile.TemporaryDirectory(prefix="tinhmau-reference-") as folder:
        write_reference(_PROVINCE, Path(folder))
        stack = target.place(_BLUEPRINT, reference=Path(folder), province=_PROVINCE)
    yield Placed(target, stack)
    target.remove(stack)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=10) as answer:  # noqa: S310 -- 127.0.0.1
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_a_stack_says_where_it_is_and_can_be_written_down(placed: Placed, tmp_path: Path) -> None:
    """Target, province and era, and the same stack again from its file, readable by its owner only."""
    stacks.save(placed.stack, tmp_path / "stack.json")

    assert stacks.load(tmp_path / "stack.json") == placed.stack
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0
    assert (placed.stack.target, placed.stack.province, placed.stack.era) == (placed.target.name, "toy", _PROVINCE.era)


def test_every_service_answers_on_loopback_once_placed(placed: Placed) -> None:
    """No waiting after `place` has returned. The rehearsal has nothing that could answer."""
    wanted = set() if placed.target.name == "rehearsal" else set(_BLUEPRINT.services)

    assert set(placed.stack.endpoints) == wanted
    assert all(url.startswith("http://127.0.0.1:") and _answers(url) for url in placed.stack.endpoints.values())


def test_the_status_names_every_workload_and_finds_it_ready(placed: Placed) -> None:
    """Gateways, where a target has them, come besides."""
    rows = {row.service: row.state for row in placed.target.status(placed.stack)}

    if placed.stack.endpoints:
        assert {workload.name for workload in _BLUEPRINT.workloads} <= set(rows)
        assert set(rows.values()) == {"ready"}


def test_what_was_killed_comes_back_by_itself(placed: Placed) -> None:
    """At the same address, without anybody's doing."""
    if not isinstance(placed.target, Killable):
        assert placed.target.name == "rehearsal"
        return
    assert placed.target.kill(placed.stack, "sector") > 0

    until = time.monotonic() + _PATIENCE_SECONDS
    while not _answers(placed.stack.endpoints["sector"]):
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize("name", list(_TARGETS))
def test_removing_what_is_gone_is_no_error(name: str) -> None:
    """A stack that somebody else has put away already."""
    gone = Stack(
        name="tinhmau-gone", target=name, province="toy", era="2018", endpoints={}, audit_token="", passcode_key="",
        certificate_authority="", control="/nowhere/control", state="/nowhere/tinhmau-gone",
    )  # fmt: skip
    target = _TARGETS[name]()
    target.remove(gone)
    if name != "rehearsal":
        with pytest.raises(TargetError):
            target.status(gone)
