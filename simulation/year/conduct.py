"""Conduct: every number that a year of a province goes by, with its unit and its source.

Volumes, shares and minutes are the province's own figures and the scenario's habits; what only a year needs stands
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from simulation.province import Figure, Province
from simulation.scenario import Scenario


def _assumed(value: float, unit: str, why: str) -> Figure:
    return Figure(value=value, unit=unit, source=f"assumed: {why}")


#: Numbers that a day does not need. Those of a trouble name it; where a province does not have it, the number is 0.
OF_A_YEAR: Final[Mapping[str, Figure]] = {
    # --- Leaders and documents
    "leader_days_away_share": _assumed(
        0.12, "share of a leader's days", "conferences, site visits, training (report 1)"
    ),
    "stand_in_share": _assumed(0.7, "share", "somebody else signs where the leader is away; else the paper waits"),
    "deputy_at_training_share": _assumed(
        0.5, "share of leaders", "report 1 says that leaders send deputies to training (TRB-DELEGATE), and no number"
    ),
    "training_days": _assumed(
        0.0, "days from the year's beginning in which training reaches everybody; 0 for none", "nobody reports any"
    ),
    "signs_once_learned_share": _assumed(
        0.8, "share of documents", "a leader who has learned to sign still signs some by hand"
    ),
    "two_track_share": _assumed(
        0.5, "share of agencies", "signed digitally and printed anyway (TRB-TWO-TRACK, report 1 gives no number)"
    ),
    "minutes_two_track": _assumed(6.0, "minutes", "print, stamp and file what was signed on screen"),
    "minutes_print_incoming": _assumed(2.0, "minutes", "print and file what came over the hub"),
    "wrong_format_share": _assumed(
        0.05, "share of documents signed digitally", "sent back and signed again (TRB-SIGNFORMAT, report 0: no number)"
    ),
    "hours_until_sent_back": _assumed(4.0, "working hours", "until somebody notices that the signature is no good"),
    "document_up_share_provincial": _assumed(
        0.15, "share of addressees", "departments and districts write to each other more than to the province's office"
    ),
    "document_action_share": _assumed(0.35, "share of incoming documents", "the others are read and filed"),
    "urgent_share": _assumed(0.08, "share of documents", "envelope priorities 2 to 4 of the day's model"),
    # --- Dossiers at the desks
    "counter_patience_hours": _assumed(3.0, "hours on the wall", "then people go home, often at noon"),
    "gives_up_for_good_share": _assumed(0.1, "share of those who went home", "never come again; the others do soon"),
    "days_to_supplement": _assumed(5.0, "days", "mean until the applicant hands in what lacked (lognormal)"),
    "supplement_abandon_share": _assumed(0.08, "share of those asked", "never come back"),
    "hours_between_agencies": _assumed(4.0, "working hours", "papers on their way between two agencies"),
    "same_day_cutoff_hours": Figure(
        value=2.0,
        unit="hours before closing",
        source="Nghị định 23/2015/NĐ-CP: after 15:00 by the next working day (from memory, unverified)",
    ),
    "neglected_share": _assumed(
        0.03, "share of dossiers with a limit, mean over agencies", "lie until after the limit where nobody looks"
    ),
    "neglect_variation": _assumed(1.0, "coefficient of variation over agencies", "most have few, some many"),
    "board_acted_upon": _assumed(0.0, "0 or 1", "nobody checks, so nobody acts (TRB-NO-ENFORCEMENT, reports 1 and 2)"),
    "neglect_after_inspection": _assumed(0.3, "times what it was", "what an inspection after a bad quarter leaves"),
    "ministry_share": _assumed(0.05, "share of dossiers at departments with a limit", "wait for a ministry's opinion"),
    "ministry_days": _assumed(
        10.0, "working days", "mean until a ministry answers (TRB-SLOW-MINISTRY, report 1: very slowly)"
    ),
    "vendor_mismatch_share": _assumed(
        0.0, "share of dossiers that go to another agency", "one vendor in Bến Tre; three in Bắc Giang would make 2/3"
    ),
    "minutes_retyping": _assumed(8.0, "minutes", "type into the other vendor's software (TRB-VENDOR-MISMATCH)"),
    "unbound_share": _assumed(
        0.04, "share of dossiers", "under a code that the national database does not have (TRB-UNBOUND-CATALOGUE)"
    ),
    "minutes_recoding": _assumed(6.0, "minutes", "find the right procedure and type it in again"),
    "data_shared_share": _assumed(0.0, "share of dossiers", "no databases connected yet (TRB-NO-SHARING)"),
    "typing_share": _assumed(0.5, "share of the minutes at the counter", "typing in what a database knows"),
    "known_already_share": _assumed(0.3, "share of supplements", "ask for papers that another agency has"),
    # --- People and the net
    "citizens_ready_share": _assumed(
        0.25, "share of people", "have a phone or a computer, and would use it for this (TRB-NO-ECITIZEN)"
    ),
    "companies_ready_share": _assumed(0.7, "share of filers of companies", "have a computer and a scanner"),
    "finds_out_share": _assumed(0.03, "share of needs", "learn at a need that it can be done online"),
    "word_of_mouth": _assumed(0.2, "chance at a need where everybody does it", "neighbours and colleagues tell"),
    "stays_online_share": _assumed(0.85, "share of needs", "of those who have filed online before"),
    "consulted": _assumed(0.0, "0 or 1", "services go online without asking anybody (TRB-HOLLOW-SERVICE)"),
    "wanted_from": _assumed(12.0, "dossiers a year that would come online", "what fewer ask for stays off the net"),
    "copies_visit_share": _assumed(1.0, "share of online dossiers with certified copies", "bring them to the counter"),
    "hollow_visit_share": _assumed(
        0.2, "share of the other online dossiers", "a step on site all the same (TRB-HOLLOW-SERVICE, report 0: many)"
    ),
    "days_to_visit": _assumed(3.0, "days", "until the applicant comes with the papers"),
    "paid_online_share": _assumed(0.6, "share of online dossiers with a fee at level 4", "the rest pay at the counter"),
    "portal_seconds": _assumed(2.0, "seconds", "what the portal works on one dossier"),
    "portal_at_once": _assumed(8.0, "dossiers of one agency at once", "capacity of the portal"),
    "outages_a_year": _assumed(12.0, "a year", "systems are down once a month (TRB-WEAK-INFRA)"),
    "outage_hours": _assumed(3.0, "hours", "mean, exponential; begins at any time of a working day"),
    "outage_patience_hours": _assumed(4.0, "hours on the wall", "then people take the dossier to the counter"),
    # --- What things cost, and what people think
    "official_hour": _assumed(60_000.0, "đồng an hour", "what an official costs"),
    "visit_hours": _assumed(2.5, "hours a visit", "way there, waiting, way back"),
    "visitor_hour": _assumed(25_000.0, "đồng an hour", "what an hour of a visitor is worth"),
    "satisfied_share": _assumed(0.96, "share of dossiers", "where all went well"),
    "angry_if_late": _assumed(0.5, "share of late dossiers", "dissatisfied for that"),
    "angry_if_asked_again": _assumed(0.15, "a supplement", "dissatisfied for that"),
    "angry_if_rejected": _assumed(0.4, "share of rejected dossiers", "dissatisfied for that"),
    "angry_if_sent_to_counter": _assumed(0.3, "a visit after filing online", "dissatisfied for that"),
    "results_published_share": _assumed(0.6, "share of results", "published on the portal (TRB-UNBOUND-CATALOGUE)"),
    "digitised_share": _assumed(0.2, "share of results", "kept in electronic form"),
}


class Conduct(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers by name."""

    figures: Mapping[str, Figure]

    def __getitem__(self, name: str) -> float:
        """Return a number. Raises KeyError for one that nobody set."""
        return self.figures[name].value

    def minutes(self, name: str) -> float:
        """Return the seconds of a number given in minutes."""
        return 60.0 * self.figures[name].value

    def hours(self, name: str) -> float:
        """Return the seconds of a number given in hours."""
        return 3600.0 * self.figures[name].value

    def changed(self, **values: float) -> Conduct:
        """Return the same with some numbers set otherwise. Raises KeyError for a name that does not exist."""
        changed = {
            name: Figure(value=value, unit=self.figures[name].unit, source="what if") for name, value in values.items()
        }
        return Conduct(figures={**self.figures, **changed})


def conduct_of(province: Province, scenario: Scenario) -> Conduct:
    """Put the numbers of a province and its scenario together."""
    return Conduct(figures={**OF_A_YEAR, **scenario.habits, **province.figures, **scenario.figures})
