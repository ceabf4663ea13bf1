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


#: Numbers that a day does not need.
OF_A_YEAR: Final[Mapping[str, Figure]] = {
    "leader_days_away_share": _assumed(
        0.12, "share of a leader's days", "conferences, site visits, training (report 1)"
    ),
    "stand_in_share": _assumed(0.7, "share", "somebody else signs where the leader is away; else the paper waits"),
    "deputy_at_training_share": _assumed(
        0.5, "share of leaders", "report 1 says that leaders send deputies to training (TRB-DELEGATE), and no number"
    ),
    "two_track_share": _assumed(
        0.5, "share of agencies", "signed digitally and printed anyway (TRB-TWO-TRACK, report 1 gives no number)"
    ),
    "minutes_two_track": _assumed(6.0, "minutes", "print, stamp and file what was signed on screen"),
    "minutes_print_incoming": _assumed(2.0, "minutes", "print and file what came over the hub"),
    "counter_patience_hours": _assumed(3.0, "hours on the wall", "then people go home, often at noon"),
    "days_to_supplement": _assumed(5.0, "days", "mean until the applicant hands in what lacked (lognormal)"),
    "supplement_abandon_share": _assumed(0.08, "share of those asked", "never come back"),
    "hours_between_agencies": _assumed(4.0, "working hours", "papers on their way between two agencies"),
    "document_up_share_provincial": _assumed(
        0.15, "share of addressees", "departments and districts write to each other more than to the province's office"
    ),
    "document_action_share": _assumed(0.35, "share of incoming documents", "the others are read and filed"),
    "urgent_share": _assumed(0.08, "share of documents", "envelope priorities 2 to 4 of the day's model"),
    "same_day_cutoff_hours": Figure(
        value=2.0,
        unit="hours before closing",
        source="Nghị định 23/2015/NĐ-CP: after 15:00 by the next working day (from memory, unverified)",
    ),
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
