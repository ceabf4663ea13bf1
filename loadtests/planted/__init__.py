"""Bottlenecks put into a stack on purpose, one a file, to see that `tinhmau capacity` names them.

`KIND:SERVICE`, e.g. `slow-query:portal`. Some are settings a service is placed with, others act on the running stack.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from loadtests.planted import lock, one_replica, slow_query, small_pool, throttled
from loadtests.planted.bottleneck import Bottleneck
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text

__all__ = ["Bottleneck", "kinds", "parse"]

#: Services that clients write to, each with a database of its own.
_SERVICES = ("portal", "onestop", "office", "sector")
_KINDS: Mapping[str, ModuleType] = {
    module.KIND: module for module in (slow_query, lock, small_pool, throttled, one_replica)
}


def kinds() -> tuple[str, ...]:
    """Every kind there is."""
    return tuple(_KINDS)


def parse(spec: str) -> Bottleneck:
    """Read `KIND:SERVICE`. Raises BadInputError with every mistake."""
    kind, _, service = spec.partition(":")
    mistakes = [
        Mistake(
            file="--plant",
            key=spec,
            found=Text(f"không có “{found}”.", f"there is no “{found}”."),
            way_out=did_you_mean(found, known),
        )
        for found, known in ((kind, kinds()), (service, _SERVICES))
        if found not in known
    ]
    if mistakes:
        raise BadInputError(mistakes)
    planted: Bottleneck = _KINDS[kind].plant(service)
    return planted
