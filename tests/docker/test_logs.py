"""Central logs: what every container says is in one place, also what was said while that place was away."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request

import pytest
from standing_docker import Standing

from infra.docker_target.layout import LOGS
from tinhmau.commands.stack import where_logs_are

pytestmark = pytest.mark.needs("docker", "pulumi")
_PATIENCE_SECONDS = 60.0


def _kept(standing: Standing, service: str) -> list[str]:
    (collector,) = standing.containers(LOGS)
    done = collector.exec_run(["sh", "-c", f"cat /var/lib/logs/*/{service}.ndjson"])
    return [json.loads(line)["line"] for line in done.output.decode().splitlines()] if done.exit_code == 0 else []


def _say(standing: Standing, service: str, words: str) -> None:
    standing.containers(service)[0].exec_run(["sh", "-c", f"echo '{words}' > /proc/1/fd/1"])


def _await(standing: Standing, service: str, words: str) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while words not in _kept(standing, service):
        assert time.monotonic() < until, _kept(standing, service)[-5:]
        time.sleep(0.2)


def test_what_every_container_says_is_kept_in_one_place(standing: Standing) -> None:
    """Gateways and database too; the engine has its own copy besides, which `docker logs` shows."""
    for one in standing.containers():
        service = one.labels["vn.tinhmau.service"]
        if service != LOGS:
            _say(standing, service, f"{service} was here")
            _await(standing, service, f"{service} was here")
            assert f"{service} was here" in standing.containers(service)[0].logs().decode()


def test_the_command_that_status_tells_shows_what_a_service_said(standing: Standing) -> None:
    """Copied as it is told, with a service's name in it."""
    _say(standing, "portal", "look here")
    _await(standing, "portal", "look here")

    told = re.sub("<.+?>", "portal", where_logs_are(standing.stack))

    shown = subprocess.run(["bash", "-c", told], check=True, capture_output=True, text=True).stdout
    assert "look here" in shown


def test_nobody_waits_for_a_collector_that_is_away(standing: Standing) -> None:
    """Services go on answering, and what they say meanwhile arrives when it is back."""
    (collector,) = standing.containers(LOGS)
    collector.stop(timeout=5)
    for words in ("it has gone", "while it was away", "still away"):
        _say(standing, "portal", words)
    with urllib.request.urlopen(f"{standing.stack.endpoints['portal']}/ready", timeout=10) as answer:  # noqa: S310
        assert answer.status == 200
    standing.runner.refresh()
    standing.runner.up()

    for words in ("it has gone", "while it was away", "still away"):
        _await(standing, "portal", words)
    assert standing.changes() == {}
