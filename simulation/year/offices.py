"""Offices: the province's agencies as places with teams, and the ways that papers take between them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from simulation.engine import Network, Opening, Place, Team
from simulation.province import Agency, Province
from simulation.streams import Streams
from simulation.year import outages
from simulation.year.conduct import Conduct
from simulation.year.leaders import hours_of

RECEPTION, SPECIALIST, LEADER, CLERK = "reception_clerk", "specialist", "leader", "document_clerk"
PORTAL = "portal"  #: no person: the agency's share of the portal, which takes so many dossiers at once
ROLES = (RECEPTION, SPECIALIST, LEADER, CLERK, PORTAL)
ABOVE, BELOW, BESIDE = "above", "below", "beside"
STAND_IN, TWO_TRACK, UP = "stand_in", "two_track", "up"
TABLES = (STAND_IN, TWO_TRACK, UP)
#: Longer than the longest legal limit of the 2018 catalogue (45 working days) with a supplement of the mean length.
WARM_UP_DAYS = 75
_DAY = 86400.0


def groups_of(province: Province) -> dict[str, list[list[int]]]:
    """Where papers can go from each agency: above, below, beside, and to whatever a procedure is linked with."""
    numbers = {agency.code: number for number, agency in enumerate(province.agencies)}
    below: dict[str, list[int]] = defaultdict(list)
    for agency in province.agencies:
        below[agency.parent].append(numbers[agency.code])
    groups = {
        ABOVE: [_above(province, numbers, agency) for agency in province.agencies],
        BELOW: [below[agency.code] for agency in province.agencies],
        BESIDE: [
            [other for other in below[agency.parent] if other != numbers[agency.code]] if agency.parent else []
            for agency in province.agencies
        ],
    }
    for link in sorted({link for procedure in province.procedures for link in procedure.linked_agencies}):
        groups[f"to {link}"] = [_linked(province, numbers, agency, link) for agency in province.agencies]
    return groups


def _above(province: Province, numbers: dict[str, int], agency: Agency) -> list[int]:
    """The agency above and its own office beside it; without districts, a commune has all departments above it."""
    above = next((other for other in province.agencies if other.code == agency.parent), None)
    if above is None:
        return []
    # A district's divisions stand inside its committee. Since 1 July 2025 there are none: what went to a district goes
    # to the departments too (assumed: in equal parts), or a few leaders would read what nine districts did.
    guided = agency.tier == "commune" and above.tier == "province"
    return [numbers[above.code]] + [
        numbers[other.code]
        for other in province.agencies
        if other.parent == above.code
        and other.tier == "department"
        and (guided or other.installation == above.installation)
        and other.code != agency.code
    ]


def _linked(province: Province, numbers: dict[str, int], agency: Agency, link: str) -> list[int]:
    """The agency named by its code, or the nearest of a tier: itself (nothing to send), above, or one below."""
    if link in numbers:
        return [] if link == agency.code else [numbers[link]]
    if agency.tier == link:
        return []
    by_code = {other.code: other for other in province.agencies}
    up = by_code.get(agency.parent)
    while up is not None and up.tier != link:
        up = by_code.get(up.parent)
    if up is not None:
        return [numbers[up.code]]
    under = [other for other in province.agencies if other.parent == agency.code] or list(province.agencies)
    return [numbers[other.code] for other in under if other.tier == link]


def network_of(province: Province, conduct: Conduct, office: Opening, *, streams: Streams) -> Network:
    """Open every agency's desks. Each leader has a desk of their own, their own hours, and their own way of signing.

    A leader signs on screen or not; with training in the year, who comes learns. While the systems are down, clerks and
    portal do nothing. `streams` are those of the replication: hours and habits of one leader do not change when another
    number does.
    """
    servers: dict[tuple[str, str], int] = defaultdict(int)
    for member in province.staff:
        servers[member.agency, member.role] += 1
    leaders = streams.within("leaders")
    at_screen, portal = outages.drawn(office, conduct, streams["outages"])
    hours = {RECEPTION: at_screen, SPECIALIST: office, CLERK: at_screen}
    places = []
    for number, agency in enumerate(province.agencies):
        teams: dict[str, list[Team]] = {}
        for role, opening in hours.items():
            many = max(servers[agency.code, role], 1)
            teams[role] = [Team(name=f"{agency.code} {role}", servers=many, opening=opening)]
        teams[PORTAL] = [
            Team(name=f"{agency.code} {PORTAL}", servers=max(round(conduct["portal_at_once"]), 1), opening=portal)
        ]
        rng = leaders.block("hours", number)
        habits = leaders.block("habits", number).random((64, 3))
        teams[LEADER] = [
            _leader(f"{agency.code} {LEADER} {which + 1}", hours_of(office, conduct, rng), conduct, habits[which % 64])
            for which in range(max(servers[agency.code, LEADER], 1))
        ]
        places.append(Place(name=agency.name, teams=teams))
    many = len(places)
    printing = streams["two-track"].random(many) < conduct["two_track_share"]
    return Network(
        places=tuple(places),
        office=office,
        groups=groups_of(province),
        tables={
            STAND_IN: np.full(many, conduct["stand_in_share"]),
            TWO_TRACK: printing.astype(np.float64),
            UP: np.array(
                [
                    conduct["document_up_share" if agency.tier == "commune" else "document_up_share_provincial"]
                    for agency in province.agencies
                ]
            ),
        },
    )


def _leader(name: str, opening: Opening, conduct: Conduct, luck: NDArray[np.float64]) -> Team:
    """One leader: signs on screen from the start, or from the day of training on, or never."""
    signs, comes, when = luck
    chance, since = 0.0, -np.inf
    if signs < conduct["leader_signs_digitally_share"]:
        chance = 1.0
    elif conduct["training_days"] > 0 and comes >= conduct["deputy_at_training_share"]:
        chance, since = conduct["signs_once_learned_share"], (WARM_UP_DAYS + when * conduct["training_days"]) * _DAY
    return Team(name=name, servers=1, opening=opening, chance=chance, since=since)
