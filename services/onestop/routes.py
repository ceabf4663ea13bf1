"""The way of a dossier through other agencies (một cửa liên thông), read off its procedure: a new one needs no code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from services.kit.reference import Agency, Procedure

TIERS = ("province", "department", "district", "commune")


class RouteError(Exception):
    """A procedure's route cannot be followed; the message names every procedure, what was found and the way out."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """One stop of a route: who is asked, and how long they have."""

    step: int  #: place in the route, from 1
    agency: str
    hours: float  #: working hours


def check(procedures: Iterable[Procedure], agencies: Mapping[str, Agency]) -> None:
    """Raise RouteError unless every stop of every procedure is a tier or an agency, and has its time."""
    wrong = []
    for one in procedures:
        if len(one.linked_agencies) != len(one.linked_hours) or any(hours <= 0 for hours in one.linked_hours):
            found = f"{len(one.linked_agencies)} linked_agencies, linked_hours {one.linked_hours}"
            wrong.append(f"{one.code}: {found}; give each agency its working hours, above zero")
        wrong += [
            f"{one.code}: linked_agencies names {to!r}; write a tier ({', '.join(TIERS)}) or an agency's code"
            for to in one.linked_agencies
            if to not in TIERS and to not in agencies
        ]
    if wrong:
        message = "procedures.json: " + "; ".join(wrong)
        raise RouteError(message)


def candidates(to: str, receiver: Agency, agencies: Mapping[str, Agency]) -> list[str]:
    """Agencies that a stop may mean for a dossier of `receiver`; none where it is the receiver's own work.

    A tier means the agency of that tier above the receiver, or else those below it.
    """
    if to not in TIERS:
        return [] if to == receiver.code else [to]
    above = agencies.get(receiver.parent)
    while above is not None:
        if above.tier == to:
            return [above.code]
        above = agencies.get(above.parent)
    return [one.code for one in agencies.values() if one.tier == to and _is_below(one, receiver, agencies)]


def next_stop(
    procedure: Procedure, receiver: Agency, agencies: Mapping[str, Agency], *, after: int, chosen: str | None
) -> Stop | None:
    """Return the stop that follows step `after` (0: the first); None at the end of the route.

    `chosen` is the agency for a tier with several; raises KeyError with the tier's name where it is not among them.
    """
    stops = list(zip(procedure.linked_agencies, procedure.linked_hours, strict=True))
    for step, (to, hours) in enumerate(stops[after:], start=after + 1):
        found = candidates(to, receiver, agencies)
        if not found:
            continue
        if len(found) > 1 and chosen not in found:
            raise KeyError(to)
        return Stop(step=step, agency=chosen if chosen in found else found[0], hours=hours)
    return None


def choice(procedure: Procedure, receiver: Agency, agencies: Mapping[str, Agency]) -> list[str]:
    """Agencies among which one has to be named before the route is begun; none where it is clear."""
    for to in procedure.linked_agencies:
        found = candidates(to, receiver, agencies)
        if len(found) > 1:
            return found
    return []


def _is_below(agency: Agency, receiver: Agency, agencies: Mapping[str, Agency]) -> bool:
    above = agencies.get(agency.parent)
    while above is not None and above.code != receiver.code:
        above = agencies.get(above.parent)
    return above is not None
