"""Stays with a stack as long as the command that placed it: takes samples, and does what the control socket asks.

It speaks as the local target's supervisor does (infra/local/control.py), so that faults and the load generator need not
know the target.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import docker
import msgspec
import psutil
import requests
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from infra.docker_target.plugin.kind import SERVICE_LABEL, STACK_LABEL
from infra.local import control
from infra.local.sampling import EVERY_SECONDS, Sampler, Watched
from infra.target import Disturbance, ServiceStatus
from infra.trouble import TargetError
from simulation.text import Text

_UNREACHED = (APIError, NotFound, requests.exceptions.RequestException, OSError)
_DISTURBANCES = get_args(Disturbance)
_BEGIN_WITHIN_SECONDS = 10.0
_RECOVER_WITHIN_SECONDS = 300.0  #: after that it counts as not recovered
_LOOK_EVERY_SECONDS = 0.1

#: Begins or ends a disturbance of a service.
Disturb = Callable[[str, Disturbance], None]


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """How long something that was done to a service took until the service answered again."""

    act: str  #: "kill", "upgrade", "rollback", "failover"
    service: str
    began: float  #: Unix seconds
    seconds: float | None  #: until every container of it answered, or the work was done; None: it did not come back


def containers_of(client: docker.DockerClient, stack: str, service: str = "") -> list[Container]:
    """The stack's containers, or those of one service; by name."""
    wanted = [f"{STACK_LABEL}={stack}", f"{SERVICE_LABEL}={service}" if service else SERVICE_LABEL]
    return sorted(
        client.containers.list(all=True, ignore_removed=True, filters={"label": wanted}), key=lambda one: str(one.name)
    )


def service_of(container: Container) -> str:
    """What the container is."""
    return str(container.labels[SERVICE_LABEL])


def kill(container: Container) -> int:
    """Let every process in the container end at once (SIGKILL); the engine starts it again. Returns the pid it had.

    The signal comes from inside: a container that is killed through the engine counts as stopped by hand.
    """
    container.reload()
    pid = int(container.attrs["State"]["Pid"])
    with suppress(*_UNREACHED):  # the command is among what it kills
        container.exec_run(["sh", "-c", "kill -9 -1"])
    return pid


