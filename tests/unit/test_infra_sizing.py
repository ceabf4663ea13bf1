"""From demand to sizes: the arithmetic is the one that the reasons state."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import sizing
from infra.blueprint import DATABASE, SERVICES
from infra.demand import FAN_OUT, PEAK_FACTOR, Demand, demand_of_plan, demand_of_province, fan_out
from simulation import province_files
from simulation.plan import Journey, Plan, Step
from simulation.text import Text
from simulation.timeline import Timeline

BEN_TRE = province_files.load("ben_tre_2018")
TIMELINE = Timeline(day="2018-08-22", points=((0.0, 0.0), (3600.0, 60.0)))  # sixty-fold


def _demand(rate: float, dossiers: float = 0.0) -> Demand:
    everywhere = dict.fromkeys(SERVICES, rate)
    return Demand(
        operations_per_second=rate,
        requests_per_second=everywhere,
        dossiers_a_year=dossiers,
        documents_a_year=0.0,
        basis=Text("thử", "trial"),
        sources={},
    )


def _plan(*operations_at: tuple[str, float]) -> Plan:
    steps = tuple(
        Step(number=number, at=at, actor="citizen", operation=operation)
        for number, (operation, at) in enumerate(operations_at, start=1)
    )
    return Plan(
        scenario="trial",
        province="toy",
        era="2018",
        seed=1,
        timeline=TIMELINE,
        requirements=(),
        counts={"steps": len(steps), "dossiers": 2},
        journeys=(Journey(id="dossier-1", kind="dossier-counter", steps=steps),),
    )


def test_a_plan_is_counted_in_compressed_time_at_its_busiest() -> None:
    """Three operations within ten run seconds and a fourth later: the portal's peak is 3 requests in 10 s."""
    plan = _plan(("portal.home", 0.0), ("portal.track", 300.0), ("portal.home", 599.0), ("portal.home", 601.0))

    demand = demand_of_plan(plan, window_seconds=10)

    assert demand.requests_per_second == {"portal": 0.3}


def test_a_plan_counts_the_calls_that_an_operation_causes() -> None:
    """One dossier received at the counter is one request to the one-stop and four between systems."""
    demand = demand_of_plan(_plan(("onestop.receive", 0.0)), window_seconds=1)

    assert demand.requests_per_second == {"lgsp": 2.0, "national": 1.0, "onestop": 1.0, "portal": 1.0}


def test_a_plan_without_its_journeys_gives_the_average() -> None:
    """From a plan's head alone, all steps over the whole run are what each service is sized for."""
    head = msgspec.structs.replace(_plan(*[("portal.home", float(at)) for at in range(120)]), journeys=())

    demand = demand_of_plan(head)

    assert demand.requests_per_second == dict.fromkeys(sorted(SERVICES), 2.0)


def test_every_figure_of_a_province_that_counts_is_used_with_its_source() -> None:
    """The province's own figures and their sources go into its demand; twice the figures, about twice the demand."""
    once = demand_of_province(BEN_TRE)
    names = ("dossiers_per_day", "documents_per_day", "health_visits_per_day", "school_calls_per_day")
    doubled = {
        name: msgspec.structs.replace(BEN_TRE.figures[name], value=2 * BEN_TRE.figures[name].value) for name in names
    }

    twice = demand_of_province(msgspec.structs.replace(BEN_TRE, figures={**BEN_TRE.figures, **doubled}))

    assert all(once.sources[name] == BEN_TRE.figures[name].source for name in names)
    assert twice.requests_per_second["onestop"] == pytest.approx(2 * once.requests_per_second["onestop"], rel=1e-3)
    assert twice.requests_per_second["sector"] == pytest.approx(2 * once.requests_per_second["sector"], rel=1e-2)
    assert twice.dossiers_a_year == 2 * once.dossiers_a_year


def test_the_demand_on_sector_is_the_figure_itself() -> None:
    """Nothing but school calls and health visits reaches `sector`: their rate over eight hours times the peak."""
    a_day = BEN_TRE.figures["health_visits_per_day"].value + BEN_TRE.figures["school_calls_per_day"].value

    demand = demand_of_province(BEN_TRE)

    assert demand.requests_per_second["sector"] == pytest.approx(a_day * PEAK_FACTOR / (8 * 3600), abs=1e-3)


