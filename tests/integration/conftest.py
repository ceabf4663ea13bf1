"""What tests of services share: one PostgreSQL a session, a stand-in LGSP, and real service processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import small_province
from log_scan import leaked
from running_service import Place, Postgres, Running
from standin_lgsp import StandinLgsp


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all; every service gets a fresh database."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="module")
def reference_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reference data of the small province, one for each module: some change it."""
    folder = tmp_path_factory.mktemp("reference")
    small_province.write(folder)
    return folder


@pytest.fixture(scope="module")
def lgsp() -> Iterator[StandinLgsp]:
    """A stand-in LGSP for the services of one test module."""
    standin = StandinLgsp()
    yield standin
    standin.close()


@pytest.fixture(scope="module")
def place(
    postgres: Postgres, reference_folder: Path, lgsp: StandinLgsp, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """Return a function that starts a service: `place("portal")`, with `clock=(day, second)` and further settings."""
    running: list[Running] = []

    def start(name: str, *, clock: tuple[str, float] = ("2018-08-22", 9 * 3600.0), **settings: str) -> Running:
        service = Running(
            name,
            folder=tmp_path_factory.mktemp(name),
            settings={
                "DATABASE_URL": postgres.create_database(name),
                "REFERENCE_DATA": str(reference_folder),
                "LGSP_URL": lgsp.url,
                **settings,
            },
        )
        running.append(service)
        service.set_clock(*clock)
        return service.start()

    yield start
    for service in running:
        service.close()
    # A fact about every test of services: logs hold no secret of the stack and no citizen's number.
    leaks = [(service.name, what) for service in running for what in leaked(service)]
    assert not leaks, f"logged what must stay out of logs: {leaks}"
