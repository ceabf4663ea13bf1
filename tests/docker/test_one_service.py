"""One real service instead of the whole data centre (Testcontainers): PostgreSQL as it is in the image, and HAProxy."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer

from infra import demand
from infra.blueprint import draw_up
from infra.docker_target import certificates, engine, gateway, images, layout
from infra.docker_target.layout import POSTGRESQL_PORT
from infra.docker_target.secret_files import POSTGRESQL_MAJOR
from infra.local import cluster
from simulation import province_files

pytestmark = pytest.mark.needs("docker")
_PATIENCE_SECONDS = 60.0
_PASSWORD = "only-in-this-test"
_KILLED_AT = 50  # rows
#: What a client sees of a server that goes in the middle of an answer, asyncpg's own confusion among it.
_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_MASTER = "0f" * 32
_TOY = province_files.load("toy")
_BLUEPRINT = draw_up(_TOY, demand.demand_of_province(_TOY))


@pytest.fixture(scope="module", autouse=True)
def testcontainers_as_they_must_be_here() -> None:
    """Testcontainers' own cleaner is an image from a registry; every container here ends with its block.

    Ports are published on this machine, also where it is a container itself.
    """
    testcontainers_config.ryuk_disabled = True
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host
    testcontainers_config.tc_host_override = "127.0.0.1"


@pytest.fixture(scope="module")
def runtime() -> str:
    """The image that gateways and PostgreSQL run."""
    tag, _ = images.ensure(engine.connect())
    return tag


@pytest.fixture
def given() -> Iterator[Path]:
    """A folder that any user in a container can read."""
    folder = Path(tempfile.mkdtemp(prefix="tinhmau-given-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_text(content, "utf-8")
        path.chmod(0o644)


def test_postgresql_of_the_image_has_after_a_kill_what_it_had_acknowledged(runtime: str, given: Path) -> None:
    """Killed without warning in the middle of writing; every row that was acknowledged is there afterwards."""
    _write(
        given, password=f"{_PASSWORD}\n", pg_hba__conf="host all all 0.0.0.0/0 scram-sha-256\n",
        making__sql=cluster.making_sql(POSTGRESQL_MAJOR, {"portal": _PASSWORD}),
    )  # fmt: skip
    settings = cluster.server_options(POSTGRESQL_MAJOR, port=str(POSTGRESQL_PORT), listen_addresses="*")
    server = (
        DockerContainer(runtime)
        .with_command(["start-postgresql", *settings])
        .with_kwargs(user="10002")
        .with_volume_mapping(given, "/etc/tinhmau", "ro")
        .with_exposed_ports(POSTGRESQL_PORT)
    )
    with server:
        acknowledged = asyncio.run(_write_until_killed(server))
        server.get_wrapped_container().start()
        there, durable = asyncio.run(_read(server))

    assert acknowledged
    assert acknowledged <= there
    assert durable == ["on", "on", "on"]


async def _write_until_killed(server: DockerContainer) -> set[int]:
    """Write one row after another, and have the server killed meanwhile."""
    connection = await _connect(server)
    await connection.execute("CREATE TABLE dossier (number int)")
    written: set[int] = set()
    killing: asyncio.Future[None] | None = None
    with suppress(*_LOST):
        while True:
            await connection.execute("INSERT INTO dossier VALUES ($1)", len(written))
            written.add(len(written))
            if len(written) == _KILLED_AT:
                killing = asyncio.ensure_future(asyncio.to_thread(server.get_wrapped_container().kill))
    assert killing is not None
    await killing
    connection.terminate()
    return written


async def _read(server: DockerContainer) -> tuple[set[int], list[str]]:
    connection = await _connect(server)
    rows = {row["number"] for row in await connection.fetch("SELECT number FROM dossier")}
    names = ("fsync", "synchronous_commit", "full_page_writes")
    shown = [str(await connection.fetchval(f"SHOW {name}")) for name in names]
    await connection.close()
    return rows, shown


async def _connect(server: DockerContainer) -> asyncpg.Connection:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        server.reload()
        try:
            return await asyncpg.connect(
                host=server.get_container_host_ip(), port=server.get_exposed_port(POSTGRESQL_PORT), user="portal",
                password=_PASSWORD, database="portal", ssl=False, timeout=5,
            )  # fmt: skip
        except _LOST:
            assert time.monotonic() < until
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("standby", [False, True], ids=["one-server", "standby"])
def test_haproxy_of_the_image_takes_every_configuration_that_is_written_for_it(
    runtime: str, given: Path, *, standby: bool
) -> None:
    """Every zone's, with its certificate, and the line by which PostgreSQL's programs speak TLS: no warning either."""
    drawn = layout.draw(_BLUEPRINT, block="10.77.0.0/16", backup=True, standby=standby)
    tls = certificates.begin()
    for one in drawn.gateways:
        own = given / one.zone
        own.mkdir()
        names = sorted({door.destination for door in one.doors})
        held = certificates.issue(_MASTER, tls, holder=f"{one.zone}-gateway", names=names)
        written = gateway.configuration(one, _BLUEPRINT, standby=standby, tls=True)
        _write(own, haproxy__cfg=written.replace("/etc/tinhmau/", f"/srv/given/{one.zone}/"),
               server__pem=held.certificate + held.key)  # fmt: skip
    (given / "line").mkdir()
    _write(given / "line", haproxy__cfg=gateway.line().replace(gateway.AUTHORITY, "/srv/given/line/authority.pem"),
           authority__pem=certificates.trusted(_MASTER, tls))  # fmt: skip

    with DockerContainer(runtime).with_command(["sleep", "600"]).with_volume_mapping(given, "/srv/given", "ro") as one:
        for zone in (*(gate.zone for gate in drawn.gateways), "line"):
            code, said = one.exec(["haproxy", "-c", "-dW", "-f", f"/srv/given/{zone}/haproxy.cfg"])
            assert code == 0, said.decode()
