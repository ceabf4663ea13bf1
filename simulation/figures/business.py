"""Business: who registers companies online (FIG-BT-BIZ), from the companies, their agents and their needs.

Each company needs the register now and then; its filer is its director, or an agent who files for thirty. Those who
sit outside the province save a day's trip and look before they set out; agents learn once for many dossiers, but are at
the counter anyway and do not pay the fee; owners next door just come. How many find out is calibrated twice: before the
fee was waived (2 dossiers in 2017) and after it (200 by 22 August 2018). The rest of the year, and who files, is
predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulation.adoption import Group, file_online, worthwhile
from simulation.figures.pack import Pack
from simulation.figures.shown import Series, series
from simulation.filers import AGENT, Filers, filers_of
from simulation.province import Province
from simulation.streams import Streams

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

ROWS = (
    "FIG-BT-BIZ",
    "FIG-BT-BIZ.2017",
    "FIG-BT-BIZ.22-august",
    "FIG-BT-BIZ.out-of-province",
    "FIG-BT-BIZ.agents",
    "FIG-BT-BIZ.with-fee",
)
PARAMETERS: Final[Mapping[str, tuple[float, float]]] = {
    "opened": (2000, 2030),
    "fee_waived_from": (2000, 2030),
    "finds_before": (0, 1),
    "finds_after": (0, 1),
    "asks_nearby": (0, 1),
    "fee": (0, 1e7),
    "hour": (0, 1e6),
    "trip_hours_outside": (0, 100),
    "trip_hours_agent": (0, 100),
    "trip_hours_owner": (0, 100),
    "learning_hours": (0, 1000),
    "uses_agent": (1, 1000),
    "doubt": (0, 1e7),
    "scatter": (1, 1e7),
    "word_agent": (0, 1),
    "word_owner": (0, 1),
    "stays": (0, 1),
    "stays_agent": (0, 1),
}
_OF_COMPANIES = ("Đăng ký kinh doanh", "company")
_END_2017, _AUGUST_22, _END_2018 = 2018.0, 2018.0 + 234.0 / 365.0, 2019.0


def needs_a_year(province: Province) -> float:
    """How often all companies together need the register."""
    demand = sum(one.share_of_demand for one in province.procedures if (one.field, one.applicant) == _OF_COMPANIES)
    days = province.figures["working_days_per_year"].value
    return demand * province.figures["dossiers_per_day"].value * days


def groups_of(pack: Pack) -> tuple[Group, Group, Group]:
    """The three kinds of filer, in the order of their numbers."""
    return (
        Group(name="outside", word=0.0, stays=pack["stays"]),
        Group(name="agent", word=pack["word_agent"], stays=pack["stays_agent"]),
        Group(name="owner", word=pack["word_owner"], stays=pack["stays"]),
    )


def pays(pack: Pack, *, fee_waived: bool) -> Numbers:
    """Share of each kind of filer for whom filing online pays; an agent's client pays the fee, not the agent."""
    effort, saved = pack["learning_hours"] * pack["hour"], pack["fee"] if fee_waived else 0.0

    def share(trip: str, fee: float, uses: float) -> float:
        gain = pack[trip] * pack["hour"] + fee
        return worthwhile(gain=gain, effort=effort, uses=uses, doubt=pack["doubt"], scatter=pack["scatter"])

    return np.array(
        [
            share("trip_hours_outside", saved, 1.0),
            share("trip_hours_agent", 0.0, pack["uses_agent"]),
            share("trip_hours_owner", saved, 1.0),
        ]
    )


def play(pack: Pack, *, province: Province, worlds: int, seed: int) -> Mapping[str, Numbers]:
    """Dossiers filed online until each day, and by whom, in each world."""
    streams = Streams(seed).within("figures.business")
    register, needs = filers_of(province), needs_a_year(province)
    seen: dict[str, list[float]] = {name: [] for name in ROWS}
    for world in range(worlds):
        own = streams.within(f"world.{world}")
        moments, company, online = _world(pack, register, needs, own, waived=True)
        in_2018 = online & (moments >= _END_2017) & (moments < _END_2018)
        seen["FIG-BT-BIZ.2017"].append(float((online & (moments < _END_2017)).sum()))
        seen["FIG-BT-BIZ.22-august"].append(float((in_2018 & (moments < _AUGUST_22)).sum()))
        seen["FIG-BT-BIZ"].append(float(in_2018.sum()))
        outside = register.outside[company]
        seen["FIG-BT-BIZ.out-of-province"].append(_share(outside, in_2018))
        seen["FIG-BT-BIZ.agents"].append(_share(register.group[company] == AGENT, in_2018 & ~outside))
        moments, _, online = _world(pack, register, needs, own, waived=False)
        seen["FIG-BT-BIZ.with-fee"].append(float((online & (moments >= _END_2017) & (moments < _END_2018)).sum()))
    return {name: np.array(values) for name, values in seen.items()}


def over_time(pack: Pack, *, province: Province, worlds: int, seed: int) -> Series:
    """Dossiers filed online since the beginning of 2018, month by month."""
    streams = Streams(seed).within("figures.business")
    register, needs = filers_of(province), needs_a_year(province)
    at = np.linspace(_END_2017, _END_2018, 13)
    values = []
    for world in range(worlds):
        moments, _, online = _world(pack, register, needs, streams.within(f"world.{world}"), waived=True)
        filed = moments[online & (moments >= _END_2017)]
        values.append(np.searchsorted(filed, at).astype(np.float64))
    published = {"FIG-BT-BIZ.22-august": _AUGUST_22, "FIG-BT-BIZ": _END_2018}
    return series(pack.title, at.tolist(), np.array(values), pack, published)


def _world(
    pack: Pack, register: Filers, needs: float, streams: Streams, *, waived: bool
) -> tuple[Numbers, Integers, NDArray[np.bool_]]:
    """One world from the opening on: moments of need, company, filed online or not."""
    many = int(streams.block("count", 0).poisson(needs * (_END_2018 - pack["opened"])))
    moments = np.sort(streams.block("moments", 0).uniform(pack["opened"], _END_2018, many))
    company = streams.block("companies", 0).integers(0, len(register.filer), many)
    after = moments >= pack["fee_waived_from"]
    filer, group = register.filer[company], register.group[company]
    # The same people find it worth their while first, whatever the fee.
    reluctance = streams.block("reluctance", 0).random(int(register.filer.max()) + 1)
    chance = np.where(after, pays(pack, fee_waived=waived)[group], pays(pack, fee_waived=False)[group])
    looks = np.array([1.0, pack["asks_nearby"], pack["asks_nearby"]])[group]
    online = file_online(
        (filer, group),
        groups_of(pack),
        begins=np.zeros(len(reluctance), dtype=np.bool_),
        willing=reluctance[filer] < chance,
        finds=looks * np.where(after, pack["finds_after"], pack["finds_before"]),
        sizes=register.sizes,
        luck=streams.block("luck", 0).random(many),
    )
    return moments, company, online


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return float((part & whole).sum() / max(whole.sum(), 1))
