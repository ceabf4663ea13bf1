"""The Docker engine: a client for it, or one clear sentence why there is none."""

from __future__ import annotations

import os

import docker
from docker.errors import DockerException

from infra.trouble import TargetError
from simulation.text import Text

_ANSWER_WITHIN_SECONDS = 300  # removing a container waits for its stop


def connect() -> docker.DockerClient:
    """Connect to the engine that DOCKER_HOST names, or this machine's. Raises TargetError when none answers."""
    try:
        client = docker.from_env(timeout=_ANSWER_WITHIN_SECONDS)
        client.ping()
    except (DockerException, OSError) as error:
        raise TargetError(absent(str(error))) from error
    return client


def absent(why: str) -> Text:
    """No engine answers."""
    where = os.environ.get("DOCKER_HOST", "/var/run/docker.sock")
    return Text(
        f"Không có Docker engine nào trả lời ở {where} ({why}). Khởi động nó (sudo systemctl start docker), cho người "
        "dùng này vào nhóm docker, hoặc đặt DOCKER_HOST.",
        f"No Docker engine answers at {where} ({why}). Start it (sudo systemctl start docker), put this user into the "
        "group docker, or set DOCKER_HOST.",
    )
