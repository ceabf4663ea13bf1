"""Signing: how many e-documents carry a leader's digital signature (FIG-SIGN-VP, FIG-SIGN-HD), from people and offices.

Leaders are trained one after the other from the day on which the axis opens. Who sends a deputy never learns; who comes
signs most documents on screen from then on. One number is calibrated for each province: how long the training takes to
reach everybody. What follows from it beyond the published figure is predicted.

The offices are those of the scenario's province in its own year, and of these the ones that write to the Government
Office: the province's own. Neither province is modelled itself, and the days of 2019 are played on the calendar of the
scenario's era.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.engine import Network
from simulation.engine.kernel import S_COUNT
from simulation.figures.pack import Pack
from simulation.province import Province
from simulation.scenario import Scenario
from simulation.streams import Streams
from simulation.year.conduct import Conduct, conduct_of
from simulation.year.offices import LEADER, WARM_UP_DAYS
from simulation.year.simulating import replicate, setting_of

Numbers = NDArray[np.float64]

_CASES = ("FIG-SIGN-VP", "FIG-SIGN-HD")
ROWS = tuple(f"{case}{what}" for case in _CASES for what in ("", ".december", ".no-deputies"))
PARAMETERS: Final[Mapping[str, tuple[float, float]]] = {
    "roll_out_days_vp": (0, 3000),
    "roll_out_days_hd": (0, 3000),
    "deputies_share": (0, 1),
    "signs_once_learned_share": (0, 1),
}
_DAY = 86400.0
#: From the opening of the national axis (12 March, from memory, unverified) to the day that report 0 counts up to.
OPENED, COUNTED_UNTIL, YEARS_END = (3, 12), (8, 21), (12, 31)
_OWN_TIERS = ("province", "department")


def play(pack: Pack, *, province: Province, scenario: Scenario, worlds: int, seed: int) -> Mapping[str, Numbers]:
    """Signed share of the documents that provincial agencies issued, in each world."""
    rows: dict[str, Numbers] = {}
    offices = own_offices(province)
    for case in _CASES:
        days = pack[f"roll_out_days_{case[-2:].lower()}"]

        def share(changed: Pack = pack, *, days: float = days, until: tuple[int, int] = COUNTED_UNTIL) -> Numbers:
            return signed_share(changed, offices, scenario, days=days, until=until, worlds=worlds, seed=seed)

        rows[case] = share()
        rows[f"{case}.december"] = share(until=YEARS_END)
        rows[f"{case}.no-deputies"] = share(pack.changed(deputies_share=0.0))
    return rows


def own_offices(province: Province) -> Province:
    """Leave the province's own agencies, with the documents that their clerks see to."""
    agencies = tuple(agency for agency in province.agencies if agency.tier in _OWN_TIERS)
    codes = {agency.code for agency in agencies}
    staff = tuple(member for member in province.staff if member.agency in codes)
    clerks = [sum(member.role == "document_clerk" for member in some) for some in (staff, province.staff)]
    figure = province.figures["documents_per_day"]
    own = msgspec.structs.replace(figure, value=figure.value * clerks[0] / max(clerks[1], 1))
    return msgspec.structs.replace(
        province, agencies=agencies, staff=staff, figures={**province.figures, "documents_per_day": own}
    )


def signed_share(
    pack: Pack,
    offices: Province,
    scenario: Scenario,
    *,
    days: float,
    until: tuple[int, int],
    worlds: int,
    seed: int,
) -> Numbers:
    """Signed share of the documents issued since the axis opened, where training takes `days` to reach everybody."""
    conduct = conduct_of(offices, scenario)
    # Nobody signs yet; dossiers neither sign nor wait for documents, and leaving them out saves most of the time.
    conduct = conduct.changed(
        leader_signs_digitally_share=0.0, dossiers_per_day=0.0, deputy_at_training_share=pack["deputies_share"]
    )
    year = date.fromisoformat(scenario.timeline.day).year
    setting = setting_of(offices, scenario, conduct, first=date(year, *OPENED), until=date(year, *until))

    def trained(network: Network, streams: Streams) -> Network:
        habit = pack["signs_once_learned_share"]
        return train(network, conduct, days=days, habit=habit, rng=streams["training"])

    shares = []
    for number in range(worlds):
        seen = replicate(setting, seed=seed, number=number, change=trained).outcome
        signed, issued = (float(seen.stats[name][:, S_COUNT].sum()) for name in ("signed digitally", "issued"))
        shares.append(signed / max(issued, 1.0))
    return np.array(shares)


def train(network: Network, conduct: Conduct, *, days: float, habit: float, rng: np.random.Generator) -> Network:
    """Give each leader a day of training after the warm-up, and say who came and what came of it."""
    places = []
    for place in network.places:
        chance = rng.random((len(place.teams[LEADER]), 2)).tolist()
        leaders = [
            msgspec.structs.replace(
                leader,
                chance=habit if came >= conduct["deputy_at_training_share"] else 0.0,
                since=(WARM_UP_DAYS + when * days) * _DAY,
            )
            for leader, (came, when) in zip(place.teams[LEADER], chance, strict=True)
        ]
        places.append(msgspec.structs.replace(place, teams={**place.teams, LEADER: leaders}))
    return msgspec.structs.replace(network, places=tuple(places))
