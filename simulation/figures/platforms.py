"""Platforms: bodies of state build, rent or try an LGSP (FIG-LGSP: 3 of 93 in 2018, all of them in 2020).

Until the Government asks for it a body begins when somebody there wants to, at a constant rate, and then builds: that
rate is calibrated on 2018. From then on money is the gate: some find it within the year, the others with the next
year's budget; how long building takes is calibrated on February 2020. Once services can be rented (Decree 73/2019) who
begins mostly rents, which takes months and not years. At last a board with names is looked at every month: whoever is
not ready rents, or takes the platform that the Ministry of Information offers to try. How soon the board is acted upon
is calibrated on July 2020; what all of that comes to at the end of the year is predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulation.figures.luck import scattered
from simulation.figures.pack import Pack
from simulation.figures.shown import Series, series
from simulation.streams import Streams

Numbers = NDArray[np.float64]

#: Rows that are a share of bodies at a moment.
_AT: Final[Mapping[str, float]] = {
    "FIG-LGSP.2018": 2019.0,
    "FIG-LGSP.2019": 2020.0,
    "FIG-LGSP.2020-02": 2020.0 + 2 / 12,
    "FIG-LGSP.2020-07": 2020.0 + 7 / 12,
    "FIG-LGSP": 2021.0,
}
ROWS = (*_AT, "FIG-LGSP.nobody-urges", "FIG-LGSP.nobody-rents")
#: Moments are years with fractions.
PARAMETERS: Final[Mapping[str, tuple[float, float]]] = {
    "bodies": (1, 1000),
    "framework_from": (2000, 2030),
    "starts_a_year": (0, 1),
    "asked_from": (2000, 2030),
    "finds_money_at_once_share": (0, 1),
    "renting_from": (2000, 2030),
    "rents_share": (0, 1),
    "years_to_build": (0.1, 10),
    "years_to_rent": (0.05, 10),
    "duration_variation": (0, 3),
    "urged_from": (2000, 2040),
    "years_from_urging_to_start": (0.01, 10),
    "trial_from": (2000, 2040),
    "takes_trial_share": (0, 1),
    "years_to_try": (0.01, 10),
}


def play(pack: Pack, *, worlds: int, seed: int) -> Mapping[str, Numbers]:
    """Share of bodies with a platform, in each world."""
    streams = Streams(seed).within("figures.platforms")
    ready = ready_from(pack, worlds=worlds, streams=streams)
    never = pack.parameters["urged_from"].high
    without_board = ready_from(pack.changed(urged_from=never), worlds=worlds, streams=streams)
    nothing_ready = ready_from(pack.changed(rents_share=0.0, takes_trial_share=0.0), worlds=worlds, streams=streams)
    end = _AT["FIG-LGSP"]
    return {
        **{row: (ready < moment).mean(axis=1) for row, moment in _AT.items()},
        "FIG-LGSP.nobody-urges": (without_board < end).mean(axis=1),
        "FIG-LGSP.nobody-rents": (nothing_ready < end).mean(axis=1),
    }


def over_time(pack: Pack, *, worlds: int, seed: int) -> Series:
    """Share of bodies with a platform, quarter by quarter."""
    ready = ready_from(pack, worlds=worlds, streams=Streams(seed).within("figures.platforms"))
    at = np.arange(2017.0, 2021.01, 0.25)
    values = np.stack([(ready < moment).mean(axis=1) for moment in at], axis=1)
    return series(pack.title, at.tolist(), values, pack, dict(_AT))


def ready_from(pack: Pack, *, worlds: int, streams: Streams) -> Numbers:
    """When each body's platform runs, (world, body). The same streams give each body the same luck."""
    size = (worlds, int(pack["bodies"]))

    def luck(name: str) -> Numbers:
        return streams.block(name, 0).random(size)

    own = pack["framework_from"] - np.log(luck("own start")) / max(pack["starts_a_year"], 1e-12)
    # Asked: a few have money left this year, the others get it with the budget of the year after, or the one after.
    asked = pack["asked_from"]
    at_once = luck("money") < pack["finds_money_at_once_share"]
    this_year = asked + luck("within the year") * (np.floor(asked) + 1.0 - asked)
    next_year = np.floor(asked) + 1.0 + luck("next budget") * 1.0
    begun = np.minimum(own, np.where(at_once, this_year, next_year))
    may_rent = luck("rents") < pack["rents_share"]
    rents = (begun >= pack["renting_from"]) & may_rent
    factor = scattered(pack["duration_variation"], streams.block("duration", 0), size)
    planned = begun + factor * np.where(rents, pack["years_to_rent"], pack["years_to_build"])
    # Named on the board: whoever can rents now, even in the middle of building, or tries what the Ministry has ready.
    urged = pack["urged_from"] - np.log(luck("urged")) * pack["years_from_urging_to_start"]
    again = scattered(pack["duration_variation"], streams.block("duration when urged", 0), size)
    rented = np.where(may_rent & (urged >= pack["renting_from"]), urged + again * pack["years_to_rent"], np.inf)
    takes = (luck("tries") < pack["takes_trial_share"]) & (urged < pack.parameters["urged_from"].high)
    tried = np.where(takes, np.maximum(urged, pack["trial_from"]) + again * pack["years_to_try"], np.inf)
    return np.asarray(np.minimum(np.minimum(planned, rented), tried))
