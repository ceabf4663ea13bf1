"""Paths: what happens to a dossier of each procedure, and to a document, step by step."""

from __future__ import annotations

from typing import NamedTuple

from simulation.engine import Label, Program, exponential, lognormal, uniform
from simulation.province import Procedure, Province
from simulation.year.conduct import Conduct
from simulation.year.offices import (
    ABOVE,
    BELOW,
    BESIDE,
    CLERK,
    LEADER,
    RECEPTION,
    ROLES,
    SPECIALIST,
    STAND_IN,
    TABLES,
    TWO_TRACK,
    UP,
    groups_of,
)

_PRINTING_SHARE = 0.4  #: of the paper detour's time; scanning and importing take the rest (assumed, as in the day)
_DAY = 86400.0


class Paths(NamedTuple):
    """The program, and where in it each kind of paper begins."""

    program: Program
    counter: list[int]  #: by procedure
    online: list[int]  #: by procedure
    document: int
    urgent: int
    documents_from: int  #: instructions from here on are of documents


def paths_of(province: Province, conduct: Conduct) -> Paths:
    """Write the year's program."""
    program = Program(roles=ROLES, groups=tuple(groups_of(province)), tables=TABLES)
    writer = _Writer(program, conduct)
    counter, online = [], []
    for procedure in province.procedures:
        counter.append(program.here())
        writer.dossier(procedure, online=False)
        online.append(program.here())
        writer.dossier(procedure, online=True)
    documents_from = program.here()
    starts = []
    for priority in (1, 0):
        starts.append(program.here())
        writer.document(priority=priority)
    return Paths(program, counter, online, starts[0], starts[1], documents_from)


