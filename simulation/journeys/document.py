"""Kind `document`: official correspondence, from a specialist's draft to the desks of everybody it is addressed to."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date, timedelta

import numpy as np

from simulation.arrivals import poisson
from simulation.clockwork import Process
from simulation.journeys.dice import Dice
from simulation.journeys.log import StepLog
from simulation.journeys.people import Cast
from simulation.journeys.world import World, timed
from simulation.province import Agency
from simulation.scenario import DocumentKind
from simulation.streams import Streams

KIND = "document"

_MINUTE = 60.0
_PRINTING_SHARE = 0.4  #: of the paper detour's time; scanning and importing take the rest (assumed)
_MINUTES_FILING = 1.0  #: of a clerk, for the electronic original alone (assumed)
_DELEGATED_BEFORE_OPENING = 20 * 60.0  #: seconds; assumed: the leader says so before the day begins
#: Priorities of the envelope, 0 (ordinary) to 4, with their weights (assumed).
_PRIORITIES, _PRIORITY_WEIGHTS = (0, 1, 2, 3, 4), (0.82, 0.10, 0.05, 0.02, 0.01)
_REFUSALS = (
    "Văn bản gửi không đúng cơ quan nhận",
    "Tệp đính kèm không mở được",
    "Văn bản không thuộc thẩm quyền giải quyết",
)


def addressees_of(world: World, dice: Dice, sender: Agency) -> list[str]:
    """Return who gets a document: agencies above, below and beside the sender, none twice, at least one."""
    above, below, beside = world.neighbours(sender)
    up, down = world.habit("document_up_share"), world.habit("document_down_share")
    groups = [(group, share) for group, share in ((above, up), (below, down), (beside, 1 - up - down)) if group]
    wanted = 1 + dice.count(world.figure("addressees_per_document_mean") - 1)
    available = sum(len(group) for group, _ in groups)
    chosen: dict[str, None] = {}
    # Every miss is somebody who is on the list already; small groups run out, so tries are limited.
    for _ in range(8 * wanted):
        if len(chosen) >= min(wanted, available):
            break
        group = dice.weighted([group for group, _ in groups], [max(share, 1e-6) for _, share in groups])
        chosen.setdefault(dice.pick(group))
    return list(chosen)


def write(world: World, log: StepLog, dice: Dice, sender: Agency, kind: DocumentKind) -> Process:
    """Draft, have it signed (on screen, or on paper and scanned), issue it, and let every addressee take it up."""
    addressees = addressees_of(world, dice, sender)
    if not addressees:
        return
    agency, subject = sender.code, dice.pick(kind.subjects)
    drafted = world.serve(agency, "specialist", dice.work(world.figure("minutes_draft")))
    yield drafted.ended
    log.add(
        drafted.ended,
        "specialist",
        "office.draft",
        account=drafted.who.account,
        kind=kind.name,
        subject=subject,
        content=_content(sender, subject, kind),
        addressees=addressees,
        priority=dice.weighted(_PRIORITIES, _PRIORITY_WEIGHTS),
    )
    yield from _sign(world, log, dice, agency, kind)
    issued = world.serve(agency, "document_clerk", dice.work(world.figure("minutes_issue")))
    yield issued.ended
    if agency in world.misformed:
        # Refused by the axis for its form, and sealed again by hand (TRB-SIGNFORMAT). What there is no time to put
        # right today is not issued today.
        again = world.serve(agency, "document_clerk", dice.work(world.figure("minutes_issue")))
        if again.ended >= world.closing:
            return
        log.add(issued.ended, "document_clerk", "office.issue", account=issued.who.account)
        yield again.ended
        issued = again
        log.add(issued.ended, "document_clerk", "office.seal_again", account=issued.who.account)
    else:
        log.add(issued.ended, "document_clerk", "office.issue", account=issued.who.account)
    if world.habit("filing_share") and dice.happens(world.habit("filing_share")):
        world.start(_file(world, log, dice.split(), agency), at=issued.ended)
    for addressee in addressees:
        # The addressee's office learns of it at its next poll, and a person some minutes later.
        polled = world.next_poll(
            world.agencies[addressee].installation, issued.ended + world.habit("hub_delay_seconds")
        )
        seen = polled + _MINUTE * (1.0 + dice.waiting(world.habit("minutes_after_poll")))
        world.start(_take_up(world, log, dice.split(), addressee), at=seen)


def _sign(world: World, log: StepLog, dice: Dice, agency: str, kind: DocumentKind) -> Generator[float, None, None]:
    """The leader signs on screen; or the clerk prints, the leader signs on paper, and the clerk scans (TRB-WETSIGN)."""
    leader, desk = world.leader(agency, dice)
    signing = dice.work(world.figure("minutes_sign"))
    if leader.signs_digitally:
        signed = desk.serve(world.clock.now, signing)
        yield signed.ended
        log.add(signed.ended, "leader", "office.sign", account=leader.account)
        return
    detour = dice.work(world.figure("minutes_paper_detour"))
    printed = world.serve(agency, "document_clerk", _PRINTING_SHARE * detour)
    yield printed.ended
    signed = desk.serve(world.clock.now, signing)
    yield signed.ended
    log.add(signed.ended, "document_clerk", "office.print", account=printed.who.account)
    scanned = world.serve(agency, "document_clerk", (1 - _PRINTING_SHARE) * detour)
    yield scanned.ended
    log.add(scanned.ended, "document_clerk", "office.scan", account=scanned.who.account, pages=kind.pages)


def _file(world: World, log: StepLog, dice: Dice, agency: str) -> Process:
    """The clerk files what was issued, the electronic original alone or printed as well (TRB-TWO-TRACK)."""
    paper = dice.happens(world.habit("paper_copy_share"))
    printing = _PRINTING_SHARE * world.figure("minutes_paper_detour") if paper else 0.0
    filed = world.serve(agency, "document_clerk", dice.work(_MINUTES_FILING + printing))
    yield filed.ended
    log.add(filed.ended, "document_clerk", "office.file", account=filed.who.account, paper=paper)


def _take_up(world: World, log: StepLog, dice: Dice, agency: str) -> Process:
    """One addressee: the clerk registers it (or refuses it), a leader assigns it, a specialist finishes it."""
    registered = world.serve(agency, "document_clerk", dice.work(world.figure("minutes_register")))
    yield registered.ended
    account = registered.who.account
    if dice.happens(world.figure("document_refusal_share")):
        reason = dice.pick(_REFUSALS)
        log.add(registered.ended, "document_clerk", "office.refuse", account=account, agency=agency, reason=reason)
        return
    log.add(registered.ended, "document_clerk", "office.register", account=account, agency=agency)
    _, desk = world.leader(agency, dice)
    assigned = desk.serve(world.clock.now, dice.work(world.figure("minutes_assign")))
    yield assigned.ended
    log.add(assigned.ended, "leader", "office.assign", account=assigned.who.account, agency=agency)
    yield world.after_working(dice.waiting(world.habit("hours_document_waits")))
    finished = world.serve(agency, "specialist", dice.work(world.figure("minutes_finish")))
    yield finished.ended
    log.add(finished.ended, "specialist", "office.finish", account=finished.who.account, agency=agency)


def _content(sender: Agency, subject: str, kind: DocumentKind) -> str:
    """Return a text of about the length that such a document has; longer kinds say more."""
    opening = f"{sender.name} gửi {kind.name.lower()} về việc: {subject.removeprefix('V/v ')}."
    body = (
        "Căn cứ chức năng, nhiệm vụ được giao và tình hình thực tế tại địa phương, cơ quan đề nghị các đơn vị "
        "phối hợp thực hiện đúng thời hạn và gửi kết quả qua trục liên thông văn bản."
    )
    return "\n".join([opening, *([body] * kind.pages), "Trân trọng."])


def _let_deputies_act(world: World) -> None:
    """Who goes to meetings and trainings all day has said who acts in his stead (TRB-DELEGATE)."""
    day = world.scenario.timeline.day
    noon_after = date.fromisoformat(day) + timedelta(days=1)  # what a slow run does late is still the day's
    for number, (leader, deputy) in enumerate(world.deputies, start=1):
        log = world.log(f"{KIND}-deputy-{number:04d}", KIND)
        opening = world.hours.open_from(0.0)
        log.add(
            max(opening - _DELEGATED_BEFORE_OPENING, 0.0), "leader", "office.delegate", account=leader.account,
            deputy=deputy.account, since=f"{day}T00:00:00+07:00", until=f"{noon_after}T12:00:00+07:00",
        )  # fmt: skip


def begin(world: World, cast: Cast, streams: Streams, *, factor: float) -> None:
    """Let today's drafts be begun; agencies write in proportion to their specialists (assumed)."""
    del cast  # only officials take part
    mean = factor * world.figure("documents_per_day")
    moments = poisson(world.scenario.profiles["documents"], mean=mean, rng=streams[f"{KIND}.arrivals"])
    specialists = world.specialists()
    codes, weights = list(specialists), np.array(list(specialists.values()), dtype=np.float64)
    senders = streams[f"{KIND}.senders"].choice(len(codes), size=len(moments), p=weights / weights.sum())
    kinds = world.scenario.document_kinds
    shares = [kind.share for kind in kinds]
    _let_deputies_act(world)
    for number, (at, seed, sender) in enumerate(zip(*timed(moments, streams, KIND), senders, strict=True), start=1):
        log, dice = world.log(f"{KIND}-{number:06d}", KIND), world.dice(seed)
        agency = world.agencies[codes[sender]]
        world.start(write(world, log, dice, agency, dice.weighted(kinds, shares)), at=at)
