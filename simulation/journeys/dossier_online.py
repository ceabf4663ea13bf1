"""Kind `dossier-online`: a level 3 or 4 procedure filed on the portal, from the first page to the rating."""

from __future__ import annotations

from collections.abc import Generator

from simulation.arrivals import poisson
from simulation.clockwork import Process
from simulation.journeys.browsing import search_words
from simulation.journeys.dice import Dice
from simulation.journeys.dossier import (
    Case,
    Delivery,
    Outcome,
    company_detail,
    delivery_of,
    demand,
    draw_cases,
    hand_back,
    handle,
    look_at_desk,
)
from simulation.journeys.log import StepLog
from simulation.journeys.people import Cast
from simulation.journeys.world import KNOWN_FIELDS, World, form_of, timed
from simulation.streams import Streams

KIND = "dossier-online"

_MINUTE = 60.0
_HOUR = 3600.0
_MISSING = (
    "Bổ sung bản chụp giấy tờ tùy thân còn rõ nét",
    "Bổ sung tờ khai có đủ chữ ký",
    "Bổ sung bản chụp giấy chứng nhận có liên quan",
    "Ghi lại địa chỉ thường trú cho khớp với giấy tờ",
)
#: Ratings from 1 to 5 with their weights (assumed: most are content).
_SCORES, _SCORE_WEIGHTS = (5, 4, 3, 2, 1), (0.45, 0.32, 0.14, 0.05, 0.04)


def file(world: World, log: StepLog, dice: Dice, case: Case) -> Process:
    """Search, sign in, fill in, submit, pay where level 4 asks for it, and follow the dossier."""
    procedure, delivery = case.procedure, delivery_of(case, world, dice, online=True)
    yield from _submit(world, log, dice, case, delivery)
    if procedure.level == 4 and procedure.online_fee > 0:  # noqa: PLR2004 - what makes level 4
        yield world.clock.now + dice.waiting(world.habit("minutes_payment") * _MINUTE) + 5.0
        log.add(world.clock.now, case.actor, "portal.pay", account=case.person.personal_number)
        yield world.clock.now + dice.waiting(world.habit("minutes_payment") * _MINUTE) + 5.0
        log.add(world.clock.now, case.actor, "national.pay", account=case.person.personal_number)
    if procedure.automatic and not procedure.online_fee:
        outcome = yield from _granted_at_once(world, log, dice, case, delivery)
    else:
        outcome = yield from _worked_on(world, log, dice, case, delivery)
    yield world.clock.now + dice.waiting(world.habit("minutes_to_look_at_result") * _MINUTE) + 10.0
    account = case.person.personal_number
    if outcome.approved and delivery == "online":
        log.add(world.clock.now, case.actor, "portal.result", account=account)
    if dice.happens(world.figure("rating_share")):
        score = dice.weighted(_SCORES, _SCORE_WEIGHTS) if outcome.approved else dice.pick((1, 2, 3))
        yield world.clock.now + dice.waiting(world.habit("minutes_on_page") * _MINUTE) + 5.0
        log.add(world.clock.now, case.actor, "portal.rate", account=account, score=score)


def _granted_at_once(
    world: World, log: StepLog, dice: Dice, case: Case, delivery: Delivery
) -> Generator[float, None, Outcome]:
    """No official before the result; one hands it back unless it goes online."""
    if delivery == "online":
        return Outcome(approved=True, handed_over_at=world.clock.now)
    return (yield from hand_back(world, log, dice, case, delivery=delivery, fee_cash=0, approved=True))


def _worked_on(
    world: World, log: StepLog, dice: Dice, case: Case, delivery: Delivery
) -> Generator[float, None, Outcome]:
    """Officials accept, examine, decide and hand back; the applicant follows it."""
    yield from _accept(world, log, dice, case)
    if dice.happens(world.habit("track_online_share")):
        log.add(world.clock.now + _MINUTE * dice.between(5.0, 240.0), case.actor, "portal.track")
    # At level 3 the fee is paid at the counter, when the result is collected.
    fee_cash = case.procedure.online_fee if case.procedure.level == 3 else 0  # noqa: PLR2004 - service level 3
    return (yield from handle(world, log, dice, case, delivery=delivery, fee_cash=fee_cash))


def _submit(world: World, log: StepLog, dice: Dice, case: Case, delivery: str) -> Generator[float, None, None]:
    page = world.habit("minutes_on_page") * _MINUTE
    account = case.person.personal_number
    procedure = case.procedure
    log.add(world.clock.now, case.actor, "portal.home")
    yield world.clock.now + dice.waiting(page) + 2.0
    log.add(world.clock.now, case.actor, "portal.search", q=search_words(world, dice, procedure))
    yield world.clock.now + dice.waiting(page) + 2.0
    log.add(world.clock.now, case.actor, "portal.procedure", procedure=procedure.code)
    yield world.clock.now + dice.waiting(page) + 2.0
    log.add(world.clock.now, case.actor, "portal.sign_in", account=account)
    yield world.clock.now + dice.work(world.habit("minutes_form_filling"))
    log.add(
        world.clock.now,
        case.actor,
        "portal.submit",
        account=account,
        procedure=procedure.code,
        agency=case.agency.code,
        **company_detail(case),
        form=form_of(case.person, procedure),
        prefilled=_prefilled(world, dice),
        delivery=delivery,
    )


def _prefilled(world: World, dice: Dice) -> list[str]:
    """Return the fields that the registers filled in, where systems are connected (TRB-NO-SHARING)."""
    share = world.habit("prefill_share")
    return KNOWN_FIELDS if share >= 1.0 or (share > 0.0 and dice.happens(share)) else []


def _accept(world: World, log: StepLog, dice: Dice, case: Case) -> Generator[float, None, None]:
    """The clerk takes the dossier in, and may ask for more at once."""
    agency = case.agency.code
    yield world.after_working(dice.waiting(world.habit("minutes_to_online_acceptance")) / 60.0)
    accepted = world.serve(agency, "reception_clerk", dice.work(world.figure("minutes_acceptance")))
    yield accepted.ended
    account = accepted.who.account
    look_at_desk(world, log, dice, at=accepted.began, actor="reception_clerk", account=account)
    log.add(accepted.ended, "reception_clerk", "onestop.accept", account=account)
    if not dice.happens(world.figure("supplement_share")):
        return
    asked = world.serve(agency, "reception_clerk", dice.work(world.figure("minutes_acceptance") / 2.0))
    yield asked.ended
    what = dice.pick(_MISSING)
    log.add(asked.ended, "reception_clerk", "onestop.ask_supplement", account=asked.who.account, what=what)
    yield world.clock.now + dice.waiting(world.habit("hours_to_supplement") * _HOUR) + 5.0 * _MINUTE
    log.add(
        world.clock.now,
        case.actor,
        "portal.supplement",
        account=case.person.personal_number,
        form=form_of(case.person, case.procedure, note=what),
    )


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let today's applicants come to the portal."""
    mean = factor * float(demand(world, online=True).sum())
    moments = poisson(world.scenario.profiles["citizens"], mean=mean, rng=streams[f"{KIND}.arrivals"])
    cases = draw_cases(world, cast, streams[f"{KIND}.people"], count=len(moments), online=True)
    for number, (at, seed, case) in enumerate(zip(*timed(moments, streams, KIND), cases, strict=True), start=1):
        log = world.log(f"{KIND}-{number:06d}", KIND)
        world.start(file(world, log, world.dice(seed), case), at=at)
