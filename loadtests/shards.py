"""A worker's share of the plan: journey number i belongs to shard i modulo the number of shards."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec

from loadtests.operations import TABLE
from loadtests.operations.operation import Crowd
from simulation import plan as plans
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.plan import Journey, Plan
from simulation.text import Text

#: Past the last planned second: after this long nothing new begins, so that all is over after twice as long.
GRACE_SECONDS = 10.0


class TimedJourney(msgspec.Struct, frozen=True):
    """A journey with the run second at which the plan wants each step."""

    journey: Journey
    planned: tuple[float, ...]  #: run seconds, one for each step


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker does."""

    head: Plan  #: the plan without its journeys
    journeys: tuple[TimedJourney, ...]  #: in order of their first step

    @property
    def ends(self) -> float:
        """Run second of the last planned step, or of the timeline's end where that is later."""
        last = max((timed.planned[-1] for timed in self.journeys), default=0.0)
        return max(last, self.head.timeline.points[-1][1])


def read_shard(folder: Path, *, index: int, of: int) -> Shard:
    """Read shard `index` (from 0) of `of` from a plan's folder, decoding no line that belongs to another.

    Raises BadInputError that names every step with an operation that nobody knows.
    """
    head = plans.load_head(folder)
    decoder = msgspec.json.Decoder(Journey)
    with (folder / "journeys.ndjson").open("rb") as lines:
        mine = [decoder.decode(line) for line in islice(lines, index, None, of)]
    _refuse_unknown(mine)
    timed = [_timed(journey, head) for journey in mine if journey.steps]
    timed.sort(key=lambda each: each.planned[0])
    return Shard(head=head, journeys=tuple(timed))


def crowd_of(journey: Journey) -> Crowd:
    """Tell which crowd walks a journey: that of its first act that is more than looking around."""
    for step in journey.steps:
        crowd = TABLE[step.operation].crowd
        if crowd != "browsing":
            return crowd
    return "browsing"


def of_crowd(journeys: Sequence[TimedJourney], crowd: Crowd) -> list[TimedJourney]:
    """Pick the journeys of one crowd, their order kept."""
    return [timed for timed in journeys if crowd_of(timed.journey) == crowd]


def _refuse_unknown(journeys: Sequence[Journey]) -> None:
    unknown = [
        Mistake(
            file="journeys.ndjson",
            key=f"{journey.id}.steps[{step.number}].operation",
            found=Text(f"không có thao tác “{step.operation}”.", f"there is no operation “{step.operation}”."),
            way_out=did_you_mean(step.operation, TABLE),
        )
        for journey in journeys
        for step in journey.steps
        if step.operation not in TABLE
    ]
    if unknown:
        raise BadInputError(unknown)


def _timed(journey: Journey, head: Plan) -> TimedJourney:
    return TimedJourney(journey, tuple(head.timeline.to_run(step.at) for step in journey.steps))
