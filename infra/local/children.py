"""Child processes that cannot outlive the supervisor, however it ends.

Three things make that so. Each child asks the kernel for a signal when its parent dies. Each has a session of its own,
so that a Ctrl-C in the terminal does not reach it before the supervisor has decided. And the supervisor is the reaper
of all its descendants: what a dead child leaves behind comes to it and is ended.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import pwd
import resource
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from infra.local import proc
from infra.trouble import TargetError
from simulation.text import Text

#: Services and PostgreSQL yield to the load generator on the same machine, whose schedule must hold.
NICENESS = 5
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_OPEN_FILES = 65_536
_LIBC = ctypes.CDLL(None, use_errno=True)
_CANNOT_BE_TIED = 126


class Child:
    """One process that was started here."""

    def __init__(self, process: subprocess.Popen[bytes], exited: asyncio.Future[int]) -> None:
        """Wrap a process that has just been started."""
        self.process = process
        self.pid = process.pid
        self.exited = exited

    def signal(self, number: int) -> None:
        """Send a signal unless the process has ended."""
        if not self.exited.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def stop(self, *steps: tuple[int, float]) -> None:
        """Send each signal in turn, giving the process so many seconds each time, until it has ended."""
        for number, seconds in steps:
            self.signal(number)
            done, _ = await asyncio.wait([self.exited], timeout=seconds)
            if done:
                return


class Nursery:
    """Starts children and reaps them.

    Use it from the main thread of the process only: a parent-death signal is sent when the *thread* that started the
    child ends.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Become the reaper of all descendants."""
        self._loop = loop
        self._children: dict[int, Child] = {}
        self._parent = os.getpid()
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        loop.add_signal_handler(signal.SIGCHLD, self.reap)

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        given: Path | None = None,
        sockets: Sequence[int] = (),
        user: pwd.struct_passwd | None = None,
        death_signal: int = signal.SIGKILL,
    ) -> Child:
        """Start a process. `given` is a file that it reads on its standard input.

        Its output goes straight to the log file, with no pipe that could fill up or break.
        Raises TargetError when the program cannot be started at all.
        """
        with log.open("ab") as output, Path(given or os.devnull).open("rb") as source:
            try:
                process = subprocess.Popen(
                    command,
                    env=dict(environment),
                    cwd=folder,
                    stdin=source,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=tuple(sockets),
                    preexec_fn=self._tie(death_signal),  # noqa: PLW1509 -- the supervisor has one thread
                    user=user.pw_uid if user else None,
                    group=user.pw_gid if user else None,
                    extra_groups=[] if user else None,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise TargetError(
                    Text(
                        f"Không khởi động được {command[0]}: {error}.",
                        f"Cannot start {command[0]}: {error}.",
                    )
                ) from error
        child = Child(process, self._loop.create_future())
        self._children[child.pid] = child
        return child

    def _tie(self, death_signal: int) -> Callable[[], None]:
        """What the child does before it becomes its program; after the change of user, which would undo it."""
        parent, prctl = self._parent, _LIBC.prctl

        def tie() -> None:
            if prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0 or os.getppid() != parent:
                os._exit(_CANNOT_BE_TIED)
            os.nice(NICENESS)

        return tie

    def reap(self) -> None:
        """Take note of every child that has ended, and let go of what ended children had left behind."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            child = self._children.pop(ended.si_pid, None)
            if child is None:
                os.waitpid(ended.si_pid, 0)
            else:
                child.exited.set_result(child.process.wait())

    async def end_all(self) -> None:
        """End every child that still runs, and what they leave behind."""
        await asyncio.gather(*(child.stop((signal.SIGKILL, 5.0)) for child in list(self._children.values())))
        await self.end_strangers()

    async def end_strangers(self, *, within_seconds: float = 5.0) -> None:
        """End descendants that ended children left behind (they have become our own children, but are not known)."""
        deadline = self._loop.time() + within_seconds
        while self._loop.time() < deadline:
            strangers = [
                process.pid
                for process in proc.table().values()
                if process.parent == self._parent and process.pid not in self._children and not process.zombie
            ]
            if not strangers:
                return
            for pid in strangers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.02)
