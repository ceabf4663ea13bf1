"""`throttled`: a service gets a processor for a small part of the time only, as `cpulimit` does it: by stopping it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from infra.stack import Stack
from loadtests import control
from loadtests.planted.bottleneck import Bottleneck

KIND = "throttled"
_STOPPED_SECONDS, _LET_GO_SECONDS = 0.085, 0.015


def plant(service: str) -> Bottleneck:
    """Stop the service's process most of the time."""

    @contextmanager
    def acting(stack: Stack) -> Iterator[None]:
        told = control.ask(stack, act="status")["services"]
        pid = next(one["pid"] for one in told if one["service"] == service)
        over = threading.Event()
        thread = threading.Thread(target=_throttle, args=(pid, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    return Bottleneck(kind=KIND, service=service, acting=acting)


def _throttle(pid: int, over: threading.Event) -> None:
    with suppress(ProcessLookupError):
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            over.wait(_STOPPED_SECONDS)
            os.kill(pid, signal.SIGCONT)
            over.wait(_LET_GO_SECONDS)
