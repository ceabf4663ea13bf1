"""Paths: what happens to a dossier of each procedure, and to a document, step by step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.engine import Label, Program, exponential, fixed, lognormal, uniform
from simulation.province import Procedure, Province
from simulation.year.conduct import Conduct
from simulation.year.offices import (
    ABOVE,
    BELOW,
    BESIDE,
    CLERK,
    LEADER,
    PORTAL,
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
#: Service levels from which a form can be sent in, and money too (SYS-LEVELS).
CAN_FILE, CAN_PAY = 3, 4
_NEGLECTED_UNTIL = 1.6  #: times the legal limit: how long a neglected dossier lies at most (assumed)
_WORKING_DAY = 8.0 * 3600.0
_ASK_MINISTRIES = ("department", "province")
_ASKS_FROM_HOURS = 40.0  #: nobody asks a ministry about what is due within a week (assumed)


Integers = NDArray[np.int64]


class Paths(NamedTuple):
    """The program, and where in it each kind of paper begins."""

    program: Program
    dossiers: Integers  #: (at the counter 0 or online 1, neglected 0 or 1, procedure)
    document: int
    urgent: int
    documents_from: int  #: instructions from here on are of documents


def paths_of(province: Province, conduct: Conduct) -> Paths:
    """Write the year's program."""
    program = Program(roles=ROLES, groups=tuple(groups_of(province)), tables=TABLES)
    writer = _Writer(program, conduct)
    dossiers = np.zeros((2, 2, len(province.procedures)), dtype=np.int64)
    for number, procedure in enumerate(province.procedures):
        for neglected in (False, True):
            counter = Label()
            dossiers[0, int(neglected), number] = program.here()
            program.put(counter)
            writer.dossier(procedure, neglected=neglected)
            if procedure.level >= CAN_FILE:
                dossiers[1, int(neglected), number] = program.here()
                if procedure.automatic and not procedure.online_fee:
                    writer.granted_at_once(procedure, counter)
                else:
                    writer.dossier(procedure, neglected=neglected, instead=counter)
    documents_from = program.here()
    starts = []
    for priority in (1, 0):
        starts.append(program.here())
        writer.document(priority=priority)
    return Paths(program, dossiers, starts[0], starts[1], documents_from)


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

    def dossier(self, procedure: Procedure, *, neglected: bool, instead: Label | None = None) -> None:
        """From the counter, or (with `instead`: the counter's path for whom the portal fails) online, to the result."""
        program, conduct = self.program, self.conduct
        online, level = instead is not None, procedure.level
        withdrawn, supplement, examine, rejected = (Label() for _ in range(4))
        if instead is not None:
            self._taken_in_online(procedure, instead)
        else:
            self._taken_in_at_counter()
        program.count("received")
        if level >= CAN_FILE:
            program.count(f"received at level {level}")
        program.mark("received")
        self._aside(conduct["unbound_share"], "recoding", RECEPTION, conduct["minutes_recoding"], "reception")
        self._lies(procedure, neglected=neglected)
        self._elsewhere(procedure)
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
        # Where data are shared, nobody is asked for what another agency has already.
        lacks = conduct["supplement_share"] * (1.0 - conduct["known_already_share"] * conduct["data_shared_share"])
        program.chance(lacks, supplement, stream="dossier.lacks")
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
        handed_back = Label()
        program.put(handed_back)
        self._handed_back(procedure, online=online)
        program.put(rejected)
        program.count("rejected")
        program.jump(handed_back)
        program.put(supplement)
        program.count("supplement")
        if not online:
            program.count("visit")
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

    def _less_typing(self, minutes: float) -> float:
        """Minutes at the counter, less what databases type in (TRB-NO-SHARING)."""
        return minutes * (1.0 - self.conduct["typing_share"] * self.conduct["data_shared_share"])

    def _taken_in_at_counter(self) -> None:
        program, conduct = self.program, self.conduct
        gave_up, taken, gone, come = (Label() for _ in range(4))
        program.put(come)
        program.count("visit")
        program.serve(
            RECEPTION,
            lognormal(60.0 * self._less_typing(conduct["minutes_reception"]), self.variation),
            stream="dossier.reception",
            priority=1,
            work="work reception",
            wait="wait counter",
            patience=conduct.hours("counter_patience_hours"),
            out_of_patience=gave_up,
        )
        program.jump(taken)
        program.put(gave_up)
        program.count("gave up")
        program.chance(conduct["gives_up_for_good_share"], gone, stream="dossier.gives up")
        program.delay(exponential(_WORKING_DAY), stream="dossier.comes again", office=True)
        program.again()
        program.jump(come)
        program.put(gone)
        program.count("gone for good")
        program.end()
        program.put(taken)

    def granted_at_once(self, procedure: Procedure, instead: Label) -> None:
        """No official before the result (SYS-OPENDATA); one hands it back where it does not go over the net."""
        program = self.program
        self._at_portal(instead)
        program.count("received")
        program.count(f"received at level {procedure.level}")
        program.count("received online")
        program.count(f"received online at level {procedure.level}")
        program.mark("received")
        program.due(max(3600.0 * procedure.deadline_hours, 3600.0))
        program.judge(on_time="on time", late="late")
        program.measure("handling", since="received")
        program.count("approved")
        program.count("granted at once")
        self._handed_back(procedure, online=True)

    def _at_portal(self, instead: Label) -> None:
        """Send the form in; whom the portal fails goes to the counter."""
        program, conduct = self.program, self.conduct
        tired, filed = Label(), Label()
        program.serve(
            PORTAL,
            fixed(conduct["portal_seconds"]),
            stream="portal",
            wait="wait portal",
            patience=conduct.hours("outage_patience_hours"),
            out_of_patience=tired,
        )
        program.jump(filed)
        program.put(tired)
        program.count("portal failed")
        program.delay(exponential(conduct.hours("hours_between_agencies")), stream="dossier.to counter", office=True)
        program.jump(instead)
        program.put(filed)

    def _taken_in_online(self, procedure: Procedure, instead: Label) -> None:
        """The portal, the inbox (behind whoever stands at the counter), and a visit where the service is hollow."""
        program, conduct = self.program, self.conduct
        visit, accepted = Label(), Label()
        self._at_portal(instead)
        if procedure.fee and procedure.level >= CAN_PAY:
            paid = Label()
            program.count("fee at level 4")
            program.chance(1.0 - conduct["paid_online_share"], paid, stream="dossier.pays")
            program.count("paid online")
            program.put(paid)
        share = conduct["copies_visit_share" if procedure.certified_copies else "hollow_visit_share"]
        program.chance(share, visit, stream="dossier.hollow")
        program.jump(accepted)
        program.put(visit)
        program.count("visit")
        program.count("visit after filing online")
        program.delay(exponential(_DAY * conduct["days_to_visit"]), stream="dossier.visit")
        self._serve(RECEPTION, conduct["minutes_acceptance"], "dossier.papers", stat="reception")
        program.put(accepted)
        self._serve(
            RECEPTION,
            self._less_typing(conduct["minutes_acceptance"]),
            "dossier.acceptance",
            stat="reception",
            wait="wait online",
            priority=2,
        )
        program.count("received online")
        program.count(f"received online at level {procedure.level}")

    def _aside(self, share: float, stream: str, role: str, minutes: float, stat: str) -> None:
        """Some dossiers cost somebody these minutes besides."""
        if share <= 0:
            return
        besides, on = Label(), Label()
        self.program.chance(share, besides, stream=f"dossier.{stream}")
        self.program.jump(on)
        self.program.put(besides)
        self.program.count(stream)
        self._serve(role, minutes, f"dossier.{stream}.work", stat=stat)
        self.program.put(on)

    def _lies(self, procedure: Procedure, *, neglected: bool) -> None:
        """Set the limit; the dossier lies in a pile, past the limit where it is neglected."""
        program, conduct = self.program, self.conduct
        if procedure.same_day:
            program.due_same_day(cutoff=conduct.hours("same_day_cutoff_hours"))
            return
        limit = 3600.0 * procedure.deadline_hours
        program.due(max(limit, 3600.0))
        low, high = (1.0, _NEGLECTED_UNTIL) if neglected else (conduct["deadline_use_from"], conduct["deadline_use_to"])
        program.delay(uniform(low * limit, high * limit), stream="dossier.pile", office=True)

    def _elsewhere(self, procedure: Procedure) -> None:
        """Other agencies of the linked one-stop, and a ministry that is asked and answers late."""
        program, conduct = self.program, self.conduct
        between = exponential(conduct.hours("hours_between_agencies"))
        for link in procedure.linked_agencies:
            stay = Label()
            program.move(f"to {link}", otherwise=stay, stream="dossier.link")
            program.delay(between, stream=f"dossier.to {link}", office=True)
            mismatch = conduct["vendor_mismatch_share"]
            self._aside(mismatch, "retyping", RECEPTION, conduct["minutes_retyping"], "reception")
            self._serve(SPECIALIST, conduct["minutes_examination"], f"dossier.at {link}", stat="examination")
            program.delay(between, stream=f"dossier.from {link}", office=True)
            program.put(stay)
            program.home()
        if procedure.tier in _ASK_MINISTRIES and procedure.deadline_hours >= _ASKS_FROM_HOURS:
            asked, on = Label(), Label()
            program.chance(conduct["ministry_share"], asked, stream="dossier.ministry")
            program.jump(on)
            program.put(asked)
            program.count("asked a ministry")
            answer = exponential(_WORKING_DAY * conduct["ministry_days"])
            program.delay(answer, stream="dossier.ministry.answer", office=True)
            program.put(on)

    def _handed_back(self, procedure: Procedure, *, online: bool) -> None:
        """Over the net, by post, or at the counter."""
        program, conduct = self.program, self.conduct
        posted, over_the_net = Label(), Label()
        if online and procedure.level >= CAN_PAY:
            program.chance(conduct["online_result_share"], over_the_net, stream="dossier.result")
        program.chance(conduct["post_return_share"], posted, stream="dossier.post")
        program.count("visit")
        self._serve(RECEPTION, conduct["minutes_return"], "dossier.return", stat="reception")
        program.end()
        program.put(posted)
        program.count("by post")
        self._serve(RECEPTION, conduct["minutes_return"], "dossier.return", stat="reception")
        program.end()
        program.put(over_the_net)
        program.count("result online")
        program.end()

    def document(self, *, priority: int) -> None:
        """Draft, signature on screen or on paper and through the scanner, issue; then every addressee takes it up."""
        program, conduct = self.program, self.conduct
        digital, issue, incoming, bad = Label(), Label(), Label(), Label()
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
        program.chance(conduct["wrong_format_share"], bad, stream="document.format")
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
        # A signature that does not follow the format: issued, sent back, and signed again (TRB-SIGNFORMAT).
        program.put(bad)
        program.count("wrong format")
        self._serve(CLERK, conduct["minutes_issue"], "document.issue", stat="clerk again", priority=priority)
        program.delay(exponential(conduct.hours("hours_until_sent_back")), stream="document.sent-back", office=True)
        self._serve(CLERK, conduct["minutes_register"], "document.back", stat="clerk again", priority=priority)
        program.again()
        program.jump(digital)
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
