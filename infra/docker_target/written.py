"""Files of a volume as the provider takes them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from infra.docker_target.plugin.volumes import File


def as_json(files: Sequence[File]) -> str:
    """One value for all, so that one secret covers names and contents."""
    return msgspec.json.encode(files).decode()
