"""How long the audit is kept: once a day, by itself, what is past its time is removed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

import structlog

from services.kit.beside import Beside
from services.kit.clock import VIETNAM

log = structlog.get_logger()
LEAST_DAYS = 90  # level-3 systems keep logs three months at least (docs/adr/0020)
MOST_DAYS = 36_500  # a century
_AGAIN = timedelta(minutes=5)  # after a day's try that failed; assumed


def cut(now: datetime, keep_days: int) -> datetime:
    """Return the moment before which rows are past their time: whole days are kept."""
    return datetime.combine(now.astimezone(VIETNAM), time.min, VIETNAM) - timedelta(days=keep_days)


class Retention:
    """Prunes at once when it starts, and after every midnight."""

    def __init__(
        self,
        prune: Callable[[datetime], Awaitable[int]],
        *,
        keep_days: int,
        now: Callable[[], datetime],
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`prune` removes what was written before a moment, and says how much; `now` is the time rows are marked by."""
        self._prune, self._keep_days, self._now, self._wait = prune, keep_days, now, wait
        self._task = Beside()

    def start(self) -> None:
        """Begin."""
        self._task.start(self.go_on())

    async def stop(self) -> None:
        """End; a removal that is under way is rolled back, and made at the next start."""
        await self._task.stop()

    async def go_on(self) -> None:
        """Every day."""
        while True:
            until = cut(self._now(), -1)  # the next midnight
            try:
                removed = await self._prune(cut(self._now(), self._keep_days))
            except Exception:  # whatever it was: the calls of the day go on, and the audit only stays longer
                log.exception("audit-not-pruned")
                until = min(until, self._now() + _AGAIN)
            else:
                log.info("audit-pruned", removed=removed, keep_days=self._keep_days)
            await self._wait(max(0.0, (until - self._now()).total_seconds()))
