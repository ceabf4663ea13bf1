"""Places a stack on the Docker engine through the Pulumi engine, and removes it without a trace."""

from __future__ import annotations

import ipaddress
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import docker
import msgspec
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from infra import rules
from infra.blueprint import Blueprint
from infra.docker_target import certificates, disturbance, engine, failover, holding, images, layout, restoring, up
from infra.docker_target.attendant import Attendant, containers_of, kill, service_of
from infra.docker_target.plugin.kind import STACK_LABEL
from infra.docker_target.settings import Placement, Restore
from infra.docker_target.up import Orders, Runner
from infra.engine import finding
from infra.local import clock, proc
from infra.scaling import with_replicas
from infra.stack import Stack
from infra.target import Disturbance, Drill, ServiceStatus, State
from infra.trouble import TargetError
from simulation.mistakes import BadInputError
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.text import Text
from simulation.timeline import Timeline

_STATES: Mapping[str, State] = {
    "running": "ready",
    "created": "waiting",
    "restarting": "restarting",
    "exited": "stopped",
    "paused": "stopped",
    "dead": "gave_up",
}

_BOOKS_WITHIN_SECONDS, _GATEWAYS_WITHIN_SECONDS, _LOOK_EVERY_SECONDS = 60.0, 60.0, 0.2
_LOADED = 'test "$(cat /tmp/loaded)" = "$(cat /etc/tinhmau/* | sha256sum)"'


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What only the Docker target knows."""

    name: str = ""  #: of the stack; made up unless given
    port_base: int | None = None  #: portal gets this port, the others those after it; otherwise any free ports
    #: Replicas of each workload; one of each unless given, because all run on this one machine.
    replicas: Mapping[str, int] = {}
    logs_to: Path | None = None  #: folder that the logs are copied to before the stack is removed
    metrics: Path | None = None  #: folder for processes.ndjson
    attached: bool = True  #: somebody stays with the stack: takes samples, does what faults ask for
    backup_to: Path | None = None  #: folder that receives every change, outside the stack; it will hold its secrets too
    standby: bool = False  #: a second database server, for which every commit waits


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a stack is made from, new or restored."""

    blueprint: Blueprint
    reference: Path
    province: str
    era: str
    master: str
    set_clock: Callable[[Path], object]
    standby: bool
    ports: Mapping[str, int] | None = None
    restore: Restore | None = None


