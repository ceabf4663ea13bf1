"""The toy province on Docker, and a few ways to meddle with it behind Pulumi's back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.models.containers import Container

from infra import demand, reference
from infra.blueprint import Blueprint, draw_up
from infra.docker_target import attendant, engine, target, up
from infra.docker_target.target import DockerTarget, Options
from infra.engine import finding
from infra.stack import Stack
from simulation import population, province_files
from simulation.province import Province

SEED = 7
#: Tries many addresses at once from inside a container; prints those that take a connection.
_KNOCK = """
import json, selectors, socket, sys, time
doors, open_ = json.loads(sys.argv[1]), []
waiting = selectors.DefaultSelector()
for address, port in doors:
    one = socket.socket(); one.setblocking(False)
    if one.connect_ex((address, port)) in (0, 115):
        waiting.register(one, selectors.EVENT_WRITE, (address, port))
until = time.monotonic() + 2
while waiting.get_map() and time.monotonic() < until:
    for key, _ in waiting.select(0.2):
        if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            open_.append(key.data)
        waiting.unregister(key.fileobj)
print(json.dumps(open_))
"""


class Standing:
    """A stack that runs, with everything to look at it."""

    def __init__(self, own: DockerTarget, stack: Stack) -> None:
        """Look at this stack."""
        self.target, self.stack = own, stack
        self.client: docker.DockerClient = engine.connect()
        found = finding.find()
        assert found is not None
        self._engine = found

    @property
    def runner(self) -> up.Runner:
        """Pulumi, with the stack's orders as they are now."""
        return up.Runner(Path(self.stack.state), self._engine)

    @property
    def blueprint(self) -> Blueprint:
        """What was asked for."""
        return self.runner.orders.placement.layout.blueprint

    def containers(self, service: str = "") -> list[Container]:
        """Its containers."""
        return attendant.containers_of(self.client, self.stack.name, service)

    def changes(self) -> dict[str, int]:
        """What the next `up` would do, without what stays as it is."""
        told = self.runner.preview().change_summary
        return {str(getattr(act, "value", act)): count for act, count in told.items() if count and act != "same"}

    def left(self) -> list[str]:
        """Everything that carries its label."""
        return target.left_over(self.client, self.stack.name)

    def knock(self, container: Container, doors: list[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those of the doors that take a connection from inside the container."""
        done = container.exec_run(["python3", "-P", "-c", _KNOCK, json.dumps(doors)])
        assert done.exit_code == 0, done.output
        return {(address, port) for address, port in json.loads(done.output)}


def write_reference(province: Province, folder: Path) -> None:
    """Reference data with people."""
    reference.write(province, folder)
    population.draw(province, seed=SEED).write_reference(folder)


@contextmanager
def toy(**options: object) -> Iterator[Standing]:
    """Toy province's data centre as long as the block."""
    province = province_files.load("toy")
    own = DockerTarget(Options(**options))  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory(prefix="tinhmau-reference-") as folder:
        write_reference(province, Path(folder))
        stack = own.place(
            draw_up(province, demand.demand_of_province(province)), reference=Path(folder), province=province
        )
    try:
        yield Standing(own, stack)
    finally:
        own.remove(stack)
