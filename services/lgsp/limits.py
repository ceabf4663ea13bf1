"""How much a contract lets through: a rate by the second of machine time, a quota by the official day."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date

from services.kit.reference import Contract

#: (consumer, provider, operation)
Key = tuple[str, str, str]


class Limits:
    """Counts calls. Each LGSP process counts for itself; a quota goes on where the audit says it stood."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing used."""
        self._clock = clock
        self._levels: dict[Key, tuple[float, float]] = {}  # tokens left, when
        self._day: date | None = None
        self._used: dict[Key, int] = {}

    def recall(self, day: date, used: Mapping[Key, int]) -> None:
        """Go on from what the audit knows of this day."""
        self._day, self._used = day, dict(used)

    def used(self, key: Key) -> int:
        """Calls counted today against the quota."""
        return self._used.get(key, 0)

    def take(self, contract: Contract, day: date) -> str:
        """Count one call. Returns "" when it may go on, else which bound it hit: "rate" or "quota"."""
        if contract.per_second is None and contract.per_day is None:
            return ""
        key = (contract.consumer, contract.provider, contract.operation)
        if day != self._day:
            self._day, self._used = day, {}
        if contract.per_day is not None and self._used.get(key, 0) >= contract.per_day:
            return "quota"
        if contract.per_second is not None and not self._flows(key, contract.per_second):
            return "rate"
        self._used[key] = self._used.get(key, 0) + 1
        return ""

    def _flows(self, key: Key, per_second: float) -> bool:
        now, most = self._clock(), max(1.0, per_second)
        left, since = self._levels.get(key, (most, now))
        left = min(most, left + (now - since) * per_second)
        self._levels[key] = (left - 1, now) if left >= 1 else (left, now)
        return left >= 1
