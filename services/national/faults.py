"""Switches for every counterpart at run time: extra latency, a share of errors, an outage (TRB-SLOW-MINISTRY)."""

from __future__ import annotations

import asyncio
import random

import msgspec
from starlette.requests import Request

from services.kit.operations import AtOnce, Consumer
from services.kit.problems import Problem


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a counterpart misbehaves; the default is not at all."""

    latency_ms: float = 0
    error_share: float = 0  #: 0 to 1
    outage: bool = False


class Faults:
    """Current faults by counterpart (the word before the dot in the operation: population, business, ...)."""

    def __init__(self) -> None:
        """Begin without any; errors are drawn from a fixed seed, so a run repeats."""
        self.settings: dict[str, Fault] = {}
        self._chance = random.Random(20180822)  # noqa: S311 -- simulation, not secrecy

    def around(self, serve: AtOnce) -> AtOnce:
        """Wrap a look-up so that it suffers the counterpart's current fault."""

        async def suffering(request: Request, consumer: Consumer) -> object:
            fault = self.settings.get(consumer.operation.partition(".")[0])
            if fault:
                await asyncio.sleep(fault.latency_ms / 1000)
                if fault.outage or self._chance.random() < fault.error_share:
                    raise Problem(503, "counterpart-fault", "Hệ thống quốc gia tạm ngừng (tình huống mô phỏng).")
            return await serve(request, consumer)

        return suffering
