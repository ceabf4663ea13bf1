"""Simulating a year: replications of a province, and pairs of them that differ in one habit.

Headings (STRESS-DES): inputs are the province, the scenario and the conduct; chance comes from one seed by named
streams, one family for each replication; warm-up is `WARM_UP_DAYS` before the year; the two sides of a comparison
have common random numbers, and intervals are Student's over replications.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.calendar import calendar_of
from simulation.engine import Network, Opening, Sample, opening, run
from simulation.engine.opening import days as days_between
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.scenario import Scenario
from simulation.streams import Streams
from simulation.text import Text
from simulation.year.conduct import Conduct, conduct_of
from simulation.year.demand import Days, arrivals_of
from simulation.year.indicators import INDICATORS, Counts, Offer, Played, counts_of
from simulation.year.intervals import Interval, interval
from simulation.year.offices import WARM_UP_DAYS, network_of
from simulation.year.online import offered
from simulation.year.paths import CAN_PAY, Paths, paths_of
from simulation.year.rhythm import weights_of
from simulation.year.whatif import Trouble, WhatIf, find

_DAY = 86400.0
_YEAR = Text("Mô phỏng một năm", "Simulating a year")


#: Nothing is kept of what happens to one dossier.
NO_TRACE = Sample(0, 1)


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """Replications of one year under one conduct."""

    province: str
    conduct: Conduct
    seed: int
    replications: tuple[Counts, ...]
    events: int  #: over all replications
    agencies: tuple[str, ...]

    def values(self, indicator: str) -> NDArray[np.float64]:
        """One indicator in each replication, over the whole province."""
        return np.array([INDICATORS[indicator].total(counts) for counts in self.replications])

    def interval(self, indicator: str) -> Interval:
        """One indicator over the whole province with its confidence interval."""
        return interval(self.values(indicator))

    def by_agency(self, indicator: str) -> NDArray[np.float64]:
        """One indicator for each agency, mean over replications; nan where there never was anything."""
        rows = np.array([INDICATORS[indicator].by_agency(counts) for counts in self.replications])
        seen = (~np.isnan(rows)).sum(axis=0)
        return np.where(seen > 0, np.nansum(rows, axis=0) / np.maximum(seen, 1), np.nan)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What all replications share: the calendar of the run and the program."""

    province: Province
    scenario: Scenario
    conduct: Conduct
    office: Opening
    days: Days
    paths: Paths
    warm_up: float  #: seconds
    until: float  #: seconds


def setting_of(
    province: Province,
    scenario: Scenario,
    conduct: Conduct,
    *,
    first: date | None = None,
    until: date | None = None,
) -> Setting:
    """Lay out the year of the scenario's day, or the days from `first` to the one before `until`, after a warm-up."""
    calendar = calendar_of(province.era)
    year = date.fromisoformat(scenario.timeline.day).year
    first, until = first or date(year, 1, 1), until or date(year + 1, 1, 1)
    since = first - timedelta(days=WARM_UP_DAYS)
    whole = list(days_between(since, until))
    return Setting(
        province=province,
        scenario=scenario,
        conduct=conduct,
        # Work that is begun late in December ends in the next year: hours go on after the last day that is looked at.
        office=opening(calendar, since=since, until=until + timedelta(days=WARM_UP_DAYS)),
        days=Days(
            np.array([number for number, day in enumerate(whole) if calendar.is_working_day(day)]),
            len(whole),
            weights_of(whole, calendar),
        ),
        paths=paths_of(province, conduct),
        warm_up=WARM_UP_DAYS * _DAY,
        until=len(whole) * _DAY,
    )


