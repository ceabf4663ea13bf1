"""A scenario: which province on which day, what happens there, how fast the day runs, and what it is judged by."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from simulation.arrivals import Profile
from simulation.client_lines import ClientLine
from simulation.province import Era, Figure
from simulation.text import Text
from simulation.timeline import Timeline

#: Kinds of journey; each is drawn by the module of that name in `simulation.journeys`.
KINDS = (
    "dossier-counter",
    "dossier-online",
    "browsing",
    "document",
    "poll",
    "school",
    "health",
    "civil-service",
    "declaration",
)

#: Arrival profiles that a scenario must bring, and who comes by them.
PROFILES = ("counter", "citizens", "documents", "schools", "health")

#: Habits that a scenario must bring: numbers of conduct that are not facts of one province. Unit beside each.
HABITS: Mapping[str, str] = {
    "service_time_variation": "coefficient of variation",
    "deadline_use_from": "share of the legal deadline",
    "deadline_use_to": "share of the legal deadline",
    "minutes_to_online_acceptance": "working minutes",
    "minutes_on_page": "minutes",
    "minutes_form_filling": "minutes",
    "minutes_payment": "minutes",
    "minutes_to_look_at_result": "minutes",
    "hours_to_supplement": "hours",
    "hours_local_post": "hours",
    "post_same_day_share": "share of parcels",
    "online_result_share": "share of results at level 4",
    "without_diacritics_share": "share of searches",
    "level_filter_share": "share of searches",
    "second_search_share": "share of visits",
    "form_download_share": "share of visits",
    "track_online_share": "share of online dossiers",
    "track_counter_share": "share of counter dossiers",
    "desk_look_share": "share of acts at a one-stop desk",
    "meeting_share": "share of half-days of a leader",
    "meeting_minutes": "minutes",
    "minutes_after_poll": "minutes",
    "hub_delay_seconds": "seconds",
    "document_up_share": "share of addressees",
    "document_down_share": "share of addressees",
    "hours_document_waits": "working hours",
    "filing_share": "share of issued documents",
    "paper_copy_share": "share of filed documents",
    "deputy_share": "share of leaders",
    "misformed_signature_share": "share of agencies",
    "appointments_per_official_year": "appointments an official and year",
    "prefill_share": "share of online forms",
    "closing_margin_run_seconds": "run seconds",
}


class DocumentKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of official document, with subjects it is written about."""

    name: str  #: Vietnamese, e.g. "Công văn"
    share: float  #: relative to the other kinds
    pages: int  #: of a usual one, for the scan
    subjects: tuple[str, ...]
    source: str


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one province, before anything is drawn: parameters only."""

    name: str  #: what users type, e.g. "ben_tre_2018"
    title: Text
    province: str  #: folder in fixtures/provinces
    era: Era
    timeline: Timeline  #: names the day, too
    requirements: tuple[str, ...]  #: requirement tables the run is judged by
    journeys: Mapping[str, float]  #: kind -> factor on the province's own volume; 0 leaves a kind out
    profiles: Mapping[str, Profile]  #: who comes when; names in PROFILES
    habits: Mapping[str, Figure]  #: names in HABITS
    figures: Mapping[str, Figure]  #: figures of the province that this scenario sets otherwise
    document_kinds: tuple[DocumentKind, ...]
    client_lines: tuple[ClientLine, ...] = ()  #: what people reach the portal over
    onestop: str = ""  #: vendor's product behind the one-stop; empty: the reference
    onestop_mismatches: tuple[str, ...] = ()  #: planted in it, by name
    faults: tuple[str, ...] = ()  #: what strikes on that day, as `--fault` writes it
    edxml_mode: str = "strict"  #: whether the axis takes forms outside the schema: "strict" or "lenient"
    certificates_asked: str = "crl"  #: how the axis learns of revocations: by list ("crl"), or by "ocsp" as well

    def habit(self, name: str) -> float:
        """Value of a habit."""
        return self.habits[name].value
