"""A task beside everything else, from a service's start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class Beside:
    """One task; stopping it when it was never started does nothing."""

    def __init__(self) -> None:
        """Nothing goes on yet."""
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it go on by itself."""
        self._task = asyncio.create_task(work)

    async def stop(self) -> None:
        """End it where it waits. Raises what it had failed by."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
