"""Places a stack on this machine: starts its supervisor, passes on what it tells, and makes the Stack of it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from infra import rules
from infra.blueprint import Blueprint
from infra.local import binaries, clock, control, folder, launch, machine, settings
from infra.local.restarts import RestartRule
from infra.stack import Stack
from infra.target import ServiceStatus
from infra.trouble import TargetError
from simulation.mistakes import BadInputError
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.text import Text
from simulation.timeline import Timeline

_LOG_LINES_SHOWN = 12
_END_WITHIN_SECONDS = 60.0
#: Commands that write Python's -m name of the supervisor; a constant so that tests can look for the process.
SUPERVISOR = "infra.local.supervisor"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What only the local target knows."""

    attached: bool = True  #: the stack ends with the command that placed it, however that ends
    keep: bool = False  #: leave logs and databases in place when the stack is removed
    port_base: int | None = None  #: portal gets this port, the others those after it; otherwise any free ports
    metrics: Path | None = None  #: folder for processes.ndjson
    logs_to: Path | None = None  #: folder that the logs are copied to when the stack ends
    commands: Mapping[str, tuple[str, ...]] = {}  #: service -> command that stands in for the project's own
    settings: Mapping[str, Mapping[str, str]] = {}  #: service -> optional variables of docs/reference-data.md
    ready_within_seconds: float = 60.0  #: for all services together, once PostgreSQL is up
    restarts: RestartRule = RestartRule()


class _Started(msgspec.Struct):
    """A supervisor that this process has started."""

    process: subprocess.Popen[bytes]
    lifeline: int  # write end; closing it tells an attached supervisor to stop
    attached: bool


class LocalTarget:
    """Supervised processes on 127.0.0.1 with an embedded PostgreSQL. One object may place several stacks."""

    name = "local"

    def __init__(self, options: Options | None = None) -> None:
        """Use these options for every stack."""
        self._options = options or Options()

    def place(
        self,
        blueprint: Blueprint,
        *,
        reference: Path,
        province: Province,
        timeline: Timeline | None = None,
        progress: Progress = silent,
    ) -> Stack:
        """Start one process per service and return once all are ready; on failure or Ctrl-C nothing stays behind.

        Replicas and sizes of the blueprint are for rented machines and are not followed here. Raises BadInputError
        for a blueprint that contradicts itself, TargetError for everything else.
        """
        mistakes = rules.check(blueprint)
        if mistakes:
            raise BadInputError(mistakes)
        progress(0.0, Text("Kiểm tra máy.", "Checking the machine."))
        folder.sweep()
        self._check_machine(blueprint)
        own, lock = folder.make()
        try:
            return self._start(blueprint, own, lock, reference, province, timeline, progress)
        except BaseException:
            folder.end_all(own.path)
            if not self._options.keep:
                folder.remove(own.path)
            raise
        finally:
            os.close(lock)  # the supervisor has it now

    def _check_machine(self, blueprint: Blueprint) -> None:
        binaries.find()
        options = self._options
        writable = tuple(path for path in (options.metrics, options.logs_to) if path is not None)
        temporary = Path(tempfile.gettempdir())
        machine.check(blueprint, temporary=temporary, user=binaries.server_user(), writable=writable)

    def _start(
        self,
        blueprint: Blueprint,
        own: folder.Folder,
        lock: int,
        reference: Path,
        province: Province,
        timeline: Timeline | None,
        progress: Progress,
    ) -> Stack:
        if timeline is None:
            clock.follow_machine(own.clock)
        else:
            clock.hold(own.clock, timeline)
        shutil.copytree(reference, own.reference, ignore=shutil.ignore_patterns(own.path.name))
        audit_token, passcode_key = settings.new_secret(), settings.new_secret()
        ready = self._run_supervisor(own, lock, self._launch(blueprint, own, audit_token, passcode_key), progress)
        authority = own.reference / "certificate-authority.pem"
        stack = Stack(
            name=own.path.name,
            target=self.name,
            province=province.id,
            era=province.era,
            endpoints=ready["endpoints"],
            audit_token=audit_token,
            passcode_key=passcode_key,
            certificate_authority=authority.read_text("ascii") if authority.exists() else "",
            clock=str(own.clock),
            databases=ready["databases"],
            control=str(own.control),
            state=str(own.path),
            machine=machine.describe() | ready["machine"],
        )
        progress(1.0, Text("Mọi dịch vụ đã sẵn sàng.", "Every service is ready."))
        return stack

    def _launch(self, blueprint: Blueprint, own: folder.Folder, audit_token: str, passcode_key: str) -> launch.Launch:
        options, names = self._options, blueprint.services
        given = settings.service_secrets(
            names, audit_token=audit_token, passcode_key=passcode_key, payment_secret=settings.new_secret()
        )
        return launch.Launch(
            name=own.path.name,
            state=str(own.path),
            reference=str(own.reference),
            services=tuple(
                launch.ServiceLaunch(
                    name=name,
                    command=tuple(options.commands.get(name) or launch.default_command(name)),
                    secrets=given[name],
                    database_password=settings.new_secret(),
                    settings=options.settings.get(name, {}),
                )
                for name in names
            ),
            superuser_password=settings.new_secret(),
            attached=options.attached,
            lifeline=-1,
            keep=options.keep,
            port_base=options.port_base,
            metrics=str(options.metrics.resolve()) if options.metrics else "",
            logs_to=str(options.logs_to.resolve()) if options.logs_to else "",
            ready_within_seconds=options.ready_within_seconds,
            restarts=options.restarts,
        )

    def _run_supervisor(
        self, own: folder.Folder, lock: int, orders: launch.Launch, progress: Progress
    ) -> dict[str, Any]:
        """Start the supervisor and follow it until it says that all is ready. Raises TargetError when it says no."""
        lifeline_end, lifeline = os.pipe()
        launch.save(msgspec.structs.replace(orders, lifeline=lifeline_end), own.launch)
        if orders.keep:
            own.keep.touch(mode=0o600)
        try:
            with own.log("supervisor").open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", SUPERVISOR, str(own.launch)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=own.path,
                    env=_with_import_path(),
                    start_new_session=True,  # the terminal's Ctrl-C reaches the command, which then lets go of it
                    pass_fds=(lifeline_end, lock),
                )
        finally:
            os.close(lifeline_end)
        started = _Started(process, lifeline, orders.attached)
        try:
            ready = _follow(process, progress)
        except BaseException:
            _let_go(started)
            raise
        if ready is None:
            _let_go(started)
            raise _ended_without_a_word(own)
        if process.stdout is not None:
            process.stdout.close()
        _remember(str(own.path), started)
        return ready

    def remove(self, stack: Stack) -> None:
        """Stop the stack and remove its state folder. A stack that is gone already only has its remains swept away."""
        control.stop(stack.control)
        started = _forget(stack.state)
        if started is not None:
            _let_go(started)
        own = folder.Folder(Path(stack.state))
        if own.path.exists() and folder.is_dead(own):  # it was killed, or somebody wants to keep the folder
            folder.end_all(own.path)
            if not own.keep.exists():
                folder.remove(own.path)

    def status(self, stack: Stack) -> list[ServiceStatus]:
        """PostgreSQL and every service. Raises TargetError when the supervisor cannot be reached."""
        return msgspec.convert(control.ask(stack.control, {"act": "status"})["services"], list[ServiceStatus])

    def kill(self, stack: Stack, service: str) -> int:
        """SIGKILL a service's process; the supervisor starts it again on the same port. `postgresql` can be killed too.

        Raises TargetError when no process of that name runs.
        """
        return int(control.ask(stack.control, {"act": "kill", "service": service})["pid"])

    def sample(self, stack: Stack, name: str, pid: int) -> None:
        """Take one more process (and its children) into the samples, such as the load generator."""
        control.ask(stack.control, {"act": "sample", "name": name, "pid": pid})

    def write_metrics(self, stack: Stack, metrics: Path) -> None:
        """Append samples to processes.ndjson in this folder from now on."""
        control.ask(stack.control, {"act": "metrics", "folder": str(metrics.resolve())})

    def copy_logs(self, stack: Stack, destination: Path) -> None:
        """Copy the logs as they are now."""
        shutil.copytree(Path(stack.state) / "logs", destination, dirs_exist_ok=True)