class Attendant:
    """A thread of this process; `end` it before the stack is removed."""

    def __init__(
        self,
        client: docker.DockerClient,
        stack: str,
        socket: Path,
        *,
        status: Callable[[], list[ServiceStatus]],
        work: Mapping[str, Callable[[str], float | None]],
        disturb: Disturb,
        relieve: Disturb,
    ) -> None:
        """Begin to listen on `socket` and to take samples.

        `work` are acts on one service that take long: they are answered at once, done one after another, and waited
        for by `end`. They return after how many seconds the service answered again, or None: when the work was done.
        A disturbance that nobody has ended ends when the day is finished.
        """
        self._client, self._stack, self._socket, self._status = client, stack, socket, status
        self._work, self._queue = work, ThreadPoolExecutor(1, thread_name_prefix="attendant-work")
        self._watching = ThreadPoolExecutor(thread_name_prefix="attendant-watch")
        self._begun: list[Future[Recovery]] = []
        self._disturb, self._relieve = disturb, relieve
        self._disturbed: dict[tuple[str, Disturbance], None] = {}
        self._sampler = Sampler()
        self._known: dict[str, Watched] = {}
        self._extra: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="attendant", daemon=True)
        self._thread.start()
        self._listening.wait(_BEGIN_WITHIN_SECONDS)

    def write_metrics(self, folder: Path) -> None:
        """Append samples to processes.ndjson in `folder` from now on."""
        self._sampler.write_to(folder)

    def end(self) -> None:
        """Finish what was begun, then stop listening and sampling."""
        self._queue.shutdown(wait=True)
        self._watching.shutdown(wait=False, cancel_futures=True)
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        self._sampler.close()
        self._socket.unlink(missing_ok=True)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await control.serve(self._socket, self._answer)
        self._listening.set()
        sampling = asyncio.create_task(self._sample())
        await self._stop.wait()
        sampling.cancel()
        server.close()

    async def _sample(self) -> None:
        due = asyncio.get_running_loop().time()
        while True:
            with suppress(*_UNREACHED):
                self._sampler.take(await asyncio.to_thread(self._watched))
            due = max(due + EVERY_SECONDS, asyncio.get_running_loop().time())
            await asyncio.sleep(due - asyncio.get_running_loop().time())

    def _watched(self) -> list[Watched]:
        """Every container. The engine is asked for details only of those whose process is another one than before."""
        mine = {"label": [f"{STACK_LABEL}={self._stack}", SERVICE_LABEL]}
        listed = self._client.api.containers(all=True, filters=mine)
        known, self._known = self._known, {}
        for row in listed:
            before = known.get(row["Id"])
            if before is None or not before.pid or not psutil.pid_exists(before.pid) or row["State"] != "running":
                with suppress(NotFound):
                    self._known[row["Id"]] = _seen(self._client.containers.get(row["Id"]), self._stack)
            else:
                self._known[row["Id"]] = before
        watched = sorted(self._known.values(), key=lambda one: one.service)
        return watched + [Watched(name, pid, 0, "running") for name, pid in self._extra.items()]

    async def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            return await asyncio.to_thread(self._act, question)
        except _UNREACHED as error:
            return control.refusal(Text(f"Docker không làm được: {error}", f"Docker could not do it: {error}"))

    def _act(self, question: Mapping[str, Any]) -> dict[str, Any]:
        match question:
            case {"act": "status"}:
                return {"ok": True, "services": msgspec.to_builtins(self._status())}
            case {"act": "sample", "name": str(name), "pid": int(pid)}:
                self._extra[name] = pid
            case {"act": "finish"}:
                return self._finish()
            case {"act": "metrics", "folder": str(folder)}:
                self._sampler.write_to(Path(folder))
            case {"act": "disturb" | "relieve" as act, "kind": str(kind), "service": str(service)} if (
                kind in _DISTURBANCES
            ):
                return self._suffer(self._disturb if act == "disturb" else self._relieve, service, kind)
            case {"act": str(act), "service": str(service)} if act == "kill" or act in self._work:
                return self._act_on(act, service)
            case _:
                return control.refusal(Text(f"Không hiểu: {question}", f"Not understood: {question}"))
        return {"ok": True}

    def _finish(self) -> dict[str, Any]:
        """End disturbances, wait for the work that was begun; say no when some of it failed."""
        for service, kind in list(self._disturbed):
            answer = self._suffer(self._relieve, service, kind)
            if not answer["ok"]:
                return answer
        for begun in self._begun:
            error = begun.exception()
            if error is not None:
                return control.refusal(error.text if isinstance(error, TargetError) else Text(str(error), str(error)))
        return {"ok": True, "recoveries": msgspec.to_builtins([begun.result() for begun in self._begun])}

    def _suffer(self, do: Disturb, service: str, kind: Any) -> dict[str, Any]:
        try:
            do(service, kind)
        except TargetError as error:
            return control.refusal(error.text)
        if do is self._disturb:
            self._disturbed[service, kind] = None
        else:
            self._disturbed.pop((service, kind), None)
        return {"ok": True}

    def _act_on(self, act: str, service: str) -> dict[str, Any]:
        found = containers_of(self._client, self._stack, service)
        if not found:
            return control.refusal(Text(f"Không có “{service}” nào đang chạy.", f"No “{service}” is running."))
        began = time.time()
        if act == "kill":
            pids = [kill(one) for one in found]
            self._begun.append(self._watching.submit(self._recovery, service, began))
            return {"ok": True, "pid": pids[0]}
        self._begun.append(self._queue.submit(self._do, act, service))
        return {"ok": True}

    def _do(self, act: str, service: str) -> Recovery:
        began = time.time()
        seconds = self._work[act](service)
        whole = time.time() - began
        return Recovery(act=act, service=service, began=began, seconds=round(whole if seconds is None else seconds, 2))

    def _recovery(self, service: str, began: float) -> Recovery:
        """Wait until every container of a killed service answers its own health command again."""
        while (now := time.time()) - began < _RECOVER_WITHIN_SECONDS:
            found = containers_of(self._client, self._stack, service)
            if found and all(_answers(one) for one in found):
                return Recovery(act="kill", service=service, began=began, seconds=round(time.time() - began, 2))
            time.sleep(max(0.0, _LOOK_EVERY_SECONDS - (time.time() - now)))
        return Recovery(act="kill", service=service, began=began, seconds=None)


def _seen(found: Container, stack: str) -> Watched:
    state = found.attrs["State"]
    running = "ready" if state["Running"] and not state["Paused"] else "stopped"
    return Watched(_numbered(found, stack), int(state["Pid"]), found.attrs["RestartCount"], running)


def _answers(container: Container) -> bool:
    health = container.attrs["Config"].get("Healthcheck", {}).get("Test", ["NONE"])[1:]
    try:
        return bool(container.exec_run(health).exit_code == 0)
    except _UNREACHED:
        return False


def _numbered(container: Container, stack: str) -> str:
    """The service, and from its second replica on which one."""
    service, hostname = service_of(container), str(container.attrs["Config"]["Hostname"]).removeprefix(f"{stack}-")
    number = hostname.rpartition("-")[2]
    return f"{service}-{number}" if number.isdigit() and number != "0" else service
