"""Tells the national portal where the province's forms are, once after every start, beside everything else."""

from __future__ import annotations

import asyncio

import structlog

from services.kit import tracing
from services.kit.beside import Beside
from services.kit.kit import Kit
from services.kit.problems import Problem

log = structlog.get_logger()
_PAUSE_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)


class Offering:
    """Keeps trying until the nation has heard it."""

    def __init__(self, kit: Kit) -> None:
        """Offer this portal's own address."""
        self._kit = kit
        self._task = Beside()

    async def start(self) -> None:
        """Begin."""
        self._task.start(self._offer())

    async def stop(self) -> None:
        """Give up what is still trying."""
        await self._task.stop()

    async def _offer(self) -> None:
        tracing.enter("")
        body = {"apply_url": f"{self._kit.settings.public_url}/apply"}
        for attempt in range(1_000_000):
            try:
                answer = await self._kit.lgsp.ask("national", "dvcqg.offer", body=body, purpose="offer-forms")
                if answer.good:
                    return
            except Problem as problem:
                log.warning("forms-not-offered", error=problem.title)
            await asyncio.sleep(_PAUSE_SECONDS[min(attempt, len(_PAUSE_SECONDS) - 1)])