def _with_import_path() -> dict[str, str]:
    """The surroundings, with this checkout on the import path in case it is not installed."""
    root = str(Path(__file__).resolve().parents[2])
    path = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*path, root] if root not in path else path)}


def _follow(process: subprocess.Popen[bytes], progress: Progress) -> dict[str, Any] | None:
    """Pass on progress until the supervisor is ready, in trouble (TargetError), or dead (None)."""
    assert process.stdout is not None  # noqa: S101 -- it was asked for
    for line in process.stdout:
        try:
            told: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.MsgspecError:
            continue
        match told:
            case {"ready": dict(ready)}:
                return ready
            case {"trouble": {"vi": str(vi), "en": str(en)}}:
                raise TargetError(Text(vi, en))
            case {"progress": float() | int() as done, "vi": str(vi), "en": str(en)}:
                progress(float(done), Text(vi, en))
    return None


def _ended_without_a_word(own: folder.Folder) -> TargetError:
    with suppress(OSError):
        lines = own.log("supervisor").read_text("utf-8", errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
        shown = "\n".join(f"  {line}" for line in lines)
        return TargetError(
            Text(
                f"Bộ giám sát kết thúc bất ngờ. Những dòng cuối của nó:\n{shown}",
                f"The supervisor ended unexpectedly. Its last lines:\n{shown}",
            )
        )
    return TargetError(Text("Bộ giám sát kết thúc bất ngờ.", "The supervisor ended unexpectedly."))


# Supervisors that this process has started and not yet seen end, by state folder.
_started: dict[str, _Started] = {}
_guard = threading.Lock()


def _remember(state: str, started: _Started) -> None:
    with _guard:
        _started[state] = started


def _forget(state: str) -> _Started | None:
    with _guard:
        return _started.pop(state, None)


def _let_go(started: _Started) -> None:
    """Close the lifeline, wait for the supervisor to take everything down, and reap it."""
    os.close(started.lifeline)
    if started.process.stdout is not None:
        started.process.stdout.close()
    try:
        started.process.wait(_END_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        started.process.kill()  # its children follow by themselves
        started.process.wait()


def _leave_running() -> None:
    """At the end of the command: attached stacks that nobody has removed are taken down, the others live on."""
    for started in _started.values():
        if started.attached:
            _let_go(started)
        started.process.returncode = 0  # nobody waits for it here any more


atexit.register(_leave_running)
