"""How every counterpart misbehaves, settable at run time and by the official clock (TRB-SLOW-MINISTRY).

Extra latency with a spread, a share of errors, a share of calls that are never answered, an outage.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import time

import msgspec

from services.kit.clock import Clock
from services.kit.operations import Consumer
from services.kit.problems import Problem, invalid

#: The first word of an operation.
COUNTERPARTS = (
    "population",
    "business",
    "insurance",
    "procedures",
    "payment",
    "dvcqg",
    "post",
    "ndxp",
    "identity",
    "land",
    "signing",
    "lists",
    "civil",
    "criminal",
)
_SEED = 20180822
_NEVER_SECONDS = 3600.0  # longer than anybody waits: the service's own limit ends the request


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a counterpart misbehaves from `since` until `until`; the default is not at all, all day."""

    latency_ms: float = 0
    spread_ms: float = 0  #: the latency is drawn evenly from this much less to this much more
    error_share: float = 0  #: 0 to 1, answered 503 at once
    silent_share: float = 0  #: 0 to 1, never answered
    outage: bool = False  #: everything is answered 503
    since: time | None = None  #: official time of day
    until: time | None = None

    def holds(self, now: time) -> bool:
        """Whether it is its time."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


class Faults:
    """Current faults by counterpart."""

    def __init__(self, clock: Clock) -> None:
        """Begin without any."""
        self.settings: Mapping[str, Sequence[Fault]] = {}
        self._clock = clock
        self._chance = self._streams()

    def set(self, wanted: Mapping[str, Fault | list[Fault]]) -> None:
        """Replace all. Chance begins anew, a stream a counterpart, so that a run repeats whatever the others suffer.

        Raises a 422 Problem that names every mistake.
        """
        listed = {name: faults if isinstance(faults, list) else [faults] for name, faults in wanted.items()}
        mistakes = [
            {"where": name, "found": "không có hệ thống này", "way_out": f"Các hệ thống: {', '.join(COUNTERPARTS)}."}
            for name in listed
            if name not in COUNTERPARTS
        ] + [
            {"where": f"{name}.{field}", "found": f"{value:g}", "way_out": f"Từ {least:g} đến {most:g}."}
            for name, faults in listed.items()
            for fault in faults
            for field, least, most in (
                ("latency_ms", 0, 600_000), ("spread_ms", 0, fault.latency_ms), ("error_share", 0, 1),
                ("silent_share", 0, 1),
            )
            if not least <= (value := getattr(fault, field)) <= most
        ]  # fmt: skip
        if mistakes:
            raise invalid(mistakes)
        self.settings, self._chance = listed, self._streams()

    async def suffer(self, consumer: Consumer) -> None:
        """Do to a call what its counterpart does to calls now. Raises a 503 Problem where it is refused."""
        counterpart = consumer.operation.partition(".")[0]
        faults = self.settings.get(counterpart)
        if not faults:
            return
        now = self._clock.now().time()
        for fault in faults:
            if fault.holds(now):
                await self._suffer(fault, self._chance[counterpart])

    @staticmethod
    async def _suffer(fault: Fault, chance: random.Random) -> None:
        late, failed, silent = (chance.random() for _ in range(3))
        await asyncio.sleep((fault.latency_ms + (2 * late - 1) * fault.spread_ms) / 1000)
        if silent < fault.silent_share:
            await asyncio.sleep(_NEVER_SECONDS)
        if fault.outage or failed < fault.error_share:
            raise Problem(503, "counterpart-fault", "Hệ thống quốc gia tạm ngừng (tình huống mô phỏng).")

    @staticmethod
    def _streams() -> defaultdict[str, random.Random]:
        class Streams(defaultdict[str, random.Random]):
            def __missing__(self, name: str) -> random.Random:
                self[name] = random.Random(f"{_SEED} {name}")  # noqa: S311 -- simulation, not secrecy
                return self[name]

        return Streams()
