"""One data centre that all tests of this tier share; each test leaves it as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from standing_docker import Standing, toy


@pytest.fixture(scope="session")
def standing() -> Iterator[Standing]:
    """Toy province on Docker; takes about half a minute once the images are there."""
    with toy() as one:
        yield one
