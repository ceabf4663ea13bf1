"""Levels: how bodies of state bring their services online (FIG-L4: 1.42 % in 2016, 30.86 % in 2020; FIG-L34: 55 %).

Each body has a team that raises so many services a year by one level, more in one body than in another. It first makes
forms that can be sent in (level 3). Level 4 needs payment: free services need none, the others wait until the body is
connected to a payment platform. Until 2019 only bodies that want to go on to level 4. Then the Government sets a share
of services that have to be there in 2020; teams are pushed, and work on level 4 as long as they are below that share.
The pace is calibrated on 2016 and the push on the share at level 3 or 4 in 2020; level 4 in 2020 and after is
predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.figures.luck import scattered
from simulation.figures.pack import Pack
from simulation.figures.shown import Series, series
from simulation.streams import Streams

Numbers = NDArray[np.float64]

ROWS = ("FIG-L4", "FIG-L4.2016", "FIG-L4.2019", "FIG-L4.2021", "FIG-L4.nobody-asks", "FIG-L34")
PARAMETERS: Final[Mapping[str, tuple[float, float]]] = {
    "bodies": (1, 1000),
    "begun": (2000, 2030),
    "pace": (0.0001, 1),
    "pace_variation": (0, 5),
    "catalogue_variation": (0, 3),
    "free_share": (0, 1),
    "wants_level_4_share": (0, 1),
    "payment_alone_a_year": (0, 5),
    "payment_platform_from": (2000, 2030),
    "years_to_connect": (0.01, 10),
    "asked_from": (2000, 2030),
    "asked_share": (0, 1),
    "asked_share_2021": (0, 1),
    "push": (0.1, 1000),
}
_STEPS_A_YEAR = 12
_END_2016, _END_2019, _END_2020, _END_2021 = 2017.0, 2020.0, 2021.0, 2022.0


class Shares(NamedTuple):
    """National shares of services in each world at the end of a year."""

    four: Numbers
    three_or_four: Numbers


def play(pack: Pack, *, worlds: int, seed: int) -> Mapping[str, Numbers]:
    """Shares of services at level 4, and at level 3 or 4, in each world."""
    seen = raise_levels(pack, worlds=worlds, seed=seed)
    left_alone = raise_levels(pack.changed(asked_from=pack.parameters["asked_from"].high), worlds=worlds, seed=seed)
    return {
        "FIG-L4.2016": seen[_END_2016].four,
        "FIG-L4.2019": seen[_END_2019].four,
        "FIG-L4": seen[_END_2020].four,
        "FIG-L4.2021": seen[_END_2021].four,
        "FIG-L4.nobody-asks": left_alone[_END_2020].four,
        "FIG-L34": seen[_END_2020].three_or_four,
    }


def over_time(pack: Pack, *, worlds: int, seed: int) -> Series:
    """Share of services at level 4, year by year."""
    seen = raise_levels(pack, worlds=worlds, seed=seed)
    at = sorted(seen)
    values = np.stack([seen[year].four for year in at], axis=1)
    published = {"FIG-L4.2016": _END_2016, "FIG-L4": _END_2020, "FIG-L4.2021": _END_2021}
    return series(pack.title, at, values, pack, published)


def raise_levels(pack: Pack, *, worlds: int, seed: int) -> Mapping[float, Shares]:
    """Play month by month from the first year on; returns the shares at the end of each year."""
    streams = Streams(seed).within("figures.levels")
    size = (worlds, int(pack["bodies"]))

    weight = scattered(pack["catalogue_variation"], streams.block("catalogue", 0), size)
    weight /= weight.sum(axis=1, keepdims=True)
    pace = pack["pace"] * scattered(pack["pace_variation"], streams.block("pace", 0), size) / _STEPS_A_YEAR
    wants = streams.block("wants", 0).random(size) < pack["wants_level_4_share"]
    alone = pack["begun"] - np.log(streams.block("alone", 0).random(size)) / max(pack["payment_alone_a_year"], 1e-12)
    platform = (
        pack["payment_platform_from"] - np.log(streams.block("platform", 0).random(size)) * (pack["years_to_connect"])
    )
    pays_from = np.minimum(alone, platform)
    three, four = np.zeros(size), np.zeros(size)
    seen = {}
    for step in range(round((_END_2021 - pack["begun"]) * _STEPS_A_YEAR)):
        now = pack["begun"] + step / _STEPS_A_YEAR
        asked = now >= pack["asked_from"]
        share = pack["asked_share"] if now < _END_2020 else pack["asked_share_2021"]
        work = np.minimum(pace * (pack["push"] if asked else 1.0), 1.0)
        # What may be at level 4 at all: free services, and all others once the body can take money online.
        allowed = np.where(now >= pays_from, 1.0, pack["free_share"])
        room = np.clip(np.minimum(allowed, np.where(wants, 1.0, share if asked else 0.0)) - four, 0.0, None)
        to_four = np.minimum(np.minimum(work, three), room)
        to_three = np.minimum(work - to_four, 1.0 - three - four)
        four, three = four + to_four, three - to_four + to_three
        end = now + 1.0 / _STEPS_A_YEAR
        if abs(end - round(end)) < 1e-6:  # noqa: PLR2004 -- rounding
            seen[float(round(end))] = Shares((weight * four).sum(axis=1), (weight * (three + four)).sum(axis=1))
    return seen
