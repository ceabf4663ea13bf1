"""Stays with a stack as long as the command that placed it: takes samples, and does what the control socket asks.

It speaks as the local target's supervisor does (infra/local/control.py), so that faults and the load generator need not
know the target.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import msgspec
import requests
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from infra.docker_target.plugin.kind import SERVICE_LABEL, STACK_LABEL
from infra.local import control
from infra.local.sampling import EVERY_SECONDS, Sampler, Watched
from infra.target import ServiceStatus
from infra.trouble import TargetError
from simulation.text import Text

_UNREACHED = (APIError, NotFound, requests.exceptions.RequestException, OSError)
_BEGIN_WITHIN_SECONDS = 10.0


def containers_of(client: docker.DockerClient, stack: str, service: str = "") -> list[Container]:
    """The stack's containers, or those of one service; by name."""
    wanted = [f"{STACK_LABEL}={stack}", f"{SERVICE_LABEL}={service}" if service else SERVICE_LABEL]
    return sorted(client.containers.list(all=True, filters={"label": wanted}), key=lambda one: str(one.name))


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
        work: Mapping[str, Callable[[str], None]],
    ) -> None:
        """Begin to listen on `socket` and to take samples.

        `work` are acts on one service that take long: they are answered at once, done one after another, and waited
        for by `end`.
        """
        self._client, self._stack, self._socket, self._status = client, stack, socket, status
        self._work, self._queue = work, ThreadPoolExecutor(1, thread_name_prefix="attendant-work")
        self._begun: list[Future[None]] = []
        self._sampler = Sampler()
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
        watched = []
        for found in containers_of(self._client, self._stack):
            state = found.attrs["State"]
            running = "ready" if state["Running"] and not state["Paused"] else "stopped"
            watched.append(
                Watched(_numbered(found, self._stack), int(state["Pid"]), found.attrs["RestartCount"], running)
            )
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
            case {"act": str(act), "service": str(service)} if act == "kill" or act in self._work:
                return self._act_on(act, service)
            case _:
                return control.refusal(Text(f"Không hiểu: {question}", f"Not understood: {question}"))
        return {"ok": True}

    def _finish(self) -> dict[str, Any]:
        """Wait for the work that was begun; say no when some of it failed."""
        for begun in self._begun:
            error = begun.exception()
            if error is not None:
                return control.refusal(error.text if isinstance(error, TargetError) else Text(str(error), str(error)))
        return {"ok": True}

    def _act_on(self, act: str, service: str) -> dict[str, Any]:
        found = containers_of(self._client, self._stack, service)
        if not found:
            return control.refusal(Text(f"Không có “{service}” nào đang chạy.", f"No “{service}” is running."))
        if act == "kill":
            pids = [kill(one) for one in found]
            return {"ok": True, "pid": pids[0]}
        self._begun.append(self._queue.submit(self._work[act], service))
        return {"ok": True}


def _numbered(container: Container, stack: str) -> str:
    """The service, and from its second replica on which one."""
    service, hostname = service_of(container), str(container.attrs["Config"]["Hostname"]).removeprefix(f"{stack}-")
    number = hostname.rpartition("-")[2]
    return f"{service}-{number}" if number.isdigit() and number != "0" else service
