"""Where the project keeps what is costly to make and can be made again: engines, images' parts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def cache(environment: Mapping[str, str] = os.environ) -> Path:
    """`tinhmau` in the user's cache folder (XDG_CACHE_HOME); may be removed at any time."""
    return _below(environment, "XDG_CACHE_HOME", ".cache")


def state(environment: Mapping[str, str] = os.environ) -> Path:
    """`tinhmau` in the user's state folder (XDG_STATE_HOME): what is needed to remove a stack again."""
    return _below(environment, "XDG_STATE_HOME", ".local/state")


def _below(environment: Mapping[str, str], variable: str, usual: str) -> Path:
    given = environment.get(variable, "")
    return (Path(given) if given else Path.home() / usual) / "tinhmau"
