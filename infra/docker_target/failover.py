"""Two database servers, of which one follows the other: who is who, losing one, and letting the other take over.

Nobody but whoever calls this decides that a server is lost (docs/adr/0040): two servers that take each other for lost
would both be written to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from infra.blueprint import DATABASE
from infra.docker_target import restoring
from infra.docker_target.attendant import containers_of
from infra.docker_target.components.database import DATA, PROGRAMS
from infra.docker_target.gateway import LINE_PORT
from infra.docker_target.layout import POSTGRESQL_PORT, STANDBY
from infra.trouble import TargetError
from simulation.text import Text

_PATIENCE_SECONDS, _LOOK_EVERY_SECONDS = 120.0, 0.1
_IN_STEP = "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND sync_state = 'sync'"


def primary(client: docker.DockerClient, stack: str) -> Container:
    """The server that people use. Raises TargetError when none lets anybody in."""
    for server in _servers(client, stack):
        if _lets_in(server, "127.0.0.1"):
            return server
    raise TargetError(Text("Không có máy chủ PostgreSQL nào trả lời.", "No PostgreSQL server answers."))


def roles(client: docker.DockerClient, stack: str) -> tuple[Container, Container]:
    """The server that people use, and the other one. Raises TargetError unless the other one has every commit."""
    used = primary(client, stack)
    others = [one for one in _servers(client, stack) if one.id != used.id]
    if not others or restoring.ask(used, "postgres", _IN_STEP) != "1":
        raise TargetError(
            Text(
                "Không có máy chủ dự phòng nào có đủ dữ liệu: dựng stack với --standby, rồi chờ nó theo kịp.",
                "No standby has every commit: place the stack with one (--standby), and wait until it is in step.",
            )
        )
    return used, others[0]


def lose(client: docker.DockerClient, server: Container) -> None:
    """End a server at once and take away its disk, as when its host burns. It cannot come back as it was."""
    (disk,) = (one["Name"] for one in server.attrs["Mounts"] if one["Destination"] == DATA)
    with suppress(NotFound):
        server.remove(force=True)
    with suppress(NotFound):
        client.volumes.get(disk).remove(force=True)


def promote(standby: Container) -> None:
    """Make the standby the server that people use; returns once the gateway leads to it. Raises TargetError."""
    done = standby.exec_run([f"{PROGRAMS}/pg_ctl", "promote", "--wait", "--silent", "--pgdata", f"{DATA}/data"])
    if done.exit_code != 0:
        said = done.output.decode("utf-8", "replace").strip()
        raise TargetError(
            Text(f"Máy chủ dự phòng không lên thay được: {said}", f"The standby did not take over: {said}")
        )
    _await(
        lambda: _lets_in(standby, "127.0.0.1", LINE_PORT),
        Text(
            "Cổng của vùng dữ liệu không dẫn tới máy chủ mới.",
            "The data zone's gateway does not lead to the new server.",
        ),
    )


def await_in_step(client: docker.DockerClient, stack: str) -> None:
    """Wait until every commit waits for the standby. Raises TargetError when that takes too long."""
    used = primary(client, stack)
    _await(
        lambda: restoring.ask(used, "postgres", _IN_STEP) == "1",
        Text("Máy chủ dự phòng không theo kịp.", "The standby does not get in step."),
    )


def _await(seen: Callable[[], bool], otherwise: Text) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not seen():
        if time.monotonic() > until:
            raise TargetError(otherwise)
        time.sleep(_LOOK_EVERY_SECONDS)


def _servers(client: docker.DockerClient, stack: str) -> list[Container]:
    return [*containers_of(client, stack, DATABASE), *containers_of(client, stack, STANDBY)]


def _lets_in(server: Container, host: str, port: int = POSTGRESQL_PORT) -> bool:
    with suppress(APIError):
        asked = server.exec_run([f"{PROGRAMS}/pg_isready", "-q", "-h", host, "-p", str(port)])
        return bool(asked.exit_code == 0)
    return False