class DockerTarget:
    """Containers on this machine, made and watched over by Pulumi. One object may place several stacks."""

    name = "docker"

    def __init__(self, options: Options | None = None) -> None:
        """Use these options for every stack."""
        self._options = options or Options()
        self._attendants: dict[str, Attendant] = {}
        self._held: dict[str, holding.Held] = {}

    def place(
        self,
        blueprint: Blueprint,
        *,
        reference: Path,
        province: Province,
        timeline: Timeline | None = None,
        progress: Progress = silent,
    ) -> Stack:
        """Bring everything up and return once all answer; on failure or Ctrl-C nothing stays behind.

        Raises BadInputError for a blueprint that contradicts itself, TargetError for everything else.
        """
        mistakes = rules.check(blueprint)
        if mistakes:
            raise BadInputError(mistakes)
        given = _Given(
            blueprint=blueprint,
            reference=reference,
            province=province.id,
            era=province.era,
            master=secrets.token_hex(32),
            set_clock=lambda path: _set_clock(path, timeline),
            standby=self._options.standby,
        )
        return self._bring_up(given, progress)

    def restore(self, backup: Path, *, until: str = "", clock_file: Path | None = None) -> Stack:
        """Bring a lost stack up again from its backup alone, at its old addresses and with its old secrets.

        `until` is a point in time (ISO 8601 with its zone) at which the database stops; the services' own books are
        all there is, whatever the point. Without `clock_file` the official clock is the machine's. The restored stack
        is not backed up. Raises BadInputError for what is no backup, TargetError for everything else.
        """
        orders, reference = restoring.read(backup)
        restoring.check_point(backup, until)
        instant = clock_file.read_bytes() if clock_file is not None else None
        given = _Given(
            blueprint=orders.placement.layout.blueprint,
            reference=reference,
            province=orders.province,
            era=orders.era,
            master=orders.master,
            set_clock=lambda path: path.write_bytes(instant) if instant is not None else clock.follow_machine(path),
            standby=orders.placement.layout.standby,
            ports=orders.placement.ports,
            restore=Restore(folder=str(backup / restoring.DATA), until=until),
        )
        return self._bring_up(given, silent)

    def lose_and_restore(self, stack: Stack) -> tuple[Stack, Drill]:
        """Kill everything at once, take away what is left, and restore the stack from its backup alone.

        The database gets no warning and no chance to finish. Raises TargetError when something of the lost stack stays
        behind, or when the stack has no backup.
        """
        folder, client = Path(stack.state), engine.connect()
        placement = up.load(folder).placement
        if not placement.backup:
            raise TargetError(Text("Stack này không được sao lưu.", "This stack is not backed up."))
        backup = Path(placement.backup).parent
        database = failover.primary(client, stack.name)
        _await_books(_running(client, stack, layout.BACKUP)[0])
        instant = backup / "clock.json"  # the official time is nobody's loss: it comes from outside a data centre
        shutil.copyfile(Path(placement.clock) / "clock.json", instant)
        before, began = restoring.last_change(database), time.time()
        for lost in (database, *(one for one in containers_of(client, stack.name) if one.id != database.id)):
            with suppress(APIError):
                lost.kill()
        if self._options.logs_to is not None:
            self.copy_logs(stack, self._options.logs_to / "lost")
        self._end_attendant(stack)
        self._forget(stack)
        left = left_over(client, stack.name)
        if left:
            raise TargetError(Text(f"Còn sót: {left}.", f"Left behind: {left}."))
        destroyed = time.time()
        restored = self.restore(backup, clock_file=instant)
        ready = time.time()
        after = restoring.reached(failover.primary(client, restored.name))
        lost_seconds = None if before is None or after is None else round(max(0.0, before - after), 3)
        return restored, Drill(
            rto_seconds=round(ready - began, 1),
            rpo_seconds=lost_seconds,
            destroyed_seconds=round(destroyed - began, 1),
        )

    def _bring_up(self, given: _Given, progress: Progress) -> Stack:
        progress(0.0, Text("Tìm Docker và Pulumi.", "Looking for Docker and Pulumi."))
        client = engine.connect()
        found = finding.ensure(progress=progress)
        runtime, services = images.ensure(client, progress=progress)
        self.sweep_abandoned()
        held = holding.make(self._options.name)
        folder = held.path
        try:
            placement = self._placement(client, given, folder, runtime, services)
            given.set_clock(Path(placement.clock) / "clock.json")
            orders = Orders(
                placement=placement,
                province=given.province,
                era=given.era,
                master=given.master,
                passphrase=secrets.token_urlsafe(24),
            )
            if self._options.backup_to is not None and given.restore is None:
                data = restoring.begin(self._options.backup_to, orders)
                placement = msgspec.structs.replace(placement, backup=str(data))
                orders = msgspec.structs.replace(orders, placement=placement)
            up.save(orders, folder)
            progress(0.3, Text("Pulumi dựng các vùng và dịch vụ.", "Pulumi is bringing zones and services up."))
            result = Runner(folder, found).up()
            stack = self._stack(result.outputs["stack"].value, folder, client, found.version)
            if given.standby:
                failover.await_in_step(client, stack.name)
            if self._options.attached:
                self._held[stack.name] = held
                stack = self._attend(client, stack, folder)
            else:
                held.leave_running()
        except BaseException:
            with suppress(TargetError, APIError):
                self._remove(folder)
            held.let_go()
            raise
        progress(1.0, Text("Mọi dịch vụ đã sẵn sàng.", "Every service is ready."))
        return stack

    def _placement(
        self, client: docker.DockerClient, given: _Given, folder: Path, runtime: str, services: str
    ) -> Placement:
        ports = given.ports or _free_ports(given.blueprint.services, self._options.port_base)
        check_free(ports)
        once = {workload.name: 1 for workload in given.blueprint.workloads}
        sized = with_replicas(given.blueprint, {**once, **self._options.replicas})
        shutil.copytree(given.reference, folder / "reference")
        (folder / "clock").mkdir(mode=0o755)
        backed_up = self._options.backup_to is not None and given.restore is None
        return Placement(
            stack=folder.name,
            layout=layout.draw(sized, block=free_block(client), backup=backed_up, standby=given.standby),
            ports=ports,
            reference=str(folder / "reference"),
            runtime=runtime,
            services=services,
            clock=str(folder / "clock"),
            restore=given.restore,
            tls=certificates.begin(),
        )

    def _stack(self, output: Mapping[str, object], folder: Path, client: docker.DockerClient, version: str) -> Stack:
        told = client.version()
        stack = msgspec.convert(output, Stack)
        return msgspec.structs.replace(
            stack,
            state=str(folder),
            machine={**stack.machine, "docker": str(told["Version"]), "pulumi": version},
        )

    def _attend(self, client: docker.DockerClient, stack: Stack, folder: Path) -> Stack:
        socket_file = folder / "control"
        attended = msgspec.structs.replace(stack, control=str(socket_file))
        attendant = Attendant(
            client,
            stack.name,
            socket_file,
            status=lambda: self.status(attended),
            work={
                "upgrade": lambda service: self.upgrade(attended, service),
                "rollback": lambda service: self.roll_back(attended, service),
                "failover": lambda _service: self.fail_over(attended),
            },
            disturb=lambda service, kind: self.disturb(attended, service, kind),
            relieve=lambda service, kind: self.relieve(attended, service, kind),
        )
        self._attendants[stack.name] = attendant
        if self._options.metrics is not None:
            attendant.write_metrics(self._options.metrics)
        return attended

    def remove(self, stack: Stack) -> None:
        """Destroy the stack and sweep up what the engine does not know of. A stack that is gone is no error."""
        self._end_attendant(stack)
        if self._options.logs_to is not None and Path(stack.state).exists():
            self.copy_logs(stack, self._options.logs_to)
        self._forget(stack)

    def _end_attendant(self, stack: Stack) -> None:
        attendant = self._attendants.pop(stack.name, None)
        if attendant is not None:
            attendant.end()

    def _forget(self, stack: Stack) -> None:
        self._remove(Path(stack.state))
        held = self._held.pop(stack.name, None)
        if held is not None:
            held.let_go()

    def sweep_abandoned(self) -> int:
        """Put away what commands that were killed have left behind; returns how many stacks that were."""
        count = 0
        for held in holding.abandoned():
            self._remove(held.path)
            held.let_go()
            count += 1
        return count

    def _remove(self, folder: Path) -> None:
        client = engine.connect()
        if (folder / "orders.json").exists():
            try:
                found = finding.find()
                if found is not None:
                    Runner(folder, found).destroy()
            finally:
                sweep(client, folder.name)
        else:
            sweep(client, folder.name)
        shutil.rmtree(folder, ignore_errors=True)

    def status(self, stack: Stack) -> list[ServiceStatus]:
        """Every container. Raises TargetError when the Docker engine cannot be asked or nothing is there."""
        found = containers_of(engine.connect(), stack.name)
        if not found:
            raise TargetError(
                Text(f"Không còn gì của “{stack.name}” trong Docker.", f"Nothing of “{stack.name}” is left in Docker.")
            )
        rows = []
        for container in found:
            pid = int(container.attrs["State"]["Pid"])
            service = service_of(container)
            rows.append(
                ServiceStatus(
                    service=service,
                    pid=pid,
                    address=stack.endpoints.get(service, ""),
                    state=_STATES.get(container.status, "starting"),
                    memory_mb=round(proc.memory_mb(proc.family(pid, proc.table())), 1) if pid else 0.0,
                    cpu_percent=0.0,
                    restarts=int(container.attrs["RestartCount"]),
                    log=str(container.attrs.get("LogPath", "")),
                )
            )
        return rows

    def kill(self, stack: Stack, service: str) -> int:
        """End every process of a service at once. Raises TargetError when there is no such service."""
        pids = [kill(one) for one in _running(engine.connect(), stack, service)]
        return pids[0]

    def disturb(self, stack: Stack, service: str, kind: Disturbance) -> None:
        """Freeze, cut off, slow down or spoil every container of a service. Raises TargetError."""
        client, placement = engine.connect(), up.load(Path(stack.state)).placement
        for found in _running(client, stack, service):
            disturbance.begin(client, placement, kind, found)

    def relieve(self, stack: Stack, service: str, kind: Disturbance) -> None:
        """Undo `disturb`. Raises TargetError."""
        client, placement = engine.connect(), up.load(Path(stack.state)).placement
        for found in _running(client, stack, service):
            disturbance.end(client, placement, kind, found)

    def upgrade(self, stack: Stack, service: str, *, release: str = "") -> None:
        """Give a service another release: the image of that tag, or, without one, the same code under another tag.

        The new container starts beside the old one, which goes when the new one answers. Raises TargetError.
        """
        orders = up.load(Path(stack.state))
        source = orders.placement.services
        if not release:
            release = source.replace(":", f"-{stack.name}:next-")
            images.label(engine.connect(), source, release, {STACK_LABEL: stack.name})
        self._change(stack, {**orders.placement.releases, service: release})

    def roll_back(self, stack: Stack, service: str) -> None:
        """Give a service its first release again, the same way. Raises TargetError."""
        releases = dict(up.load(Path(stack.state)).placement.releases)
        releases.pop(service, None)
        self._change(stack, releases)

    def fail_over(self, stack: Stack) -> float:
        """Lose the database server that people use, with its disk and without warning; let the standby take over.

        Returns after how many seconds the database could be written to again. Then a new server is made in the place of
        the lost one, and follows. Raises TargetError where there is no standby that has everything.
        """
        folder, client = Path(stack.state), engine.connect()
        orders = up.load(folder)
        lost, standby = failover.roles(client, stack.name)
        began = time.time()
        failover.lose(client, lost)
        failover.promote(standby)
        seconds = time.time() - began
        placement = msgspec.structs.replace(orders.placement, failed_over=True)
        up.save(msgspec.structs.replace(orders, placement=placement), folder)
        runner = _runner(folder)
        runner.refresh()
        runner.up()
        failover.await_in_step(client, stack.name)
        return seconds

    def _change(self, stack: Stack, releases: Mapping[str, str]) -> None:
        folder = Path(stack.state)
        orders = up.load(folder)
        placement = msgspec.structs.replace(orders.placement, releases=releases)
        up.save(msgspec.structs.replace(orders, placement=placement), folder)
        _runner(folder).up()

    def rotate(self, stack: Stack) -> None:
        """Go over to another authority and new certificates, in steps after each of which everything works.

        Gateways go on with what they have under way; services are replaced as by an upgrade, all at once. Where there
        are two database servers, each starts again. Raises TargetError.
        """
        folder = Path(stack.state)
        tls = up.load(folder).placement.tls
        for step in certificates.rotation(tls) if tls else (certificates.begin(),):
            orders = up.load(folder)
            placement = msgspec.structs.replace(orders.placement, tls=step)
            up.save(msgspec.structs.replace(orders, placement=placement), folder)
            _runner(folder).up()
            _await_gateways(engine.connect(), stack)

    def scale(self, stack: Stack, replicas: Mapping[str, int]) -> None:
        """Give services other numbers of replicas. Raises TargetError."""
        folder = Path(stack.state)
        orders = up.load(folder)
        before = orders.placement.layout
        after = layout.draw(
            with_replicas(before.blueprint, replicas),
            block=before.block,
            backup=before.backup,
            standby=before.standby,
        )
        placement = msgspec.structs.replace(orders.placement, layout=after)
        up.save(msgspec.structs.replace(orders, placement=placement), folder)
        _runner(folder).up()

    def copy_logs(self, stack: Stack, destination: Path) -> None:
        """Write each container's log, and the engine's own, as they are now."""
        destination.mkdir(parents=True, exist_ok=True)
        with suppress(TargetError):
            for container in containers_of(engine.connect(), stack.name):
                name = str(container.attrs["Config"]["Hostname"]).removeprefix(f"{stack.name}-")
                (destination / f"{name}.log").write_bytes(container.logs())
        with suppress(OSError):
            shutil.copyfile(Path(stack.state) / "pulumi.log", destination / "pulumi.log")


