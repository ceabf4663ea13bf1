"""One data centre that all tests of this tier share; each test leaves it as it found it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from standing_docker import Standing, toy


@pytest.hookimpl(trylast=True)  # after pytest has set its own
def pytest_configure() -> None:
    """Pass over what Pulumi's SDK leaves open when an `up` in this very process fails, whenever that is collected."""
    theirs = sys.unraisablehook

    def ours(unraisable: Any) -> None:
        if not _left_by_pulumi(unraisable):
            theirs(unraisable)

    sys.unraisablehook = ours


def _left_by_pulumi(unraisable: Any) -> bool:
    """Tell its event loop, the two sockets by which that loop wakes itself, and the program that never ended."""
    if getattr(unraisable.object, "__name__", "") == "run_in_stack":
        return True
    said = str(unraisable.exc_value)
    its = "unclosed event loop" in said or ("unclosed <socket.socket" in said and "family=1, type=1" in said)
    return isinstance(unraisable.exc_value, ResourceWarning) and its


@pytest.fixture(scope="session")
def standing() -> Iterator[Standing]:
    """Toy province on Docker; takes about half a minute once the images are there."""
    with toy() as one:
        yield one