class _Writer:
    """Writes paths with the numbers of one conduct."""

    def __init__(self, program: Program, conduct: Conduct) -> None:
        self.program, self.conduct = program, conduct
        self.variation = conduct["service_time_variation"]

    def _serve(
        self, role: str | None, minutes: float, stream: str, *, stat: str, wait: str | None = None, priority: int = 1
    ) -> None:
        length = lognormal(60.0 * minutes, self.variation)
        self.program.serve(role, length, stream=stream, priority=priority, work=f"work {stat}", wait=wait)

    def _leader(self, stream: str) -> None:
        self.program.choose(LEADER, stand_in=STAND_IN, stream=stream, stand_in_stream=f"{stream}.stand-in")

    def dossier(self, procedure: Procedure, *, online: bool) -> None:  # noqa: PLR0915 -- one story, step by step
        """From the counter or the online inbox to the result. Online dossiers wait until no visitor does."""
        program, conduct = self.program, self.conduct
        gave_up, withdrawn, supplement, examine, rejected = (Label() for _ in range(5))
        if online:
            self._serve(
                RECEPTION,
                conduct["minutes_acceptance"],
                "dossier.acceptance",
                stat="reception",
                wait="wait online",
                priority=2,
            )
            program.count("received online")
        else:
            program.serve(
                RECEPTION,
                lognormal(conduct.minutes("minutes_reception"), self.variation),
                stream="dossier.reception",
                priority=1,
                work="work reception",
                wait="wait counter",
                patience=conduct.hours("counter_patience_hours"),
                out_of_patience=gave_up,
            )
        program.count("received")
        program.mark("received")
        if procedure.same_day:
            program.due_same_day(cutoff=conduct.hours("same_day_cutoff_hours"))
        else:
            program.due(3600.0 * max(procedure.deadline_hours, 1.0))
            limit = 3600.0 * procedure.deadline_hours
            low, high = conduct["deadline_use_from"], conduct["deadline_use_to"]
            program.delay(uniform(low * limit, high * limit), stream="dossier.pile", office=True)
        for link in procedure.linked_agencies:
            stay = Label()
            program.move(f"to {link}", otherwise=stay, stream="dossier.link")
            program.delay(
                exponential(conduct.hours("hours_between_agencies")), stream=f"dossier.to {link}", office=True
            )
            self._serve(SPECIALIST, conduct["minutes_examination"], f"dossier.at {link}", stat="examination")
            program.delay(
                exponential(conduct.hours("hours_between_agencies")), stream=f"dossier.from {link}", office=True
            )
            program.put(stay)
            program.home()
        program.put(examine)
        urgency = 0 if procedure.same_day else 1
        self._serve(
            SPECIALIST,
            conduct["minutes_examination"],
            "dossier.examination",
            stat="examination",
            wait="wait specialist",
            priority=urgency,
        )
        program.chance(conduct["supplement_share"], supplement, stream="dossier.lacks")
        if procedure.needs_leader:
            self._leader("dossier.leader")
            self._serve(
                None,
                conduct["minutes_decision"],
                "dossier.decision",
                stat="leader",
                wait="wait leader",
                priority=urgency,
            )
        else:
            self._serve(
                SPECIALIST, conduct["minutes_decision"], "dossier.decision", stat="examination", priority=urgency
            )
        program.judge(on_time="on time", late="late")
        program.measure("handling", since="received")
        program.chance(conduct["rejection_share"], rejected, stream="dossier.rejection")
        program.count("approved")
        finish = Label()
        program.put(finish)
        self._serve(RECEPTION, conduct["minutes_return"], "dossier.return", stat="reception")
        program.end()
        program.put(rejected)
        program.count("rejected")
        program.jump(finish)
        program.put(supplement)
        program.count("supplement")
        program.mark("asked")
        program.delay(lognormal(_DAY * conduct["days_to_supplement"], 1.0), stream="dossier.supplement")
        program.chance(conduct["supplement_abandon_share"], withdrawn, stream="dossier.abandon")
        self._serve(RECEPTION, conduct["minutes_acceptance"], "dossier.supplement-taken", stat="reception")
        program.put_off(since="asked")
        program.again()
        program.jump(examine)
        program.put(withdrawn)
        program.count("withdrawn")
        program.end()
        program.put(gave_up)
        program.count("gave up")
        program.end()

    def document(self, *, priority: int) -> None:
        """Draft, signature on screen or on paper and through the scanner, issue; then every addressee takes it up."""
        program, conduct = self.program, self.conduct
        digital, issue, incoming = Label(), Label(), Label()
        self._serve(SPECIALIST, conduct["minutes_draft"], "document.draft", stat="draft", priority=priority + 1)
        program.mark("drafted")
        self._leader("document.leader")
        program.chance_of_chosen(digital, stream="document.habit")
        detour, sign = conduct["minutes_paper_detour"], conduct["minutes_sign"]
        self._serve(CLERK, _PRINTING_SHARE * detour, "document.print", stat="clerk detour", priority=priority)
        self._serve(None, sign, "document.sign", stat="leader", wait="wait signature", priority=priority + 1)
        self._serve(CLERK, (1 - _PRINTING_SHARE) * detour, "document.scan", stat="clerk detour", priority=priority)
        program.jump(issue)
        program.put(digital)
        self._serve(None, sign, "document.sign", stat="leader", wait="wait signature", priority=priority + 1)
        program.count("signed digitally")
        printing = Label()
        program.chance_of_place(TWO_TRACK, printing, stream="document.two-track")
        program.jump(issue)
        program.put(printing)
        self._serve(CLERK, conduct["minutes_two_track"], "document.copy", stat="clerk two-track", priority=priority)
        program.put(issue)
        self._serve(CLERK, conduct["minutes_issue"], "document.issue", stat="clerk issue", priority=priority)
        program.count("issued")
        program.measure("to issue", since="drafted")
        program.spawn(
            incoming, more=max(conduct["addressees_per_document_mean"] - 1.0, 0.0), stream="document.addressees"
        )
        program.end()
        program.put(incoming)
        self._incoming(priority=priority)

    def _incoming(self, *, priority: int) -> None:
        program, conduct = self.program, self.conduct
        up, down, beside, there, refused, printing, register, work = (Label() for _ in range(8))
        program.chance_of_place(UP, up, stream="incoming.up")
        program.chance(conduct["document_down_share"], down, stream="incoming.down")
        # Where an agency has nobody in one direction, the next one is tried: beside, above, below.
        program.put(beside)
        program.move(BESIDE, otherwise=up, stream="incoming.beside")
        program.jump(there)
        program.put(up)
        below = Label()
        program.move(ABOVE, otherwise=below, stream="incoming.above")
        program.jump(there)
        program.put(below)
        program.move(BELOW, otherwise=there, stream="incoming.below")
        program.jump(there)
        program.put(down)
        program.move(BELOW, otherwise=beside, stream="incoming.below")
        program.put(there)
        poll = conduct.minutes("poll_interval_minutes")
        hub = conduct["hub_delay_seconds"]
        program.delay(uniform(hub, hub + poll), stream="incoming.poll")
        program.delay(exponential(conduct.minutes("minutes_after_poll")), stream="incoming.seen", office=True)
        self._serve(
            CLERK,
            conduct["minutes_register"],
            "incoming.register",
            stat="clerk register",
            wait="wait clerk",
            priority=priority,
        )
        program.chance(conduct["document_refusal_share"], refused, stream="incoming.refusal")
        program.chance_of_place(TWO_TRACK, printing, stream="incoming.two-track")
        program.put(register)
        self._leader("incoming.leader")
        self._serve(None, conduct["minutes_assign"], "incoming.assign", stat="leader", priority=priority + 1)
        program.chance(conduct["document_action_share"], work, stream="incoming.action")
        program.count("documents finished")
        program.end()
        program.put(work)
        program.delay(exponential(conduct.hours("hours_document_waits")), stream="incoming.pile", office=True)
        self._serve(SPECIALIST, conduct["minutes_finish"], "incoming.finish", stat="draft", priority=priority + 1)
        program.count("documents finished")
        program.end()
        program.put(printing)
        self._serve(
            CLERK, conduct["minutes_print_incoming"], "incoming.copy", stat="clerk two-track", priority=priority
        )
        program.jump(register)
        program.put(refused)
        program.count("documents refused")
        program.end()