def _running(client: docker.DockerClient, stack: Stack, service: str) -> list[Container]:
    found = containers_of(client, stack.name, service)
    if not found:
        raise TargetError(Text(f"Không có “{service}” nào đang chạy.", f"No “{service}” is running."))
    return found


def _await_books(backup: Container) -> None:
    """Wait until the copies of the services' books are whole; what the database is doing is not waited for."""
    until = time.monotonic() + _BOOKS_WITHIN_SECONDS
    while not restoring.books_copied(backup):
        if time.monotonic() > until:
            raise TargetError(
                Text("Sổ của các dịch vụ chưa được chép xong.", "The services' books have not been copied in time.")
            )
        time.sleep(_LOOK_EVERY_SECONDS)


def _await_gateways(client: docker.DockerClient, stack: Stack) -> None:
    """Wait until every gateway has gone over to the configuration and keys that it was given."""
    until = time.monotonic() + _GATEWAYS_WITHIN_SECONDS
    for one in containers_of(client, stack.name):
        if service_of(one).endswith("-gateway"):
            while one.exec_run(["sh", "-c", _LOADED]).exit_code != 0:
                if time.monotonic() > until:
                    name = service_of(one)
                    raise TargetError(
                        Text(f"“{name}” không nhận cấu hình mới.", f"“{name}” does not take its new configuration.")
                    )
                time.sleep(_LOOK_EVERY_SECONDS)


