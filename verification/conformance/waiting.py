"""Waiting for something to become true, with an end to patience."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 20.0
_LOOK_EVERY_SECONDS = 0.001


def until(true: Callable[[], bool], *, patience: float = PATIENCE_SECONDS) -> bool:
    """Wait until it is true; False when patience ends first."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_EVERY_SECONDS)
    return True
