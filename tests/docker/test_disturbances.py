"""Services that freeze, are cut off, or get slow lines: what is felt by who asks them, and that it ends."""

from __future__ import annotations

import re
import socket
import time
import urllib.error
import urllib.request

import pytest
from standing_docker import Standing

from infra.docker_target.layout import GATEWAY_PORT
from infra.target import Disturbable, Disturbance
from infra.trouble import TargetError

pytestmark = pytest.mark.needs("docker", "pulumi")
_PATIENCE_SECONDS = 60.0


def _answers(standing: Standing, service: str, *, within: float = 30.0) -> bool:
    try:
        with urllib.request.urlopen(f"{standing.stack.endpoints[service]}/ready", timeout=within) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _await(standing: Standing, service: str, *, answers: bool) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while _answers(standing, service, within=3.0) != answers:
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.mark.parametrize("kind", ["pause", "partition"])
def test_a_service_that_is_frozen_or_cut_off_does_not_answer_until_it_is_relieved(
    standing: Standing, kind: Disturbance
) -> None:
    """The same container afterwards, in its network under its name; another service answers throughout."""
    assert isinstance(standing.target, Disturbable)
    (before,) = standing.containers("sector")

    standing.target.disturb(standing.stack, "sector", kind)
    _await(standing, "sector", answers=False)
    assert _answers(standing, "portal")
    standing.target.relieve(standing.stack, "sector", kind)

    _await(standing, "sector", answers=True)
    assert [one.id for one in standing.containers("sector")] == [before.id]
    assert standing.changes() == {}


def _under_way(standing: Standing, zone: str, service: str) -> int:
    """Requests of clients that the zone's gateway has with a service now."""
    (gateway,) = standing.containers(f"{zone}-gateway")
    ask = (
        f"from urllib.request import urlopen as u; print(u('http://127.0.0.1:{GATEWAY_PORT}/metrics').read().decode())"
    )
    said = gateway.exec_run(["python3", "-P", "-c", ask]).output.decode()
    (line,) = re.findall(rf'haproxy_backend_current_sessions{{proxy="{service}"}} (\d+)', said)
    return int(line)


def test_a_client_that_goes_is_not_waited_for_by_its_gateway(standing: Standing) -> None:
    """The service is frozen; the client gives up, and the gateway lets go of the request at once, not after 90 s."""
    standing.target.disturb(standing.stack, "sector", "pause")
    try:
        host, port = standing.stack.endpoints["sector"].removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
            until = time.monotonic() + _PATIENCE_SECONDS
            while _under_way(standing, "outside", "sector") == 0:
                assert time.monotonic() < until
        until = time.monotonic() + _PATIENCE_SECONDS / 2
        while _under_way(standing, "outside", "sector") > 0:
            assert time.monotonic() < until
    finally:
        standing.target.relieve(standing.stack, "sector", "pause")
    _await(standing, "sector", answers=True)


def test_relieving_what_is_not_disturbed_is_no_error(standing: Standing) -> None:
    """A service may have been started again meanwhile."""
    for kind in ("pause", "partition", "delay", "loss"):
        standing.target.relieve(standing.stack, "sector", kind)  # type: ignore[arg-type]

    assert _answers(standing, "sector")


def _spoiled(standing: Standing) -> TargetError | None:
    try:
        standing.target.disturb(standing.stack, "sector", "delay")
    except TargetError as error:
        return error
    return None


def test_slow_lines_take_effect_or_say_what_the_kernel_lacks(standing: Standing) -> None:
    """Where the kernel has netem an answer takes 150 ms longer at least; where not, one sentence names the module."""
    refused = _spoiled(standing)
    began = time.monotonic()
    assert _answers(standing, "sector")
    took = time.monotonic() - began
    standing.target.relieve(standing.stack, "sector", "delay")

    assert took > 0.15 or (refused is not None and "modprobe sch_netem" in refused.text.en)