def replicate(
    setting: Setting,
    *,
    seed: int,
    number: int,
    change: Callable[[Network, Streams], Network] | None = None,
    trace: Sample = NO_TRACE,
) -> Played:
    """Play it once. The same seed and number give the same year to the bit; `change` may alter the network.

    `trace` says of how many dossiers and documents it is kept what happens to them.
    """
    streams = Streams(seed).within(f"year.{number}")
    network = network_of(setting.province, setting.conduct, setting.office, streams=streams)
    arrivals = arrivals_of(
        setting.province, setting.scenario, setting.conduct, setting.paths, setting.days, streams=streams
    )
    outcome = run(
        setting.paths.program,
        network if change is None else change(network, streams),
        arrivals,
        streams=streams.within("engine"),
        warm_up=setting.warm_up,
        until=setting.until,
        trace=trace,
    )
    begin_online = setting.paths.dossiers[1]
    online = ((begin_online > 0) & np.isin(begin_online, arrivals.starts)).any(axis=0)
    return Played(outcome, int(online.sum()))


def offer_of(province: Province, conduct: Conduct) -> Offer:
    """Count what the catalogue offers over the net."""
    with_fee = [procedure.level for procedure in province.procedures if procedure.fee]
    at_level_4 = [procedure.level >= CAN_PAY for procedure in province.procedures]
    payable = sum(level >= CAN_PAY for level in with_fee)
    return Offer(
        level_4_share=sum(at_level_4) / max(len(at_level_4), 1),
        payable_share=payable / max(len(with_fee), 1),
        online=int(offered(province, conduct).sum()),
        used=0,
    )


def simulate(
    province: Province,
    scenario: Scenario,
    *,
    seed: int,
    replications: int = 5,
    first: int = 0,
    what_if: WhatIf | None = None,
    progress: Progress = silent,
) -> Year:
    """Play a province's year several times. Raises ValueError for no replication.

    Replications are numbered from `first`, and each depends on its number alone: they may be played apart.
    """
    if replications < 1:
        raise ValueError(f"a year is played at least once, found {replications}")
    conduct = conduct_of(province, scenario)
    if what_if is not None:
        conduct = what_if.change(conduct)
    setting = setting_of(province, scenario, conduct)
    days = float((setting.days.working >= WARM_UP_DAYS).sum())
    offer, seen, events = offer_of(province, conduct), [], 0
    for number in range(first, first + replications):
        progress((number - first) / replications, _YEAR)
        played = replicate(setting, seed=seed, number=number)
        events += played.outcome.events
        seen.append(
            counts_of(
                played,
                documents_from=setting.paths.documents_from,
                places=len(province.agencies),
                days=days,
                conduct=conduct,
                offer=offer,
            )
        )
    progress(1.0, _YEAR)
    return Year(
        province=province.id,
        conduct=conduct,
        seed=seed,
        replications=tuple(seen),
        events=events,
        agencies=tuple(agency.name for agency in province.agencies),
    )


def differences(now: Year, then: Year) -> Mapping[str, Interval]:
    """What changes, indicator by indicator: replications are paired, so their common luck drops out.

    Raises ValueError for years that do not belong together.
    """
    if (now.province, now.seed, len(now.replications)) != (then.province, then.seed, len(then.replications)):
        raise ValueError("only years of the same province, seed and number of replications can be compared")
    return {name: interval(then.values(name) - now.values(name)) for name in INDICATORS}


def costs(
    province: Province,
    scenario: Scenario,
    troubles: Mapping[str, Trouble],
    *,
    seed: int,
    replications: int = 6,
    progress: Progress = silent,
) -> Mapping[str, Mapping[str, Interval]]:
    """What each trouble costs: the year with it less the year without it, under the same luck."""
    years: dict[str, Year] = {}
    wanted = [name for trouble in troubles.values() for name in (trouble.with_it, trouble.without)]
    for number, name in enumerate(dict.fromkeys(wanted)):
        progress(number / len(set(wanted)), find(name).title if name else _YEAR)
        what_if = find(name) if name else None
        years[name] = simulate(province, scenario, seed=seed, replications=replications, what_if=what_if)
    progress(1.0, _YEAR)
    return {name: differences(years[trouble.without], years[trouble.with_it]) for name, trouble in troubles.items()}