def _runner(folder: Path) -> Runner:
    found = finding.find()
    if found is None:
        raise TargetError(
            Text("Không có Pulumi engine. Chạy: tinhmau engine", "There is no Pulumi engine. Run: tinhmau engine")
        )
    return Runner(folder, found)


def sweep(client: docker.DockerClient, stack: str) -> None:
    """Remove whatever still carries the stack's label: what a command that was killed had no time to write down."""
    mine = {"label": f"{STACK_LABEL}={stack}"}
    for container in client.containers.list(all=True, ignore_removed=True, filters=mine):
        with suppress(NotFound):
            container.remove(force=True, v=True)
    for network in client.networks.list(filters=mine):
        with suppress(NotFound):
            network.remove()
    for volume in client.volumes.list(filters=mine):
        with suppress(NotFound):
            volume.remove(force=True)
    for image in client.images.list(filters=mine):
        for name in image.tags or [str(image.id)]:  # one whose making was cut short has no name yet
            with suppress(NotFound):
                client.images.remove(name, force=True)


def left_over(client: docker.DockerClient, stack: str) -> list[str]:
    """Everything that carries the stack's label."""
    mine = {"label": f"{STACK_LABEL}={stack}"}
    found = [f"container {one.name}" for one in client.containers.list(all=True, ignore_removed=True, filters=mine)]
    found += [f"network {one.name}" for one in client.networks.list(filters=mine)]
    found += [f"volume {one.name}" for one in client.volumes.list(filters=mine)]
    return found + [f"image {tag}" for one in client.images.list(filters=mine) for tag in one.tags or [one.id]]