def test_what_a_province_does_not_state_is_assumed_and_says_so() -> None:
    """Without figures the demand still comes, and every source begins with "assumed" or names a publication."""
    demand = demand_of_province(msgspec.structs.replace(BEN_TRE, figures={}))

    assert demand.requests_per_second["onestop"] > 0
    assert all(source.startswith(("assumed", "press", "public")) for source in demand.sources.values())


@pytest.mark.parametrize("operation", FAN_OUT)
def test_an_operation_reaches_its_own_service_first(operation: str) -> None:
    """Each row of the table of caused requests names known services, its own among them."""
    caused = fan_out(operation)

    assert set(caused) <= set(SERVICES)
    assert caused[operation.partition(".")[0]] >= 1


@given(rate=st.floats(0, 5000), workload=st.sampled_from([*SERVICES, DATABASE]))
def test_no_processor_is_planned_busier_than_half(rate: float, workload: str) -> None:
    """Whatever the demand, all replicas together carry it at half load or less, and no replica is of an odd size."""
    size = sizing.size(workload, _demand(rate))

    assert size.vcpu.value in (1, 2, 4, 8, 16, 32) or size.vcpu.value % 32 == 0
    capacity, _ = sizing._CAPACITY.get(workload, sizing._CAPACITY_OTHERWISE)
    if workload == DATABASE:
        assert rate * 7 * 5 <= 3000 * 0.5 * size.vcpu.value  # the primary carries everything
    else:
        assert rate <= capacity * 0.5 * size.vcpu.value * size.replicas.value


@given(less=st.floats(0, 2000), more=st.floats(0, 2000), workload=st.sampled_from([*SERVICES, DATABASE]))
def test_more_demand_never_gets_less(less: float, more: float, workload: str) -> None:
    """Capacity never shrinks when the demand grows."""
    smaller, greater = sorted((less, more))

    small, great = sizing.size(workload, _demand(smaller)), sizing.size(workload, _demand(greater))

    assert small.vcpu.value * small.replicas.value <= great.vcpu.value * great.replicas.value


def test_the_disk_holds_five_years() -> None:
    """500,000 dossiers a year of 2 MB for five years and half as much again are 7,325 GB, in steps of 50 GB."""
    size = sizing.size(DATABASE, _demand(0, dossiers=500_000))

    assert size.disk_gb.value == 7350


@pytest.mark.parametrize(("workload", "vcpu", "replicas"), [("portal", 4, 2), (DATABASE, 8, 2)])
def test_what_was_measured_goes_before_what_is_assumed(workload: str, vcpu: int, replicas: int) -> None:
    """100 operations a second of 30 ms, 0.5 busy anyway: 3.5 processors, 7 at half use; two replicas share them."""
    measured = sizing.Measured(uses={workload: sizing.Use(demand=0.03, idle=0.5)}, source="measured: here")

    size = sizing.size(workload, _demand(100), measured)

    assert (size.vcpu.value, size.replicas.value) == (vcpu, replicas)
    assert "30,00 ms" in size.vcpu.reason.vi
    assert "30.00 ms" in size.vcpu.reason.en
    assert size.vcpu.source.startswith("measured: here")


def test_a_service_that_nobody_measured_is_sized_by_assumption() -> None:
    """The reason then says so."""
    measured = sizing.Measured(uses={"portal": sizing.Use(demand=0.03, idle=0.5)}, source="measured: here")

    assert sizing.size("lgsp", _demand(100), measured) == sizing.size("lgsp", _demand(100))


def test_operations_of_a_plan_are_counted_in_its_busiest_window() -> None:
    """Three acts within ten seconds of run time, whatever they cause elsewhere."""
    demand = demand_of_plan(_plan(("portal.home", 0.0), ("office.poll", 60.0), ("portal.submit", 120.0)))

    assert demand.operations_per_second == pytest.approx(0.3)
