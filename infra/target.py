"""What places a Blueprint. The protocol asks for the least; what only some targets can do is a protocol of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import msgspec

from infra.blueprint import Blueprint
from infra.stack import Stack
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.timeline import Timeline

State = Literal["waiting", "starting", "ready", "restarting", "gave_up", "stopped"]
#: What may be done to a service and undone: its processes freeze; it is cut off; its answers come late, or get lost.
Disturbance = Literal["pause", "partition", "delay", "loss"]


class ServiceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one service is doing now."""

    service: str
    pid: int  #: 0 while no process of it runs, or where the target has no processes of this machine
    address: str  #: base address; for PostgreSQL host and port
    state: State
    memory_mb: float
    cpu_percent: float  #: of one processor, over the last second
    restarts: int  #: how often it was started again
    log: str  #: file with its output; empty where it is not on this machine


class Target(Protocol):
    """Somewhere a stack can run. Options that only one target knows belong to that target's constructor."""

    name: str

    def place(
        self,
        blueprint: Blueprint,
        *,
        reference: Path,
        province: Province,
        timeline: Timeline | None = None,
        progress: Progress = silent,
    ) -> Stack:
        """Start everything and return once every service is ready; leave nothing behind on failure.

        `reference` is the folder of docs/reference-data.md; nothing needs it once this has returned. With a `timeline`
        the official clock stands at its first point until traffic begins; without one it is the machine's. Raises
        TargetError.
        """
        ...

    def remove(self, stack: Stack) -> None:
        """Stop the stack and take away all that `place` made; a stack that is gone already is no error."""
        ...

    def status(self, stack: Stack) -> list[ServiceStatus]:
        """How each service is doing. Raises TargetError when the stack cannot be asked."""
        ...


@runtime_checkable
class Killable(Protocol):
    """A target whose services can be killed without warning, as a power cut would."""

    def kill(self, stack: Stack, service: str) -> int:
        """End the service's process at once, with no chance to tidy up, and return the process id it had."""
        ...


@runtime_checkable
class Disturbable(Protocol):
    """A target whose services can be frozen, cut off, slowed down or made to lose packets, each until it is undone."""

    def disturb(self, stack: Stack, service: str, kind: Disturbance) -> None:
        """Begin. Raises TargetError when there is no such service, or when this machine cannot do it."""
        ...

    def relieve(self, stack: Stack, service: str, kind: Disturbance) -> None:
        """Undo it. Raises TargetError when there is no such service."""
        ...


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """What it took to restore a stack that was lost."""

    rto_seconds: float  #: recovery time: from the loss until every service answered again
    rpo_seconds: float | None  #: recovery point: how much of the end of the database's work is lost; None: not told
    destroyed_seconds: float  #: of the recovery time, taking away what was left of the lost stack


@runtime_checkable
class Restorable(Protocol):
    """A target whose stacks can be lost as a whole and restored from their backup."""

    def lose_and_restore(self, stack: Stack) -> tuple[Stack, Drill]:
        """Destroy everything but the backup without warning, and restore from that alone. Raises TargetError."""
        ...
