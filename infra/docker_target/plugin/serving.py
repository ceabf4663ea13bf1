"""Serves the provider to the engine that has started it."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi.provider.experimental import server

from infra.docker_target.plugin.provider import VERSION, DockerProvider


def serve(arguments: Sequence[str]) -> None:
    """Answer the engine until it hangs up. Its address is the last argument."""
    server.main(list(arguments), VERSION, DockerProvider())
