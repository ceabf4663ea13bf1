"""How much is asked of the systems: from a province's figures, or counted in a plan.

A request that a client sends is seldom the only one: the one-stop tells the portal and the nation, and every such call
passes the LGSP. `FAN_OUT` says how many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from simulation.plan import Plan
from simulation.province import Province
from simulation.text import Text


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the systems at the busiest moment, and what they have to keep."""

    operations_per_second: float  #: what clients do at the peak, polls included: what a measured twin counts
    requests_per_second: Mapping[str, float]  #: service -> requests at the peak, from clients and other systems alike
    dossiers_a_year: float
    documents_a_year: float
    basis: Text  #: how the figures were come by
    sources: Mapping[str, str]  #: for each figure used: its source, or "assumed: why"


#: Requests that one client operation causes, by service, outbox deliveries and their answers' follow-ups included.
#: Counted from the tables of docs/wire.md; outbox calls are counted as if none shared a batch, which errs upwards.
_TOLD = {"lgsp": 2.0, "portal": 1.0, "national": 1.0}  # the one-stop tells the portal and the national portal
_HUB = {"office": 1.0, "lgsp": 1.0, "dochub": 1.0}
FAN_OUT: Mapping[str, Mapping[str, float]] = {
    "portal.sign_in": {"portal": 1, "lgsp": 1, "national": 1},
    "portal.submit": {"portal": 1, "lgsp": 2, "national": 1, "onestop": 1},
    "portal.pay": {"portal": 1, "lgsp": 1, "national": 1},
    "national.pay": {"national": 1, "lgsp": 2, "portal": 1, "onestop": 1},
    "portal.supplement": {"portal": 1, "lgsp": 1, "onestop": 1},
    "onestop.receive": {"onestop": 1, **_TOLD},
    "onestop.accept": {"onestop": 1, **_TOLD},
    "onestop.ask_supplement": {"onestop": 1, **_TOLD},
    "onestop.refer": {"onestop": 1, **_TOLD},
    "onestop.give_opinion": {"onestop": 1, **_TOLD},
    "onestop.examine": {"onestop": 1, **_TOLD},
    "onestop.decide": {"onestop": 1, **_TOLD},
    "onestop.hand_back": {"onestop": 1, "lgsp": 3, "portal": 1, "national": 2},
    "national.deliver": {"national": 2, "lgsp": 3, "onestop": 1, "portal": 1},
    "office.issue": _HUB,
    "office.seal_again": _HUB,
    "office.poll": {"office": 1, "lgsp": 4, "dochub": 4},
    "office.register": _HUB,
    "office.assign": _HUB,
    "office.finish": _HUB,
    "office.refuse": _HUB,
    "sector.enrol": {"sector": 1, "lgsp": 1, "national": 1},
    "sector.visit": {"sector": 1, "lgsp": 1, "national": 1},
    "sector.appoint": {"sector": 1, "lgsp": 1, "national": 1},
    "sector.declare": {"sector": 1, "lgsp": 1, "national": 1},
}

#: Client operations of one visit, dossier or document, and how often each, where no plan says it more exactly.
_VISIT = {"portal.home": 1.0, "portal.search": 1.0, "portal.procedure": 1.0}
_ONLINE = {
    **_VISIT,
    **dict.fromkeys(("portal.form", "portal.sign_in", "portal.submit", "portal.pay", "national.pay"), 1.0),
    **dict.fromkeys(("portal.track", "onestop.desk"), 2.0),
    **dict.fromkeys(("portal.result", "portal.rate"), 1.0),
    **dict.fromkeys(("onestop.accept", "onestop.examine", "onestop.decide", "onestop.hand_back"), 1.0),
}
_COUNTER = {
    **dict.fromkeys(("onestop.receive", "onestop.examine", "onestop.decide", "onestop.hand_back"), 1.0),
    **dict.fromkeys(("onestop.desk", "portal.track"), 1.0),
}
_OUTGOING = {"office.draft": 1.0, "office.sign": 1.0, "office.issue": 1.0}
_INCOMING = {"office.register": 1.0, "office.assign": 1.0, "office.finish": 1.0}

#: Used where a province does not state the figure; names as in the province files.
_ASSUMED: Mapping[str, tuple[float, str]] = {
    "dossiers_per_day": (0.0, "assumed: one dossier a year for every two inhabitants"),
    "documents_per_day": (0.0, "assumed: five documents a working day from each agency"),
    "browsing_visits_per_day": (0.0, "assumed: none"),
    "school_calls_per_day": (0.0, "assumed: none"),
    "health_visits_per_day": (0.0, "assumed: none"),
    "addressees_per_document_mean": (2.0, "assumed: most documents go to one agency, some to many"),
    "online_share": (0.1694, "press figure for provinces, first ten months of 2025 (vietnamnet 2466207)"),
    "poll_interval_minutes": (5.0, "public code of document hub clients, which ask every five minutes"),
    "working_days_per_year": (250.0, "assumed: 52 weeks of five days, less public holidays"),
}
_DOSSIERS_PER_HEAD = 0.5
_DOCUMENTS_PER_AGENCY = 5.0
_WORKING_SECONDS = 8 * 3600
#: The busiest moment against the average of working hours.
PEAK_FACTOR = 3.0
_PEAK_SOURCE = "assumed: the busiest moment of a deadline day has three times the average of working hours"
_ONLINE_LEVEL = 3  # from this service level on a dossier can be handed in online


