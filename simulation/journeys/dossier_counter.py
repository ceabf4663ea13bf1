"""Kind `dossier-counter`: somebody comes to a one-stop with papers, waits, and is given a receipt note."""

from __future__ import annotations

from simulation.arrivals import poisson
from simulation.clockwork import Process
from simulation.journeys.dice import Dice
from simulation.journeys.dossier import Case, company_detail, delivery_of, demand, draw_cases, handle
from simulation.journeys.log import StepLog
from simulation.journeys.people import Cast
from simulation.journeys.world import World, timed
from simulation.streams import Streams

KIND = "dossier-counter"


def visit(world: World, log: StepLog, dice: Dice, case: Case) -> Process:
    """Go from the queue at the counter to the result. Who is not served before the offices close has gone home."""
    delivery = delivery_of(case, world, dice, online=False)
    received = world.serve(case.agency.code, "reception_clerk", dice.work(world.figure("minutes_reception")))
    yield received.ended
    log.add(
        received.ended,
        "reception_clerk",
        "onestop.receive",
        account=received.who.account,
        procedure=case.procedure.code,
        applicant={"personal_number": case.person.personal_number, "full_name": case.person.full_name},
        **company_detail(case),
        fee_cash=case.procedure.fee,
        delivery=delivery,
    )
    if dice.happens(world.habit("track_counter_share")):
        at = received.ended + 60.0 * dice.between(30.0, 300.0)
        log.add(at, case.actor, "portal.track")
    yield from handle(world, log, dice, case, delivery=delivery, fee_cash=0)


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let today's visitors come to the counters."""
    mean = factor * float(demand(world, online=False).sum())
    moments = poisson(world.scenario.profiles["counter"], mean=mean, rng=streams[f"{KIND}.arrivals"])
    cases = draw_cases(world, cast, streams[f"{KIND}.people"], count=len(moments), online=False)
    for number, (at, seed, case) in enumerate(zip(*timed(moments, streams, KIND), cases, strict=True), start=1):
        log = world.log(f"{KIND}-{number:06d}", KIND)
        world.start(visit(world, log, world.dice(seed), case), at=at)
