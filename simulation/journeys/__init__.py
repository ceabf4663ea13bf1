"""What people and machines do in a day, one kind of journey a module. A new kind is a module and a line in KINDS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from simulation.journeys import (
    browsing,
    civil_service,
    declaration,
    document,
    dossier_counter,
    dossier_online,
    health,
    poll,
    school,
)
from simulation.journeys.people import Cast
from simulation.journeys.world import World
from simulation.streams import Streams


class Begin(Protocol):
    """Starts all journeys of one kind in a world; `factor` scales the province's own volume."""

    def __call__(self, world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
        """Start them."""


#: Every kind of journey, in the order in which they are drawn.
KINDS: Mapping[str, Begin] = {
    dossier_counter.KIND: dossier_counter.begin,
    dossier_online.KIND: dossier_online.begin,
    browsing.KIND: browsing.begin,
    document.KIND: document.begin,
    poll.KIND: poll.begin,
    school.KIND: school.begin,
    health.KIND: health.begin,
    civil_service.KIND: civil_service.begin,
    declaration.KIND: declaration.begin,
}

__all__ = ["KINDS", "Begin", "Cast", "World"]
