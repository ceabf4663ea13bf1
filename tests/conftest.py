"""What a test may need of the machine, what becomes of it where that is missing, and the runs that tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping

import pytest
from command_line import ROOT, Run, Standing, Workplace, known, stand
from hypothesis import settings

from infra.engine import finding

# The same examples every time: a change is answered for by whoever makes it, not by who happens to run the tests next.
settings.register_profile("tinhmau", derandomize=True, deadline=None)
settings.load_profile("tinhmau")


def _may_mount() -> bool:
    """Whether a file system can be mounted: in a container, root alone is not enough."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0


def _docker_answers() -> bool:
    """Whether a Docker engine is there to be used."""
    return shutil.which("docker") is not None and (
        subprocess.run(["docker", "version"], check=False, capture_output=True).returncode == 0
    )


#: What a test may name in `@pytest.mark.needs(...)`: how to see whether it is there, and how to get it.
THINGS: Mapping[str, tuple[Callable[[], bool], str]] = {
    "chromium": (lambda: shutil.which("chromium") is not None, "apt install chromium"),
    "npm": (lambda: shutil.which("npm") is not None, "apt install npm"),
    "root": (lambda: os.geteuid() == 0, "run the tests as root"),
    "docker": (_docker_answers, "start Docker (sudo systemctl start docker), as a user who may use it"),
    "pulumi": (lambda: finding.find() is not None, "tinhmau engine"),
    "debootstrap": (
        lambda: shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None,
        "apt install debootstrap",
    ),
    "go": (lambda: shutil.which("go") is not None, "install Go 1.25 or newer"),
    "promtool": (lambda: shutil.which("promtool") is not None, "apt install prometheus"),
    "policy": ((ROOT / "infra" / "policy_pack" / ".venv" / ".ready").exists, "make policy"),
    "mount": (_may_mount, "run the tests as root, where mounting is allowed"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose needs are not met; fail it where CI promised to meet them (TINHMAU_PROMISED)."""
    promised = set(os.environ.get("TINHMAU_PROMISED", "").split())
    for mark in item.iter_markers("needs"):
        for thing in mark.args:
            there, way_out = THINGS[thing]
            if there():
                continue
            reason = f"needs {thing}, which is not here: {way_out}"
            if thing in promised:
                pytest.fail(f"{reason} (CI promised it)")
            pytest.skip(reason)


@pytest.fixture
def workplace() -> Iterator[Workplace]:
    """Folders of its own for one test."""
    made = Workplace()
    yield made
    made.close()


@pytest.fixture(scope="session")
def toy_run() -> Iterator[Run]:
    """One whole `tinhmau verify` of the toy province; takes about 25 seconds, so every test shares it."""
    with known() as run:
        yield run


@pytest.fixture(scope="session")
def toy_up() -> Iterator[Standing]:
    """The toy province left running by `tinhmau up`, for tests that only look."""
    made = Workplace()
    yield stand(made)
    made.run("down", "--runs", made.runs)
    made.close()
