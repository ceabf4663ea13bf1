"""Draws a scenario up in full: one seed, one province, one population, and every step of every journey of the day.

The planner is an office model in virtual time. People come as they like (arrivals are open); what officials do gets
its official time from a small discrete-event simulation of their desks. The same input gives the same plan to the byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from simulation.journeys import KINDS
from simulation.journeys.people import Cast, Population
from simulation.journeys.world import World
from simulation.plan import Journey, Plan
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.scenario import Scenario
from simulation.scenario_files import check_against
from simulation.streams import Streams
from simulation.text import Text
from simulation.timeline import Timeline

_DRAWING = Text("Lập kế hoạch một ngày", "Planning the day")


def plan(
    scenario: Scenario, province: Province, population: Population, *, seed: int, progress: Progress = silent
) -> Plan:
    """Return the whole day as it is meant to happen. Raises BadInputError where the scenario does not fit."""
    check_against(scenario, province)
    streams = Streams(seed)
    progress(0.0, _DRAWING)
    world = World(scenario, province, streams)
    cast = Cast(population, day=scenario.timeline.day)
    for done, (kind, begin) in enumerate(KINDS.items(), start=1):
        factor = scenario.journeys.get(kind, 0.0)
        if factor > 0:
            begin(world, cast, streams, factor=factor)
        progress(0.7 * done / len(KINDS), _DRAWING)
    journeys = world.run()
    progress(1.0, _DRAWING)
    return Plan(
        scenario=scenario.name,
        province=province.id,
        era=scenario.era,
        seed=seed,
        timeline=scenario.timeline,
        requirements=scenario.requirements,
        counts=counts(journeys, scenario.timeline),
        assumptions=_assumptions(scenario, world),
        client_lines=scenario.client_lines,
        journeys=tuple(journeys),
    )


def counts(journeys: Sequence[Journey], timeline: Timeline) -> dict[str, int]:
    """Return what a plan holds, by name."""
    operations = Counter(step.operation for journey in journeys for step in journey.steps)
    kinds = Counter(journey.kind for journey in journeys)
    per_second = Counter(int(timeline.to_run(step.at)) for journey in journeys for step in journey.steps)
    online, counter = operations["portal.submit"], operations["onestop.receive"]
    return {
        "journeys": len(journeys),
        "steps": operations.total(),
        "dossiers": online + counter,
        "dossiers_online": online,
        "dossiers_returned": operations["onestop.hand_back"],
        "documents": operations["office.draft"],
        "documents_issued": operations["office.issue"],
        "polls": operations["office.poll"],
        "payments": operations["portal.pay"],
        "busiest_run_second": max(per_second.values(), default=0),
        **{f"journeys.{kind}": kinds[kind] for kind in sorted(kinds)},
        **{f"steps.{operation}": operations[operation] for operation in sorted(operations)},
    }


def _assumptions(scenario: Scenario, world: World) -> tuple[str, ...]:
    loads = ", ".join(f"{role} {100 * share:.0f} %" for role, share in world.utilisation().items())
    return (
        "The systems start empty: dossiers and documents of earlier days take officials' time but make no traffic.",
        "A dossier that is not finished today stays open, which is normal: most legal deadlines are days.",
        f"Hours at the desks that today's new work takes: {loads or 'none, the offices are closed'}.",
        *(f"{name}: {figure.value:g} {figure.unit} ({figure.source})" for name, figure in scenario.figures.items()),
        *(
            f"{name}: {figure.value:g} {figure.unit} ({figure.source})"
            for name, figure in sorted(scenario.habits.items())
        ),
        *(f"arrivals of {name}: {profile.source}" for name, profile in sorted(scenario.profiles.items())),
    )
