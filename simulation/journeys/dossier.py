"""What all dossiers have in common: from reception at a one-stop to the result in the applicant's hand."""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.journeys.dice import Dice
from simulation.journeys.log import StepLog
from simulation.journeys.people import Cast, Company, Person
from simulation.journeys.world import World
from simulation.province import Agency, Procedure

Delivery = Literal["counter", "online", "post"]
Actor = Literal["citizen", "company_director", "company_agent"]

_HOUR = 3600.0
_LAST_COLLECTION = 14 * _HOUR  #: parcels handed over later travel on another day (assumed)

_AT_HOME_ONLINE = 0.5  #: personas at least this likely to be online file one dossier on the portal


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants what from whom."""

    procedure: Procedure
    agency: Agency
    person: Person  #: who files: the applicant, or the company's director or agent
    actor: Actor
    company: str = ""  #: tax code, where a company applies


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a dossier ended."""

    approved: bool
    handed_over_at: float  #: when the result was with the applicant


def delivery_of(case: Case, world: World, dice: Dice, *, online: bool) -> Delivery:
    """Return how the applicant wants the result: level 3 pays and collects at the counter, level 4 need not come."""
    level_four = online and case.procedure.level == 4  # noqa: PLR2004 - service level 4 (SYS-LEVELS)
    pays_at_counter = online and case.procedure.online_fee > 0 and not level_four
    if dice.happens(world.figure("post_return_share")) and not pays_at_counter:
        return "post"
    return "online" if level_four and dice.happens(world.habit("online_result_share")) else "counter"


def company_detail(case: Case) -> dict[str, str]:
    """Return the part of a request that names a company, empty for a person."""
    return {"company": case.company} if case.company else {}


def look_at_desk(world: World, log: StepLog, dice: Dice, *, at: float, actor: str, account: str) -> None:
    """Let an official open the list of open dossiers now and then, before an act."""
    if dice.happens(world.habit("desk_look_share")):
        log.add(at, actor, "onestop.desk", account=account)


def handle(
    world: World, log: StepLog, dice: Dice, case: Case, *, delivery: Delivery, fee_cash: int
) -> Generator[float, None, Outcome]:
    """Examine, decide and hand back a dossier that has just been received; ends early where the day does."""
    procedure, agency = case.procedure, case.agency.code
    if not procedure.same_day:
        used = dice.between(world.habit("deadline_use_from"), world.habit("deadline_use_to"))
        yield from _linked(world, log, dice, case, used=used)
        yield world.after_working(used * (procedure.deadline_hours - sum(procedure.linked_hours)))
    examined = world.serve(agency, "specialist", dice.work(world.figure("minutes_examination")))
    yield examined.ended
    look_at_desk(world, log, dice, at=examined.began, actor="specialist", account=examined.who.account)
    approved = not dice.happens(world.figure("rejection_share"))
    verdict = "approve" if approved else "reject"
    log.add(examined.ended, "specialist", "onestop.examine", account=examined.who.account, proposal=verdict)
    deciding = dice.work(world.figure("minutes_decision"))
    if procedure.needs_leader:
        _, desk = world.leader(agency, dice)
        decided = desk.serve(world.clock.now, deciding)
    else:
        decided = world.serve(agency, "specialist", deciding)
    yield decided.ended
    log.add(decided.ended, decided.who.role, "onestop.decide", account=decided.who.account, decision=verdict)
    return (yield from hand_back(world, log, dice, case, delivery=delivery, fee_cash=fee_cash, approved=approved))


def hand_back(
    world: World, log: StepLog, dice: Dice, case: Case, *, delivery: Delivery, fee_cash: int, approved: bool
) -> Generator[float, None, Outcome]:
    """Give a decided dossier's result back, by the clerk and perhaps the post."""
    returned = world.serve(case.agency.code, "reception_clerk", dice.work(world.figure("minutes_return")))
    yield returned.ended
    log.add(
        returned.ended,
        "reception_clerk",
        "onestop.hand_back",
        account=returned.who.account,
        by=delivery,
        fee_cash=fee_cash if approved else 0,
    )
    if delivery == "post":
        at = returned.ended + dice.between(0.5, 1.5) * world.habit("hours_local_post") * _HOUR
        late = returned.ended > _LAST_COLLECTION or not dice.happens(world.habit("post_same_day_share"))
        yield float("inf") if late else at
        log.add(at, "postman", "national.deliver")
    return Outcome(approved=approved, handed_over_at=world.clock.now)


