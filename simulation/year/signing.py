"""Signing: how many e-documents carry a leader's digital signature (FIG-SIGN-VP, FIG-SIGN-HD), from a mechanism.

Leaders are trained one after the other from the day on which the axis opens. Who sends a deputy never learns; who comes
signs most documents on screen from then on. One number is calibrated for each province: how long the training takes to
reach everybody. What follows from it beyond the published figure is predicted.

The offices are those of the scenario's province in its own year: neither province is modelled itself, and the days of
2019 are played on the calendar of the scenario's era.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec
import numpy as np

from simulation.engine import Network
from simulation.engine.kernel import S_COUNT
from simulation.province import Figure, Province
from simulation.scenario import Scenario
from simulation.streams import Streams
from simulation.text import Text
from simulation.year.conduct import Conduct, conduct_of
from simulation.year.intervals import Interval, interval
from simulation.year.offices import LEADER
from simulation.year.simulating import WARM_UP_DAYS, replicate, setting_of

_DAY = 86400.0
#: From the opening of the national axis (12 March, from memory) to the day that press report 0 counts up to.
OPENED, COUNTED_UNTIL = (3, 12), (8, 21)

HABIT = Figure(
    value=0.8, unit="share of documents", source="assumed: a leader who has learned to sign still signs some by hand"
)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A published share, and the one number that was tuned to meet it."""

    id: str
    province: str
    published: float
    source: str
    roll_out_days: Figure  #: days in which training reaches every leader


CASES: Final[Sequence[Case]] = (
    Case(
        id="FIG-SIGN-VP",
        province="Vĩnh Phúc",
        published=0.179,
        source="press report 0, to 20 August 2019",
        roll_out_days=Figure(value=180.0, unit="days", source="calibrated: meets FIG-SIGN-VP"),
    ),
    Case(
        id="FIG-SIGN-HD",
        province="Hải Dương",
        published=0.355,
        source="press report 0, to 20 August 2019",
        roll_out_days=Figure(value=36.0, unit="days", source="calibrated: meets FIG-SIGN-HD"),
    ),
)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the comparison with the press."""

    id: str
    title: Text
    published: float | None
    simulated: Interval
    kind: str  #: "calibrated" or "predicted"
    source: str


def signed_share(
    province: Province,
    scenario: Scenario,
    *,
    roll_out_days: float,
    seed: int,
    replications: int = 5,
    deputies: float | None = None,
    until: tuple[int, int] = COUNTED_UNTIL,
) -> Interval:
    """Signed share of the documents that provincial agencies issued since the axis opened, with its interval.

    `deputies` is the share of leaders who send somebody else to the training (the conduct's own by default).
    """
    conduct = conduct_of(province, scenario)
    # Nobody signs yet; dossiers neither sign nor wait for documents, and leaving them out saves most of the time.
    conduct = conduct.changed(leader_signs_digitally_share=0.0, dossiers_per_day=0.0)
    if deputies is not None:
        conduct = conduct.changed(deputy_at_training_share=deputies)
    year = date.fromisoformat(scenario.timeline.day).year
    setting = setting_of(province, scenario, conduct, first=date(year, *OPENED), until=date(year, *until))
    counted = np.array([agency.tier in {"province", "department"} for agency in province.agencies])
    shares = []
    for number in range(replications):

        def trained(network: Network, streams: Streams) -> Network:
            return train(network, conduct, roll_out_days=roll_out_days, rng=streams["training"])

        seen = replicate(setting, seed=seed, number=number, change=trained)
        signed, issued = (float(seen.stats[name][counted, S_COUNT].sum()) for name in ("signed digitally", "issued"))
        shares.append(signed / issued)
    return interval(shares)


def train(network: Network, conduct: Conduct, *, roll_out_days: float, rng: np.random.Generator) -> Network:
    """Give each leader a day of training after the warm-up, and say who came and what came of it."""
    places = []
    for place in network.places:
        chance = rng.random((len(place.teams[LEADER]), 2)).tolist()
        leaders = [
            msgspec.structs.replace(
                leader,
                chance=HABIT.value if came >= conduct["deputy_at_training_share"] else 0.0,
                since=(WARM_UP_DAYS + when * roll_out_days) * _DAY,
            )
            for leader, (came, when) in zip(place.teams[LEADER], chance, strict=True)
        ]
        places.append(msgspec.structs.replace(place, teams={**place.teams, LEADER: leaders}))
    return msgspec.structs.replace(network, places=tuple(places))


def figures(province: Province, scenario: Scenario, *, seed: int, replications: int = 5) -> list[Shown]:
    """The published shares beside the simulated ones, and what the same roll-out predicts."""
    rows = []
    for case in CASES:
        days = case.roll_out_days.value

        def share(days: float = days, **more: float) -> Interval:
            return signed_share(
                province,
                scenario,
                roll_out_days=days,
                seed=seed,
                replications=replications,
                deputies=more.get("deputies"),
                until=(12, 31) if "to_december" in more else COUNTED_UNTIL,
            )

        told: Mapping[str, tuple[Text, float | None, Interval, str]] = {
            case.id: (
                Text(
                    f"{case.province}: văn bản điện tử có chữ ký số", f"{case.province}: e-documents signed digitally"
                ),
                case.published,
                share(),
                "calibrated",
            ),
            f"{case.id}.december": (
                Text(
                    f"{case.province}: đến cuối năm, cùng tiến độ tập huấn", f"{case.province}: by December, same pace"
                ),
                None,
                share(to_december=1.0),
                "predicted",
            ),
            f"{case.id}.no-deputies": (
                Text(f"{case.province}: nếu lãnh đạo tự đi tập huấn", f"{case.province}: had leaders come themselves"),
                None,
                share(deputies=0.0),
                "predicted",
            ),
        }
        rows += [
            Shown(id=name, title=title, published=published, simulated=seen, kind=kind, source=case.source)
            for name, (title, published, seen, kind) in told.items()
        ]
    return rows
