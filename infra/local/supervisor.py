"""The process that keeps a stack alive: `python -m infra.local.supervisor LAUNCH_FILE`.

It holds the services' sockets, makes and starts PostgreSQL, starts the services, starts again what dies, takes samples,
answers on the control socket, and takes everything down when it is told to, or when the command that placed an
attached stack has ended. On its standard output it tells how far it is, one JSON object a line:
`{"progress": 0.3, "vi": ..., "en": ...}`, and at last `{"ready": {...}}` or `{"trouble": {"vi": ..., "en": ...}}`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from infra.local import binaries, cluster, control, folder, proc, readiness, settings, sockets
from infra.local.children import NICENESS, Child, Nursery
from infra.local.launch import Launch, ServiceLaunch, load
from infra.local.restarts import Restarts
from infra.local.sampling import EVERY_SECONDS, Sampler, Watched
from infra.target import ServiceStatus, State
from infra.trouble import TargetError
from simulation.text import Text

POSTGRESQL = "postgresql"
_STARTS_BEFORE_READY = 3
_LOG_LINES_SHOWN = 12
_STEP_WITHIN_SECONDS = 60.0
_MAKING = "databases"  # name of the log
_NO_CLUSTER = Text("Không tạo được cụm PostgreSQL", "Cannot make the PostgreSQL cluster")
_POSTGRESQL_WITHIN_SECONDS = 30.0
_STOP_SERVICE = ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0))
_STOP_POSTGRESQL = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))  # fast, at once, for good

log = logging.getLogger("supervisor")


class Kept:
    """One process that is kept alive: how to start it, how to ask it whether it is ready, and how it is doing."""

    def __init__(
        self,
        name: str,
        *,
        address: str,
        log_file: Path,
        start: Callable[[], Child],
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        """Describe a process; nothing is started."""
        self.name, self.address, self.log_file = name, address, log_file
        self.start, self.ready = start, ready
        self.child: Child | None = None
        self.state: State = "waiting"
        self.asked = False  #: its end was asked for over the control socket
        self.was_ready = asyncio.Event()
        self.given_up = asyncio.Event()
        self.restarts = 0

    @property
    def pid(self) -> int:
        """Its process id, or 0 while none runs."""
        return self.child.pid if self.child and not self.child.exited.done() else 0


class Supervisor:
    """Everything that runs for one stack."""

    def __init__(self, launch: Launch) -> None:
        """Take the launch in hand; the event loop must be running."""
        self._launch = launch
        self._loop = asyncio.get_running_loop()
        self._folder = folder.Folder(Path(launch.state))
        self._nursery = Nursery(self._loop)
        self._sampler = Sampler()
        self._kept: dict[str, Kept] = {}
        self._extra: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sockets: dict[str, socket.socket] = {}
        self._user = binaries.server_user()
        self._placed = False
        self._stopping = False
        self._stop_wanted = asyncio.Event()

    async def run(self) -> int:
        """Bring the stack up, stay until it has to end, and take it down. Returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._loop.add_signal_handler(number, self._stop_wanted.set)
        if self._launch.lifeline >= 0:
            self._loop.add_reader(self._launch.lifeline, self._lifeline_ended)
        trouble: Text | None = None
        server: asyncio.Server | None = None
        try:
            server = await control.serve(self._folder.control, self._answer)
            self._spawn(self._sample())
            trouble = await self._until_stop_is_wanted()
        except TargetError as error:
            trouble = error.text
        except Exception as error:  # whatever it is, everything has to come down, and the user has to be told
            log.exception("unexpected")
            trouble = Text(f"Lỗi bất ngờ trong bộ giám sát: {error!r}.", f"Unexpected in the supervisor: {error!r}.")
        finally:
            await self._take_down()
        if trouble is not None:
            _tell({"trouble": {"vi": trouble.vi, "en": trouble.en}})
        if server is not None:
            server.close()
        return 0 if trouble is None else 1

    async def _until_stop_is_wanted(self) -> Text | None:
        up = asyncio.ensure_future(self._bring_up())
        stop = asyncio.ensure_future(self._stop_wanted.wait())
        try:
            await asyncio.wait([up, stop], return_when=asyncio.FIRST_COMPLETED)
            if not up.done():
                return Text("Đã dừng trước khi dựng xong.", "Stopped before everything was up.")
            ready = up.result()  # raises the TargetError that ended it
            self._placed = True
            if not _tell({"ready": ready}):
                return None
            _close_standard_output()
            await stop
        finally:
            up.cancel()
            stop.cancel()
            with suppress(asyncio.CancelledError, TargetError):
                await up
        return None

    # --- up ----------------------------------------------------------------------------------------------------------

    async def _bring_up(self) -> dict[str, Any]:
        launch, own = self._launch, self._folder
        names = [service.name for service in launch.services]
        self._sockets = sockets.listen(names, port_base=launch.port_base)
        urls = {name: f"http://{sockets.HOST}:{sockets.port_of(opened)}" for name, opened in self._sockets.items()}
        if launch.metrics:
            self._sampler.write_to(Path(launch.metrics))
        _progress(0.02, Text("Chuẩn bị PostgreSQL.", "Preparing PostgreSQL."))
        found = binaries.find()
        port = self._hold_database_port()
        programs, initdb = self._start_initdb(found)
        for service in launch.services:
            settings.state_dir(service.name, own).mkdir(mode=0o700)
        self._write_registry(urls)
        await self._finish(initdb, "initdb", leaves=own.postgresql / "password")
        _progress(0.2, Text("Tạo cơ sở dữ liệu cho từng dịch vụ.", "Making a database for each service."))
        await self._make_databases(found, programs)
        _progress(0.35, Text("Khởi động PostgreSQL.", "Starting PostgreSQL."))
        await self._until_ready([self._keep(self._postgresql(found, programs, port))], _POSTGRESQL_WITHIN_SECONDS)
        described = await self._look_into_postgresql(names, port)
        _progress(0.45, Text("Khởi động các dịch vụ.", "Starting the services."))
        for service in launch.services:
            self._keep(self._service(service, urls, port))
        await self._until_ready([self._kept[name] for name in names], launch.ready_within_seconds)
        described |= {
            "postgresql_origin": found.origin.partition("=")[0],
            "postgresql_user": self._user.pw_name if self._user else "",
            "niceness": str(NICENESS),
        }
        return {
            "endpoints": urls,
            "databases": {name: self._superuser_dsn(port, name) for name in names},
            "machine": described,
        }

    def _superuser_dsn(self, port: int, database: str) -> str:
        return cluster.dsn(
            role=cluster.SUPERUSER, password=self._launch.superuser_password, port=port, database=database
        )

    def _hold_database_port(self) -> int:
        self._sockets[POSTGRESQL] = sockets.hold()
        return sockets.port_of(self._sockets[POSTGRESQL])

    def _start_initdb(self, found: binaries.Binaries) -> tuple[Path, Child]:
        own = self._folder
        if self._user is not None:  # PostgreSQL's user may pass through the state folder, but not look around in it
            os.chown(own.path, -1, self._user.pw_gid)
            own.path.chmod(0o710)
        programs = binaries.bring_within_reach(found, own.binaries, self._user)
        data, password_file = cluster.prepare(own.postgresql, password=self._launch.superuser_password, user=self._user)
        child = self._nursery.start(
            cluster.initdb_command(found, programs, data=data, password_file=password_file),
            environment=settings.passed_on(),
            folder=own.postgresql,
            log=own.log("initdb"),
            user=self._user,
        )
        return programs, child

    async def _make_databases(self, found: binaries.Binaries, programs: Path) -> None:
        own = self._folder
        passwords = {service.name: service.database_password for service in self._launch.services}
        orders = own.path / "databases.sql"
        orders.touch(mode=0o600)
        orders.write_text(cluster.making_sql(found.major, passwords), encoding="ascii")
        making = self._nursery.start(
            cluster.making_command(programs, data=own.data),
            environment=settings.passed_on(),
            folder=own.data,
            log=own.log(_MAKING),
            given=orders,
            user=self._user,
        )
        await self._finish(making, _MAKING, leaves=orders)

    async def _look_into_postgresql(self, names: list[str], port: int) -> dict[str, str]:
        connection = await cluster.connect(port=port, password=self._launch.superuser_password)
        try:
            if not await cluster.has_databases(connection, names):
                raise self._failed(_MAKING, _NO_CLUSTER)
            return await cluster.describe(connection)
        finally:
            await connection.close(timeout=5)

    async def _finish(self, step: Child, name: str, *, leaves: Path) -> None:
        """Wait for a step of making the cluster, and remove the file with secrets that it was given."""
        await asyncio.wait([step.exited], timeout=_STEP_WITHIN_SECONDS)
        os.unlink(leaves)  # noqa: PTH108 -- a file of one line, no wait worth a thread
        if not step.exited.done() or step.exited.result() != 0:
            raise self._failed(name, _NO_CLUSTER)

    def _postgresql(self, found: binaries.Binaries, programs: Path, port: int) -> Kept:
        own = self._folder

        def start() -> Child:
            return self._nursery.start(
                cluster.server_command(found, programs, data=own.data, port=port),
                environment=settings.passed_on(),
                folder=own.data,
                log=own.log(POSTGRESQL),
                user=self._user,
                death_signal=signal.SIGQUIT,  # at once, but with its own processes and shared memory tidied away
            )

        async def ready() -> None:
            await cluster.until_answers(port=port, password=self._launch.superuser_password)

        address = f"{sockets.HOST}:{port}"
        return Kept(POSTGRESQL, address=address, log_file=own.log(POSTGRESQL), start=start, ready=ready)

    def _service(self, service: ServiceLaunch, urls: dict[str, str], port: int) -> Kept:
        own, opened = self._folder, self._sockets[service.name]
        environment = settings.passed_on() | settings.environment(
            service.name,
            given={**service.settings, **service.secrets},
            urls=urls,
            database_url=cluster.dsn(
                role=service.name, password=service.database_password, port=port, database=service.name
            ),
            reference=self._launch.reference,
            folder=own,
        )
        environment["LISTEN_FD"] = str(opened.fileno())

        def start() -> Child:
            return self._nursery.start(
                service.command,
                environment=environment,
                folder=settings.state_dir(service.name, own),
                log=own.log(service.name),
                sockets=(opened.fileno(),),
            )

        async def ready() -> None:
            await readiness.until_ready(sockets.HOST, sockets.port_of(opened))

        return Kept(service.name, address=urls[service.name], log_file=own.log(service.name), start=start, ready=ready)

    def _write_registry(self, urls: dict[str, str]) -> None:
        known = settings.registry({service.name: service.secrets for service in self._launch.services}, urls)
        fd = os.open(self._folder.registry, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as out:
            out.write(msgspec.json.encode(known))

    # --- alive -------------------------------------------------------------------------------------------------------

    def _keep(self, kept: Kept) -> Kept:
        self._kept[kept.name] = kept
        self._spawn(self._keep_alive(kept))
        return kept

    async def _keep_alive(self, kept: Kept) -> None:
        record = Restarts(self._launch.restarts)
        while not self._stopping:
            try:
                kept.child = kept.start()
            except TargetError as error:
                with kept.log_file.open("a", encoding="utf-8") as out:  # where whoever looks for the reason will look
                    out.write(f"{error}\n")
                self._give_up(kept)
                return
            kept.state = "starting"
            watching = asyncio.ensure_future(self._note_ready(kept))
            await asyncio.wait([kept.child.exited])  # never awaited itself: cancelling us would cancel it for all
            code = kept.child.exited.result()
            watching.cancel()
            if self._stopping:
                return
            await self._nursery.end_strangers()
            pause = record.after_exit(self._loop.time(), asked=kept.asked)
            log.warning("%s (%d) ended with %d; pause %s", kept.name, kept.child.pid, code, pause)
            if pause is None or not (kept.was_ready.is_set() or record.count < _STARTS_BEFORE_READY):
                self._give_up(kept)
                return
            kept.asked, kept.state, kept.restarts = False, "restarting", record.count
            await asyncio.sleep(pause)

    async def _note_ready(self, kept: Kept) -> None:
        await kept.ready()
        kept.state = "ready"
        kept.was_ready.set()
        log.info("%s is ready", kept.name)

    def _give_up(self, kept: Kept) -> None:
        """Say so, and let callers be refused at once instead of waiting for nobody."""
        kept.state = "gave_up"
        kept.given_up.set()
        log.error("%s keeps ending: not started again; see %s", kept.name, kept.log_file)
        if kept.name in self._sockets:
            self._sockets[kept.name].close()

    async def _until_ready(self, waited_for: Iterable[Kept], seconds: float) -> None:
        """Wait for all at once. Raises TargetError that shows the last lines of the log of one that did not come up."""
        ready = {asyncio.ensure_future(kept.was_ready.wait()): kept for kept in waited_for}
        lost = {asyncio.ensure_future(kept.given_up.wait()): kept for kept in ready.values()}
        deadline, come = self._loop.time() + seconds, set[str]()
        try:
            while len(come) < len(ready):
                left = deadline - self._loop.time()
                pending = {future for future in (*ready, *lost) if not future.done()}
                done, _ = await asyncio.wait(pending, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    late = next(kept for kept in ready.values() if kept.name not in come)
                    raise self._failed(
                        late.name,
                        Text(
                            f"{late.name} chưa sẵn sàng sau {seconds:.0f} giây",
                            f"{late.name} is not ready after {seconds:.0f} s",
                        ),
                    )
                for future in done:
                    if future in lost:
                        name = lost[future].name
                        raise self._failed(name, Text(f"{name} khởi động không được", f"{name} does not start"))
                    come.add(ready[future].name)
                    if len(ready) > 1:
                        _progress(
                            0.5 + 0.5 * len(come) / len(ready),
                            Text(f"{ready[future].name} đã sẵn sàng.", f"{ready[future].name} is ready."),
                        )
        finally:
            for future in (*ready, *lost):
                future.cancel()

    def _failed(self, name: str, what: Text) -> TargetError:
        lines = []
        with suppress(OSError):
            text = self._folder.log(name).read_text("utf-8", errors="replace")
            lines = text.splitlines()[-_LOG_LINES_SHOWN:]
        shown = "\n".join(f"  {line}" for line in lines)
        if not shown:
            return TargetError(Text(f"{what.vi}; nhật ký của nó trống.", f"{what.en}; its log is empty."))
        return TargetError(
            Text(
                f"{what.vi}. Những dòng cuối trong nhật ký của nó:\n{shown}",
                f"{what.en}. The last lines of its log:\n{shown}",
            )
        )

    async def _sample(self) -> None:
        due = self._loop.time()
        while True:
            watched = [Watched(kept.name, kept.pid, kept.restarts, kept.state) for kept in self._kept.values()]
            watched += [Watched(name, pid, 0, "running") for name, pid in self._extra.items()]
            try:
                self._sampler.take(watched)
            except OSError as error:  # a full disk must not end the samples for good
                log.warning("no sample: %s", error)
            due = max(due + EVERY_SECONDS, self._loop.time())
            await asyncio.sleep(due - self._loop.time())

    # --- asked -------------------------------------------------------------------------------------------------------

    async def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        match question:
            case {"act": "status"}:
                return {"ok": True, "services": [self._status(kept) for kept in self._kept.values()]}
            case {"act": "kill", "service": str(name)}:
                return self._kill(name)
            case {"act": "sample", "name": str(name), "pid": int(pid)}:
                self._extra[name] = pid
                return {"ok": True}
            case {"act": "metrics", "folder": str(where)}:
                return self._write_metrics(where)
            case {"act": "stop"}:
                self._stop_wanted.set()
                return {"ok": True}
            case _:
                return control.refusal(
                    Text(
                        f"Bộ giám sát không biết việc này: {question}.",
                        f"The supervisor does not know this: {question}.",
                    )
                )

    def _write_metrics(self, where: str) -> dict[str, Any]:
        try:
            self._sampler.write_to(Path(where))
        except OSError as error:
            return control.refusal(Text(f"Không ghi được vào {where}: {error}.", f"Cannot write to {where}: {error}."))
        return {"ok": True}

    def _status(self, kept: Kept) -> ServiceStatus:
        last = self._sampler.last.get(kept.name)
        return ServiceStatus(
            service=kept.name,
            pid=kept.pid,
            address=kept.address,
            state=kept.state,
            memory_mb=last.memory_mb if last else 0.0,
            cpu_percent=last.cpu_percent if last else 0.0,
            restarts=kept.restarts,
            log=str(kept.log_file),
        )

    def _kill(self, name: str) -> dict[str, Any]:
        kept = self._kept.get(name)
        if kept is None or not kept.pid:
            running = ", ".join(other.name for other in self._kept.values() if other.pid)
            return control.refusal(
                Text(f"“{name}” không chạy. Đang chạy: {running}.", f"“{name}” does not run. Running: {running}.")
            )
        assert kept.child is not None  # noqa: S101 -- it has a pid
        pid, kept.asked = kept.pid, True
        kept.child.signal(signal.SIGKILL)
        return {"ok": True, "pid": pid}

    def _lifeline_ended(self) -> None:
        if os.read(self._launch.lifeline, 1):
            return
        self._loop.remove_reader(self._launch.lifeline)
        if self._launch.attached or not self._placed:
            self._stop_wanted.set()

    # --- down --------------------------------------------------------------------------------------------------------

    async def _take_down(self) -> None:
        self._stopping = True
        log.info("taking everything down")
        # Services end at the same time: who still calls another has to be refused, not left waiting in its queue.
        for name, opened in self._sockets.items():
            if name != POSTGRESQL:
                opened.close()
        services = [kept.child for kept in self._kept.values() if kept.child and kept.name != POSTGRESQL]
        await asyncio.gather(*(child.stop(*_STOP_SERVICE) for child in services))
        log.info("services have ended")
        postgresql = self._kept.get(POSTGRESQL)
        if postgresql and postgresql.child:
            await postgresql.child.stop(*_STOP_POSTGRESQL)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._nursery.end_all()
        for kept in self._kept.values():
            kept.state = "stopped"
        for opened in self._sockets.values():
            opened.close()
        self._sampler.close()
        proc.forget_shared_memory(self._folder.data)
        log.info("everything has ended")
        if self._launch.logs_to:
            with suppress(OSError):
                shutil.copytree(self._folder.logs, self._launch.logs_to, dirs_exist_ok=True)
        if not self._launch.keep:
            with suppress(OSError):
                folder.remove(self._folder.path)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(_log_failure)
        self._tasks.add(task)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("unexpected", exc_info=task.exception())


def _tell(what: dict[str, Any]) -> bool:
    """Tell the command that placed the stack; False when it is there no more."""
    try:
        os.write(1, msgspec.json.encode(what) + b"\n")
    except OSError:
        return False
    return True


def _progress(done: float, what: Text) -> None:
    _tell({"progress": round(done, 3), "vi": what.vi, "en": what.en})


def _close_standard_output() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


async def _supervise(launch: Launch) -> int:
    return await Supervisor(launch).run()


def main(arguments: list[str]) -> int:
    """Supervise the stack of the launch file named on the command line. Returns 0, or 1 when it did not come up."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    os.umask(0o077)
    (path,) = arguments
    return asyncio.run(_supervise(load(Path(path))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