def _set_clock(path: Path, timeline: Timeline | None) -> None:
    if timeline is None:
        clock.follow_machine(path)
    else:
        clock.hold(path, timeline)


def free_block(client: docker.DockerClient) -> str:
    """A private /16 that overlaps no network of the engine or this machine. Raises TargetError when there is none."""
    taken = [
        ipaddress.IPv4Network(config["Subnet"])
        for network in client.networks.list()
        for config in network.attrs["IPAM"].get("Config") or []
        if ":" not in config.get("Subnet", ":")
    ]
    with suppress(OSError, ValueError):
        for line in Path("/proc/net/route").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            start, mask = (int.from_bytes(bytes.fromhex(one)[::-1]) for one in (fields[1], fields[7]))
            if start:
                taken.append(ipaddress.IPv4Network((start, mask.bit_count()), strict=False))
    blocks = list(ipaddress.IPv4Network("10.0.0.0/8").subnets(new_prefix=16))
    secrets.SystemRandom().shuffle(blocks)  # two that start at once choose differently
    for block in blocks:
        if not any(block.overlaps(one) for one in taken):
            return str(block)
    raise TargetError(
        Text(
            "Mọi khối 10.x.0.0/16 đều đã dùng. Xoá bớt mạng Docker: docker network prune.",
            "Every block 10.x.0.0/16 is taken. Remove some Docker networks: docker network prune.",
        )
    )


def check_free(ports: Mapping[str, int]) -> None:
    """Raise one TargetError that names every port that somebody holds, of those that a stack has to have."""
    taken = []
    for name, port in ports.items():
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            taken.append(f"{name} {port}")
    if taken:
        raise TargetError(
            Text(
                f"Cổng đã có chương trình khác giữ: {', '.join(taken)}. Nếu là phần còn lại của stack đã mất: tinhmau "
                "down.",
                f"Ports are held by another program: {', '.join(taken)}. If that is what is left of a lost stack: "
                "tinhmau down.",
            )
        )


def _free_ports(services: tuple[str, ...], base: int | None) -> dict[str, int]:
    if base is not None:
        return {name: base + number for number, name in enumerate(services)}
    held, ports = [], {}
    try:
        for name in services:
            opened = socket.create_server(("127.0.0.1", 0))
            held.append(opened)
            ports[name] = opened.getsockname()[1]
    finally:
        for opened in held:
            opened.close()
    return ports
