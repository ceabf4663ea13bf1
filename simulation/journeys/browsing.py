"""Kind `browsing`: somebody looks something up on the portal (levels 1 and 2) and submits nothing."""

from __future__ import annotations

from typing import Any

from simulation.arrivals import poisson
from simulation.clockwork import Process
from simulation.journeys.dice import Dice
from simulation.journeys.log import StepLog
from simulation.journeys.people import Cast
from simulation.journeys.world import World, timed
from simulation.province import Procedure
from simulation.streams import Streams
from simulation.text import without_diacritics

KIND = "browsing"

_MINUTE = 60.0


def search_words(world: World, dice: Dice, procedure: Procedure) -> str:
    """Return what somebody types who looks for a procedure: a few of its words, often without diacritics."""
    words = procedure.name.lower().replace(",", " ").replace("(", " ").replace(")", " ").split()
    length = min(2 + int(dice.between(0.0, 3.0)), len(words))
    first = int(dice.between(0.0, len(words) - length + 1))
    text = " ".join(words[first : first + length])
    return without_diacritics(text) if dice.happens(world.habit("without_diacritics_share")) else text


def browse(world: World, log: StepLog, dice: Dice, procedure: Procedure) -> Process:
    """Open the portal, search once or twice, read a procedure, and download its form where there is one."""
    page = world.habit("minutes_on_page") * _MINUTE
    log.add(world.clock.now, "citizen", "portal.home")
    for _ in range(2 if dice.happens(world.habit("second_search_share")) else 1):
        yield world.clock.now + dice.waiting(page) + 2.0
        filtered: dict[str, Any] = {"level": procedure.level} if dice.happens(world.habit("level_filter_share")) else {}
        log.add(world.clock.now, "citizen", "portal.search", q=search_words(world, dice, procedure), **filtered)
    yield world.clock.now + dice.waiting(page) + 2.0
    log.add(world.clock.now, "citizen", "portal.procedure", procedure=procedure.code)
    if procedure.level > 1 and dice.happens(world.habit("form_download_share")):
        yield world.clock.now + dice.waiting(page) + 2.0
        log.add(world.clock.now, "citizen", "portal.form", procedure=procedure.code)


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let today's visitors come to the portal; what they look up follows the demand for procedures."""
    del cast  # nobody is known by name before signing in
    mean = factor * world.figure("browsing_visits_per_day")
    moments = poisson(world.scenario.profiles["citizens"], mean=mean, rng=streams[f"{KIND}.arrivals"])
    procedures = world.province.procedures
    shares = [procedure.share_of_demand for procedure in procedures]
    for number, (at, seed) in enumerate(zip(*timed(moments, streams, KIND), strict=True), start=1):
        log, dice = world.log(f"{KIND}-{number:06d}", KIND), world.dice(seed)
        world.start(browse(world, log, dice, dice.weighted(procedures, shares)), at=at)
