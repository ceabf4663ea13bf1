"""Kind `poll`: an office installation asks the document hub what is new. Each poll is a journey of its own."""

from __future__ import annotations

from simulation.arrivals import by_the_clock
from simulation.journeys.people import Cast
from simulation.journeys.world import World
from simulation.streams import Streams

KIND = "poll"


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let every installation poll round the clock, each at its own offset; `factor` of 0 leaves polls out.

    Polls keep the province's pace whatever the factor: addressees wait for them.
    """
    del cast, streams  # machines; their offsets were drawn when the world was made
    number = 0
    for installation, first in world.first_polls.items() if factor > 0 else ():
        for at in by_the_clock(first=first, every=world.poll_interval, until=world.closing).tolist():
            number += 1
            world.log(f"{KIND}-{number:06d}", KIND).add(
                at, "poller", "office.poll", account=f"poller.{installation}", installation=installation
            )