def fan_out(operation: str) -> Mapping[str, float]:
    """Requests that one client operation causes, by service; one at its own service where the table has no row."""
    return FAN_OUT.get(operation, {operation.partition(".")[0]: 1.0})


def demand_of_province(province: Province) -> Demand:
    """Estimate the demand at the busiest moment of a working day, assuming what the province does not state."""
    values, sources = _figures(province)
    online = values["online_share"] * sum(
        procedure.share_of_demand for procedure in province.procedures if procedure.level >= _ONLINE_LEVEL
    )
    dossiers, documents = values["dossiers_per_day"], values["documents_per_day"]
    a_day: tuple[tuple[Mapping[str, float], float], ...] = (
        (_VISIT, values["browsing_visits_per_day"]),
        (_ONLINE, dossiers * online),
        (_COUNTER, dossiers * (1 - online)),
        (_OUTGOING, documents),
        (_INCOMING, documents * values["addressees_per_document_mean"]),
        ({"sector.enrol": 1.0}, values["school_calls_per_day"]),
        ({"sector.visit": 1.0}, values["health_visits_per_day"]),
    )
    caused: dict[str, float] = defaultdict(float)
    made = 0.0
    for operations, times in a_day:
        for operation, each in operations.items():
            made += each * times * PEAK_FACTOR / _WORKING_SECONDS
            for service, requests in fan_out(operation).items():
                caused[service] += requests * each * times * PEAK_FACTOR / _WORKING_SECONDS
    installations = len({agency.installation for agency in province.agencies})
    polls = installations / (values["poll_interval_minutes"] * 60)
    for service, requests in fan_out("office.poll").items():  # by the clock, so polls have no peak
        caused[service] += requests * polls
    days = values["working_days_per_year"]
    return Demand(
        operations_per_second=round(made + polls, 3),
        requests_per_second=_rounded(caused),
        dossiers_a_year=dossiers * days,
        documents_a_year=documents * days,
        basis=Text(
            f"Lúc bận nhất của một ngày làm việc ở {province.name}: {dossiers:.0f} hồ sơ, {documents:.0f} văn bản.",
            f"The busiest moment of a working day in {province.name}: {dossiers:.0f} dossiers, "
            f"{documents:.0f} documents.",
        ),
        sources=sources,
    )


def _figures(province: Province) -> tuple[dict[str, float], dict[str, str]]:
    """Values and sources of all figures that are used, the province's own where it states them."""
    values = {name: value for name, (value, _) in _ASSUMED.items()}
    sources = {name: why for name, (_, why) in _ASSUMED.items()} | {"peak_factor": _PEAK_SOURCE}
    values["dossiers_per_day"] = province.population * _DOSSIERS_PER_HEAD / values["working_days_per_year"]
    values["documents_per_day"] = len(province.agencies) * _DOCUMENTS_PER_AGENCY
    for name in values:
        if name in province.figures:
            values[name], sources[name] = province.figures[name].value, province.figures[name].source
    return values, sources


def demand_of_plan(plan: Plan, *, window_seconds: float = 10.0) -> Demand:
    """Count the busiest `window_seconds` of *run* time: what the machines have to carry while the day is compressed.

    The plan must come with its journeys; from a head alone only the average is known, and that is what is used.
    """
    windows: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    made: dict[int, float] = defaultdict(float)
    for journey in plan.journeys:
        for step in journey.steps:
            window = int(plan.timeline.to_run(step.at) // window_seconds)
            made[window] += 1
            for service, requests in fan_out(step.operation).items():
                windows[service][window] += requests
    caused = {service: max(counts.values()) / window_seconds for service, counts in windows.items()}
    average = plan.counts.get("steps", 0) / plan.timeline.duration
    if not windows:
        everywhere = ("portal", "onestop", "lgsp", "dochub", "office", "national", "sector")
        caused = dict.fromkeys(everywhere, average)
    compression = (plan.timeline.points[-1][0] - plan.timeline.points[0][0]) / plan.timeline.duration
    return Demand(
        operations_per_second=round(max(made.values()) / window_seconds if made else average, 3),
        requests_per_second=_rounded(caused),
        dossiers_a_year=plan.counts.get("dossiers", 0) * _ASSUMED["working_days_per_year"][0],
        documents_a_year=plan.counts.get("documents", 0) * _ASSUMED["working_days_per_year"][0],
        basis=Text(
            f"Kịch bản {plan.scenario}, {window_seconds:g} giây bận nhất, thời gian nén {compression:.0f} lần.",
            f"Scenario {plan.scenario}, its busiest {window_seconds:g} s, time compressed {compression:.0f}-fold.",
        ),
        sources={"requests": "counted in the plan; calls between systems from docs/wire.md"},
    )


def _rounded(caused: Mapping[str, float]) -> dict[str, float]:
    return {service: round(rate, 3) for service, rate in sorted(caused.items())}