def _linked(world: World, log: StepLog, dice: Dice, case: Case, *, used: float) -> Generator[float, None, None]:
    """Pass a dossier through the agencies of its route, each within its own limit, and back (một cửa liên thông)."""
    stops = world.linked(case.procedure, case.agency, case.person.commune)
    if not stops:
        return
    sent = world.serve(case.agency.code, "specialist", dice.work(world.figure("minutes_acceptance")))
    yield sent.ended
    chosen = next((agency for agency, _, one_of_many in stops if one_of_many), None)
    named = {"to": chosen} if chosen else {}
    log.add(sent.ended, "specialist", "onestop.refer", account=sent.who.account, **named)
    for agency, hours, _ in stops:
        yield world.after_working(used * hours)
        answered = world.serve(agency, "specialist", dice.work(world.figure("minutes_examination")))
        yield answered.ended
        log.add(
            answered.ended,
            "specialist",
            "onestop.give_opinion",
            account=answered.who.account,
            opinion="agree",
            note="Đủ điều kiện theo quy định",
        )


def demand(world: World, *, online: bool) -> NDArray[np.float64]:
    """Return how many dossiers of each procedure are expected today over one channel, in the catalogue's order."""
    procedures = world.province.procedures
    shares = np.array([procedure.share_of_demand for procedure in procedures])
    can_file = np.array([procedure.level >= 3 for procedure in procedures])  # noqa: PLR2004 - forms can be submitted
    filed = np.where(can_file, world.figure("online_share"), 0.0)
    per_day = world.figure("dossiers_per_day") / shares.sum()
    return np.asarray(per_day * shares * (filed if online else 1.0 - filed), dtype=np.float64)


def draw_cases(world: World, cast: Cast, rng: np.random.Generator, *, count: int, online: bool) -> list[Case]:
    """Return who files what today over one channel; the fixed personas come first in chance's own order."""
    expected = demand(world, online=online)
    if count == 0 or expected.sum() <= 0:
        return []
    chosen = rng.choice(len(expected), size=count, p=expected / expected.sum())
    procedures = [world.province.procedures[index] for index in chosen]
    rows = cast.crowd.adults_online(rng, count) if online else cast.crowd.adults_at_random(rng, count)
    people = cast.crowd.fetch(rows)
    companies = _companies(world, cast, rng, procedures, online=online)
    filers = cast.by_number([number for company, number in companies.values()])
    personas = [person for person in cast.crowd.personas() if world.is_commune(person.commune)]
    waiting = [person for person in personas if not online or person.online >= _AT_HOME_ONLINE]
    for place in rng.permutation(count).tolist():
        if waiting and place not in companies:
            people[place] = waiting.pop()
    return [
        _case(world, procedure, person, companies.get(place), filers)
        for place, (procedure, person) in enumerate(zip(procedures, people, strict=True))
    ]


def _companies(
    world: World, cast: Cast, rng: np.random.Generator, procedures: list[Procedure], *, online: bool
) -> dict[int, tuple[Company, str]]:
    """Return, for the places at which a company applies, the company and the personal number of who files."""
    places = [place for place, procedure in enumerate(procedures) if procedure.applicant == "company"]
    chances = rng.random((len(places), 3))
    outside_share = world.figure("out_of_province_share") if online else 0.0
    drawn: dict[int, tuple[Company, str]] = {}
    for place, (outside, agent, which) in zip(places, chances.tolist(), strict=True):
        by_agent = agent < world.figure("company_agent_share")
        group = cast.companies_like(outside=outside < outside_share, with_agent=by_agent)
        if group:
            company = group[int(which * len(group))]
            drawn[place] = (company, company.agent if by_agent and company.agent else company.director)
    return drawn


def _case(
    world: World,
    procedure: Procedure,
    neighbour: Person,
    company: tuple[Company, str] | None,
    filers: dict[str, Person],
) -> Case:
    """Put a case together; a company from outside goes to the agency of a commune drawn like anybody's."""
    if company is None:
        return Case(
            procedure=procedure,
            agency=world.receiving_agency(procedure, neighbour.commune),
            person=neighbour,
            actor="citizen",
        )
    registered, number = company
    person = filers.get(number, neighbour)
    commune = person.commune if world.is_commune(person.commune) else neighbour.commune
    actor: Actor = "company_agent" if number == registered.agent else "company_director"
    return Case(
        procedure=procedure,
        agency=world.receiving_agency(procedure, commune),
        person=person,
        actor=actor,
        company=registered.tax_code,
    )
