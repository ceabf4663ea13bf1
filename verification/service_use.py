"""How the province's services and offices are used, from the systems' own books: troubles in numbers.

TRB-NO-ECITIZEN, TRB-HOLLOW-SERVICE, TRB-NO-SHARING, TRB-NO-ENFORCEMENT, TRB-UNBOUND-CATALOGUE, TRB-TWO-TRACK,
TRB-DELEGATE, TRB-SIGNFORMAT.
"""

from __future__ import annotations

import msgspec

from simulation import province_files
from simulation.mistakes import BadInputError
from simulation.text import Text
from verification.evidence import Evidence
from verification.records import (
    Delegation,
    Drift,
    Filing,
    OfficeEvent,
    OnestopDossier,
    PortalDossier,
    SavedFields,
)
from verification.wording import number, some

_ONLINE_LEVEL = 3
_DECIDED = frozenset({"approved", "rejected", "posted", "returned", "withdrawn"})
_NOT_RECEIVED = "submitted"
_OF_LEADERS = frozenset({"signed", "assigned"})


class Count(msgspec.Struct, frozen=True):
    """A share between 0 and 1, or a number, and what to say about it."""

    value: float
    note: Text


def online(evidence: Evidence) -> Count | Text:
    """Share of dossiers that were filed online, at the portal's book; or why it cannot be told."""
    why = evidence.ledger.why_not([PortalDossier.EXPORT])
    if why:
        return why
    channels = [one.channel for one in evidence.ledger.rows(PortalDossier)]
    return _share(channels.count("online"), len(channels))


def unused_services(evidence: Evidence) -> Count | Text:
    """Share of the services at level 3 or 4, in demand in the province, under which nobody filed online."""
    why = evidence.ledger.why_not([PortalDossier.EXPORT])
    if why:
        return why
    try:
        procedures = province_files.load(evidence.plan.province).procedures
    except BadInputError:
        name = evidence.plan.province
        return Text(f"Không có danh mục của tỉnh “{name}”.", f"There is no catalogue of the province “{name}”.")
    offered = {one.code for one in procedures if one.level >= _ONLINE_LEVEL and one.share_of_demand > 0}
    unused = offered - {one.procedure for one in evidence.ledger.rows(PortalDossier) if one.channel == "online"}
    share = _share(len(unused), len(offered))
    if isinstance(share, Text) or not unused:
        return share
    named = some(sorted(unused))
    return Count(share.value, Text(f"{share.note.vi} {named.vi}.", f"{share.note.en} {named.en}."))


def typed_fields(evidence: Evidence) -> Count | Text:
    """Share of the fields of online forms that applicants typed, although registers may know them.

    From the running portal's book. It counts a field as saved when it gave its value itself at the sign-in, out of the
    population register, and the form came back with that value; pages count what they filled in. What was offered and
    not taken a client has to say itself (`prefilled`): in runs that is the plan's choice (`habits.prefill_share`), in
    life a citizen's. So no more can be saved than registers gave, and less is where a scenario has its citizens type.
    """
    why = evidence.ledger.why_not([SavedFields.EXPORT])
    if why:
        return why
    rows = evidence.ledger.rows(SavedFields)
    typed = sum(one.fields_typed for one in rows)
    return _share(typed, typed + sum(one.fields_saved for one in rows))


def undecided(evidence: Evidence) -> Count | Text:
    """Share of the dossiers received at the one-stop that nobody has decided by the end."""
    why = evidence.ledger.why_not([OnestopDossier.EXPORT])
    if why:
        return why
    states = [one.state for one in evidence.ledger.rows(OnestopDossier) if one.state != _NOT_RECEIVED]
    return _share(sum(state not in _DECIDED for state in states), len(states))


def catalogue_drift(evidence: Evidence) -> Count | Text:
    """Differences between the province's catalogue and the nation's, at the last comparison."""
    why = evidence.ledger.why_not([Drift.EXPORT])
    if why:
        return why
    rows = evidence.ledger.rows(Drift)
    named = some(sorted(f"{one.procedure} ({one.what})" for one in rows))
    return Count(len(rows), Text(f"{named.vi}.", f"{named.en}.") if rows else Text("", ""))


def two_tracks(evidence: Evidence) -> Count | Text:
    """Share of the documents signed on screen and filed that were filed on paper as well."""
    why = evidence.ledger.why_not([Filing.EXPORT])
    if why:
        return why
    papers = [one.paper for one in evidence.ledger.rows(Filing) if one.signed == "digital"]
    return _share(sum(papers), len(papers))


def by_deputies(evidence: Evidence) -> Count | Text:
    """Share of what leaders do (sign on screen, assign) that somebody did in a leader's stead."""
    why = evidence.ledger.why_not([OfficeEvent.EXPORT, Delegation.EXPORT])
    if why:
        return why
    deputies = {(one.agency, one.deputy) for one in evidence.ledger.rows(Delegation)}
    acts = [(one.agency, one.actor) for one in evidence.ledger.rows(OfficeEvent) if one.event in _OF_LEADERS]
    return _share(sum(act in deputies for act in acts), len(acts))


def sealed_again(evidence: Evidence) -> Count | Text:
    """Share of the documents issued that the axis refused for their seal's form, so that they were sealed again."""
    why = evidence.ledger.why_not([OfficeEvent.EXPORT])
    if why:
        return why
    events = [one.event for one in evidence.ledger.rows(OfficeEvent)]
    return _share(events.count("sealed_again"), events.count("issued"))


def _share(part: int, whole: int) -> Count | Text:
    if not whole:
        return Text("Không có gì để đếm.", "There is nothing to count.")
    return Count(
        part / whole,
        Text(
            f"{number(part).vi} trên {number(whole).vi}.",
            f"{number(part).en} of {number(whole).en}.",
        ),
    )
