"""A plan is a believable day: offices keep their hours, levels keep their rules, and every step can be carried out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from plan_people import SmallPopulation, made_up

from simulation import plan as plans
from simulation import planner, population, province_files, scenario_files
from simulation.calendar import calendar_of
from simulation.journeys import KINDS
from simulation.journeys.browsing import without_diacritics
from simulation.operations import OPERATIONS
from simulation.plan import Journey, Plan, Step
from simulation.province import Figure, Province
from simulation.scenario import KINDS as SCENARIO_KINDS
from simulation.scenario import Scenario

STAFF = {"reception_clerk", "specialist", "leader", "document_clerk"}
WIRE = Path(__file__).resolve().parents[2] / "docs" / "wire.md"


class Day(msgspec.Struct, frozen=True):
    """One planned day and what it was planned from."""

    scenario: Scenario
    province: Province
    population: SmallPopulation
    plan: Plan

    def steps(self, *operations: str) -> list[Step]:
        """Return the steps with one of these operations."""
        return [step for journey in self.plan.journeys for step in journey.steps if step.operation in operations]


#: What only happens where offices are troubled, or their archive is looked at.
TROUBLED = {"office.delegate", "office.seal_again", "office.file"}


def planned(name: str, *, seed: int = 1) -> Day:
    """Plan a shipped scenario with made-up people."""
    scenario = scenario_files.load(name)
    province = province_files.load(scenario.province)
    population = made_up(province)
    return Day(scenario, province, population, planner.plan(scenario, province, population, seed=seed))


@pytest.fixture(scope="module")
def toy() -> Day:
    """The toy's day."""
    return planned("toy")


@pytest.fixture(scope="module")
def ben_tre() -> Day:
    """Bến Tre's day."""
    return planned("ben_tre_2018")


@pytest.fixture(scope="module", params=["toy", "ben_tre_2018"])
def day(request: pytest.FixtureRequest) -> Day:
    """Either of them."""
    found: Day = request.getfixturevalue({"toy": "toy", "ben_tre_2018": "ben_tre"}[request.param])
    return found


def kept(plan: Plan, folder: Path) -> bytes:
    """Return a saved plan's bytes."""
    plans.save(plan, folder)
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_the_same_seed_gives_the_same_bytes(toy: Day, tmp_path: Path) -> None:
    """A plan can be drawn again byte for byte, and another seed gives another day."""
    again = planner.plan(toy.scenario, toy.province, made_up(toy.province), seed=1)
    other = planner.plan(toy.scenario, toy.province, toy.population, seed=2)

    first = kept(toy.plan, tmp_path / "first")
    assert kept(again, tmp_path / "again") == first
    assert kept(other, tmp_path / "other") != first
    assert plans.load(tmp_path / "first") == toy.plan


def test_steps_are_numbered_in_order_of_time(day: Day) -> None:
    """No step is planned before the one it follows, and none outside the day."""
    for journey in day.plan.journeys:
        assert [step.number for step in journey.steps] == list(range(1, len(journey.steps) + 1))
        assert all(earlier.at <= later.at for earlier, later in pairwise(journey.steps))
        assert journey.steps[0].at >= 0
        assert journey.steps[-1].at <= day.plan.timeline.points[-1][0]


def test_journeys_have_names_of_their_own_and_come_in_order(day: Day) -> None:
    """Ids are unique, and journeys are listed by their first step."""
    assert len({journey.id for journey in day.plan.journeys}) == len(day.plan.journeys)
    first_steps = [journey.steps[0].at for journey in day.plan.journeys]
    assert first_steps == sorted(first_steps)


def test_officials_work_only_in_office_hours(day: Day) -> None:
    """Everything an official does is done while the offices are open."""
    shifts = calendar_of(day.scenario.era).shifts_of(date.fromisoformat(day.plan.timeline.day))
    steps = [step for journey in day.plan.journeys for step in journey.steps if step.actor in STAFF]

    outside = [step for step in steps if not any(since <= step.at <= until for since, until in shifts)]

    assert steps
    assert outside == []


def test_nobody_acts_on_a_sunday() -> None:
    """On a day off, people still browse and machines still poll, but no official does anything."""
    scenario = scenario_files.load("toy")
    sunday = msgspec.structs.replace(scenario.timeline, day="2018-08-26")
    province = province_files.load("toy")
    free = msgspec.structs.replace(scenario, timeline=sunday)

    plan = planner.plan(free, province, made_up(province), seed=1)

    actors = {step.actor for journey in plan.journeys for step in journey.steps}
    assert not actors & STAFF
    assert {"poller", "citizen"} <= actors


def test_the_counters_are_quiet_at_noon(ben_tre: Day) -> None:
    """Reception pauses from 11:30 to 13:30 and is busiest in the morning."""
    hours = Counter(int(step.at // 3600) for step in ben_tre.steps("onestop.receive"))

    assert hours[12] == 0
    assert max(hours, key=lambda hour: hours[hour]) in {8, 9, 10}


def documented() -> dict[str, tuple[set[str], set[str], bool]]:
    """Read operation -> (needed, optional, writes) from the table of docs/wire.md."""
    table: dict[str, tuple[set[str], set[str], bool]] = {}
    for line in WIRE.read_text(encoding="utf-8").split("## Calls between systems")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        names = re.findall(r"`([a-z]+\.[a-z_]+)`", cells[0])
        if len(cells) != 4 or not names:
            continue
        if cells[2].startswith("same"):
            body = cells[1][cells[1].index('{"') :]
            body = re.sub(r"(\"\w+\"): (\{[^}]*\}|\[[^]]*\]|(\"\w+\"/?)+)", r"\1", body)
            fields = re.findall(r"\"(\w+)\"(\??)", body.split("}")[0])
        else:
            fields = re.findall(r"`(\w+)`(\??)", cells[2].split("(")[0])
        needed, optional = {name for name, mark in fields if not mark}, {name for name, mark in fields if mark}
        for name in names:
            table[name] = (needed, optional, cells[0].endswith("W"))
    return table


def test_the_table_of_operations_is_that_of_the_wire() -> None:
    """What plans know of operations is what docs/wire.md says: names, details, and which of them write."""
    ours = {
        name: (set(operation.needed), set(operation.optional), operation.write)
        for name, operation in OPERATIONS.items()
    }

    assert ours == documented()


def test_every_step_says_all_that_its_operation_needs(day: Day) -> None:
    """No step lacks a detail, and none has one that the wire does not know."""
    for journey in day.plan.journeys:
        for step in journey.steps:
            operation, given = OPERATIONS[step.operation], set(step.detail)
            assert set(operation.needed) <= given <= {*operation.needed, *operation.optional}, step


def test_officials_act_at_their_own_agency(day: Day) -> None:
    """Every account exists, has the role it acts in, and acts for its own agency."""
    staff = {member.account: member for member in day.province.staff}
    agencies = {agency.code for agency in day.province.agencies}
    for journey in day.plan.journeys:
        receiving = {step.detail["agency"] for step in journey.steps if step.operation == "portal.submit"}
        addressees = {code for step in journey.steps for code in step.detail.get("addressees", ())}
        assert receiving | addressees <= agencies
        for step in journey.steps:
            if step.actor in STAFF:
                member = staff[step.account]
                assert member.role == step.actor
                if step.operation.startswith("onestop.") and step.operation != "onestop.give_opinion" and receiving:
                    assert {member.agency} == receiving
                if "agency" in step.detail:
                    assert member.agency == step.detail["agency"]
                    assert member.agency in addressees


def test_dossiers_go_to_the_agency_that_takes_them(day: Day) -> None:
    """A procedure of the commune is handed in at a commune, one of a department at that department."""
    procedures = {procedure.code: procedure for procedure in day.province.procedures}
    agencies = {agency.code: agency for agency in day.province.agencies}
    staff = {member.account: member for member in day.province.staff}
    for step in day.steps("onestop.receive", "portal.submit"):
        procedure = procedures[step.detail["procedure"]]
        agency = agencies[step.detail.get("agency") or staff[step.account].agency]
        assert agency.tier == procedure.tier
        assert procedure.department in {"", agency.code}
        assert bool(step.detail.get("company")) == (procedure.applicant == "company")


def test_service_levels_keep_their_rules(day: Day) -> None:
    """Only levels 3 and 4 are filed online; only level 4 with a fee is paid online; forms begin at level 2."""
    procedures = {procedure.code: procedure for procedure in day.province.procedures}
    for journey in day.plan.journeys:
        operations = [step.operation for step in journey.steps]
        for step in journey.steps:
            if step.operation == "portal.submit":
                procedure = procedures[step.detail["procedure"]]
                assert procedure.level >= 3
                if "portal.pay" in operations:
                    assert procedure.level == 4
                    assert procedure.fee > 0
                if "onestop.accept" in operations and procedure.level == 4 and procedure.fee > 0:
                    assert "national.pay" in operations
            if step.operation == "portal.form":
                assert procedures[step.detail["procedure"]].level >= 2
        assert "portal.pay" not in operations or "portal.submit" in operations


def test_a_fee_is_paid_once(day: Day) -> None:
    """The fee is taken at the counter on reception, online at level 4, or with a granted result at level 3."""
    procedures = {procedure.code: procedure for procedure in day.province.procedures}
    for journey in day.plan.journeys:
        by_name = {step.operation: step for step in journey.steps}
        taken = by_name.get("onestop.receive") or by_name.get("portal.submit")
        if taken is None or "onestop.hand_back" not in by_name:
            continue
        procedure = procedures[taken.detail["procedure"]]
        fee = procedure.fee if taken.operation == "onestop.receive" else procedure.online_fee
        paid = taken.detail.get("fee_cash", 0) + by_name["onestop.hand_back"].detail["fee_cash"]
        paid += fee if "national.pay" in by_name else 0
        granted = procedure.automatic or by_name["onestop.decide"].detail["decision"] == "approve"
        assert paid == (fee if granted or "onestop.receive" in by_name or "national.pay" in by_name else 0)


def test_at_level_3_nobody_pays_for_a_refusal(toy: Day) -> None:
    """Where everything is rejected, no fee is taken with the result; what the counter took on reception stays."""
    refused = Figure(value=1.0, unit="share (0 to 1)", source="assumed: test")
    scenario = msgspec.structs.replace(toy.scenario, figures={"rejection_share": refused})

    plan = planner.plan(scenario, toy.province, toy.population, seed=1)

    returned = [step for journey in plan.journeys for step in journey.steps if step.operation == "onestop.hand_back"]
    assert {step.detail["fee_cash"] for step in returned} == {0}
    assert plan.counts["steps.onestop.accept"] > 0
    assert "steps.portal.result" not in plan.counts


#: What may come next after an act on a dossier (docs/wire.md, states of a dossier).
NEXT: Mapping[str, set[str]] = {
    "": {"onestop.receive", "portal.submit"},
    "portal.submit": {"onestop.accept", "onestop.hand_back"},  # the latter where no human decides
    "onestop.receive": {"onestop.refer", "onestop.examine"},
    "onestop.accept": {"onestop.ask_supplement", "onestop.refer", "onestop.examine"},
    "onestop.ask_supplement": {"portal.supplement"},
    "portal.supplement": {"onestop.refer", "onestop.examine"},
    "onestop.refer": {"onestop.give_opinion"},
    "onestop.give_opinion": {"onestop.give_opinion", "onestop.examine"},
    "onestop.examine": {"onestop.decide"},
    "onestop.decide": {"onestop.hand_back"},
    "onestop.hand_back": {"national.deliver"},
    "national.deliver": set(),
}


def test_a_dossier_moves_only_as_its_states_allow(day: Day) -> None:
    """Every dossier is received, examined, decided and handed back in this order, as far as the day goes."""
    for journey in day.plan.journeys:
        if journey.kind.startswith("dossier"):
            acts = [step.operation for step in journey.steps if step.operation in NEXT]
            assert all(after in NEXT[before] for before, after in pairwise(["", *acts])), journey.id


def test_a_linked_dossier_passes_the_agencies_of_its_procedure_in_their_order(day: Day) -> None:
    """SYS-ONESTOP: a dossier with a route is referred, each stop answers once, and examination comes after."""
    procedures = {procedure.code: procedure for procedure in day.province.procedures}
    staff = {member.account: member.agency for member in day.province.staff}
    tiers = {agency.code: agency.tier for agency in day.province.agencies}
    passed = 0
    for journey in day.plan.journeys:
        wanted = [step.detail["procedure"] for step in journey.steps if step.operation == "onestop.receive"]
        acts = [step.operation for step in journey.steps]
        route = procedures[wanted[0]].linked_agencies if wanted else ()
        if "onestop.refer" not in acts:
            assert "onestop.examine" not in acts or not route
            continue
        home = staff[next(step.account for step in journey.steps if step.operation == "onestop.refer")]
        asked = [staff[step.account] for step in journey.steps if step.operation == "onestop.give_opinion"]
        expected = [to for to in route if to != home]
        assert [to in {code, tiers[code]} for to, code in zip(expected, asked, strict=False)] == [True] * len(asked)
        assert "onestop.examine" not in acts or len(asked) == len(expected)
        passed += len(asked)

    assert passed > 0


def test_no_official_decides_what_is_granted_automatically(ben_tre: Day) -> None:
    """SYS-OPENDATA: an automatic procedure filed online is on nobody's desk before its result is handed back."""
    automatic = {procedure.code for procedure in ben_tre.province.procedures if procedure.automatic}
    online = [
        journey
        for journey in ben_tre.plan.journeys
        if any(step.operation == "portal.submit" and step.detail["procedure"] in automatic for step in journey.steps)
    ]
    acts = {step.operation for journey in online for step in journey.steps if step.operation.startswith("onestop.")}

    assert len(online) > 5
    assert acts <= {"onestop.hand_back"}


def test_a_leader_decides_where_one_has_to(day: Day) -> None:
    """Where a procedure needs a leader, a leader decides; elsewhere a specialist does."""
    procedures = {procedure.code: procedure for procedure in day.province.procedures}
    deciders: dict[bool, set[str]] = defaultdict(set)
    for journey in day.plan.journeys:
        wanted = [step.detail["procedure"] for step in journey.steps if "procedure" in step.detail]
        for step in journey.steps:
            if step.operation == "onestop.decide":
                deciders[procedures[wanted[0]].needs_leader].add(step.actor)

    assert deciders[True] == {"leader"}
    assert deciders[False] <= {"specialist"}


def test_a_document_is_taken_up_only_after_the_addressees_next_poll(day: Day) -> None:
    """Between the envelope's arrival at the hub and its registration lies a poll of the addressee's installation."""
    installation = {agency.code: agency.installation for agency in day.province.agencies}
    polls: dict[str, list[float]] = defaultdict(list)
    for step in day.steps("office.poll"):
        polls[step.detail["installation"]].append(step.at)
    for journey in day.plan.journeys:
        issued = next((step.at for step in journey.steps if step.operation == "office.issue"), None)
        for step in journey.steps:
            if step.operation in {"office.register", "office.refuse"}:
                assert issued is not None
                at_hub = issued + day.scenario.habit("hub_delay_seconds")
                assert any(at_hub <= at < step.at for at in polls[installation[step.detail["agency"]]])


def test_addressees_act_in_a_legal_order(day: Day) -> None:
    """Each addressee registers, assigns, finishes; after a refusal it does nothing more (docs/wire.md, statuses)."""
    order = ["office.register", "office.assign", "office.finish"]
    for journey in day.plan.journeys:
        acts: dict[str, list[str]] = defaultdict(list)
        for step in journey.steps:
            if "agency" in step.detail and step.operation.startswith("office."):
                acts[step.detail["agency"]].append(step.operation)
        assert all(done in (order[: len(done)], ["office.refuse"]) for done in acts.values())


def test_leaders_who_do_not_sign_on_screen_cost_a_detour(day: Day) -> None:
    """A document is signed digitally by a leader who does that, or printed and scanned, never both."""
    digital = {member.account for member in day.province.staff if member.signs_digitally}
    for journey in day.plan.journeys:
        operations = [step.operation for step in journey.steps]
        if "office.issue" in operations:
            assert ("office.sign" in operations) != ("office.print" in operations)
            assert ("office.print" in operations) == ("office.scan" in operations)
    assert {step.account for step in day.steps("office.sign")} <= digital
    assert day.steps("office.sign")
    assert day.steps("office.scan")


def test_a_scenario_can_teach_every_leader_to_sign(toy: Day) -> None:
    """With all leaders signing on screen nobody prints any more (TRB-WETSIGN switched off)."""
    taught = Figure(value=1.0, unit="share (0 to 1)", source="assumed: test")
    scenario = msgspec.structs.replace(toy.scenario, figures={"leader_signs_digitally_share": taught})

    plan = planner.plan(scenario, toy.province, toy.population, seed=1)

    assert plan.counts["documents_issued"] > 0
    assert "steps.office.print" not in plan.counts


def test_every_installation_polls_by_the_clock(day: Day) -> None:
    """Each installation polls at the province's pace from midnight to the end, at an offset of its own."""
    every = 60.0 * day.province.figures["poll_interval_minutes"].value
    polls: dict[str, list[float]] = defaultdict(list)
    for step in day.steps("office.poll"):
        assert step.account == f"poller.{step.detail['installation']}"
        polls[step.detail["installation"]].append(step.at)

    assert set(polls) == {agency.installation for agency in day.province.agencies}
    assert len({moments[0] for moments in polls.values()}) == len(polls)
    for moments in polls.values():
        assert moments[0] < every
        assert all(later - earlier == pytest.approx(every, abs=0.01) for earlier, later in pairwise(moments))


def test_ben_tres_day_is_as_large_as_the_province_says(ben_tre: Day) -> None:
    """About 2,000 dossiers and 1,000 documents (within 5 standard deviations and 20 that the day cuts off)."""
    counts = ben_tre.plan.counts

    assert counts["dossiers"] == pytest.approx(2000, abs=5 * 2000**0.5 + 20)
    assert counts["documents"] == pytest.approx(1000, abs=5 * 1000**0.5 + 20)
    assert counts["polls"] == pytest.approx(30 * 288, rel=0.05)
    assert 24_000 <= counts["steps"] <= 30_000
    assert counts["steps"] == sum(len(journey.steps) for journey in ben_tre.plan.journeys)
    assert counts["dossiers"] == len(ben_tre.steps("onestop.receive", "portal.submit"))


def test_the_night_is_not_the_busiest_time_of_the_run(ben_tre: Day) -> None:
    """Compressing the night must not make machines' polls the peak: the busiest run seconds are office hours."""
    load = Counter(int(ben_tre.plan.timeline.to_run(step.at)) for step in ben_tre.steps(*OPERATIONS))

    busiest = max(load, key=lambda second: load[second])

    assert 7 * 3600 <= ben_tre.plan.timeline.to_official(busiest) <= 17 * 3600


def test_the_toys_day_takes_every_path(toy: Day) -> None:
    """The small day still has all kinds of journey, and every operation, over three seeds."""
    assert {journey.kind for journey in toy.plan.journeys} == set(KINDS) - {"declaration"}  # early in the month only
    assert set(KINDS) == set(SCENARIO_KINDS)
    used = {
        step.operation
        for seed in (1, 2, 3)
        for journey in planned("toy", seed=seed).plan.journeys
        for step in journey.steps
    }
    assert set(OPERATIONS) - used <= {"onestop.sign_in", "office.sign_in", "sector.declare", *TROUBLED}


def test_the_troubled_day_takes_the_ways_of_troubled_offices(toy: Day) -> None:
    """TRB-DELEGATE, TRB-SIGNFORMAT, TRB-TWO-TRACK: deputies are named first, seals made anew."""
    day = planned("toy_troubled")
    since = {step.detail["deputy"]: step.at for step in day.steps("office.delegate")}
    sent = {step.account for step in day.steps("office.delegate")}
    of_leaders = [step for step in day.steps("office.sign", "office.assign") if step.actor == "leader"]
    in_stead = [step for step in of_leaders if step.account in since]

    assert day.steps(*TROUBLED)
    assert {step.operation for step in day.steps(*TROUBLED)} == TROUBLED
    assert not [step for step in of_leaders if step.account in sent]
    assert in_stead
    assert all(step.at > since[step.account] for step in in_stead)
    for journey in day.plan.journeys:
        order = [step.operation for step in journey.steps]
        for later in ("office.seal_again", "office.file"):
            assert later not in order or order.index(later) > order.index("office.issue")
        if "office.seal_again" in order and "office.register" in order:
            assert order.index("office.register") > order.index("office.seal_again")
    assert {step.detail["paper"] for step in day.steps("office.file")} == {True, False}
    assert not toy.steps(*TROUBLED)


def test_every_site_declares_once_a_month_on_one_of_its_first_working_days(toy: Day) -> None:
    """SYS-VNEDU, SYS-HIS, SYS-CCVC: August 2018 begins on a Wednesday, so the fifth working day is Tuesday the 7th."""
    declared: list[tuple[str, str]] = []
    by_day = {}
    for number in range(1, 10):
        timeline = msgspec.structs.replace(toy.scenario.timeline, day=f"2018-08-{number:02d}")
        scenario = msgspec.structs.replace(toy.scenario, timeline=timeline)
        plan = planner.plan(scenario, toy.province, toy.population, seed=1)
        steps = [step for journey in plan.journeys for step in journey.steps if step.operation == "sector.declare"]
        by_day[number] = len(steps)
        declared += [(step.detail["system"], step.detail["site"]) for step in steps]
        assert {step.detail["month"] for step in steps} <= {"2018-07-01"}

    province = toy.province
    assert sorted(declared) == sorted(
        [("vnedu", one.code) for one in province.schools]
        + [("his", one.code) for one in province.health]
        + [("ccvc", one.code) for one in province.agencies]
    )
    assert [day for day, count in by_day.items() if count] == [1, 2, 3, 6, 7]


def test_a_kind_with_factor_nought_does_not_happen(toy: Day) -> None:
    """A scenario can leave a kind of journey out, and that leaves the others' arrivals as they were."""
    scenario = msgspec.structs.replace(toy.scenario, journeys={**toy.scenario.journeys, "document": 0.0})

    plan = planner.plan(scenario, toy.province, toy.population, seed=1)

    def browsing(journeys: tuple[Journey, ...]) -> list[Journey]:
        return [journey for journey in journeys if journey.kind == "browsing"]

    assert "journeys.document" not in plan.counts
    assert browsing(plan.journeys) == browsing(toy.plan.journeys)


def test_personas_take_part(ben_tre: Day) -> None:
    """The fixed people are seen in every plan, so that one can look for them by name."""
    people = ben_tre.population.people
    grown = people.filter((people["persona"] != "") & (people["born"] <= "2000-08-22"))["personal_number"].to_list()

    seen = {step.detail["applicant"]["personal_number"] for step in ben_tre.steps("onestop.receive")}

    assert grown
    assert set(grown) <= seen


def test_only_adults_apply_and_parents_enrol(day: Day) -> None:
    """Nobody under 18 files a dossier or enrols a child; whoever acts is in the population or known from outside."""
    people = day.population.people
    adults = set(people.filter(people["born"] <= "2000-08-22")["personal_number"].to_list())
    known = adults | set(day.population.outsiders["personal_number"].to_list())

    filed = {step.account for step in day.steps("portal.submit")}
    handed = {step.detail["applicant"]["personal_number"] for step in day.steps("onestop.receive")}

    assert filed | handed <= known
    assert {step.detail["parent"] for step in day.steps("sector.enrol")} <= adults


def test_a_drawn_population_fits(toy: Day) -> None:
    """The people that `simulation.population` draws can be planned with, and everybody who acts is among them."""
    drawn = population.draw(toy.province, seed=1)

    plan = planner.plan(toy.scenario, toy.province, drawn, seed=1)

    known = {*drawn.people["personal_number"], *drawn.outsiders["personal_number"]}
    filed = [step for journey in plan.journeys for step in journey.steps if step.operation == "portal.submit"]
    assert filed
    assert {step.account for step in filed} <= known
    assert {step.detail["company"] for step in filed if "company" in step.detail} <= {*drawn.companies["tax_code"]}


def test_planning_tells_how_far_it_is(toy: Day) -> None:
    """Progress begins at nothing, never falls, and ends at all."""
    told: list[float] = []

    planner.plan(toy.scenario, toy.province, toy.population, seed=1, progress=lambda done, _what: told.append(done))

    assert told[0] == 0.0
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("typed", "plain"),
    [("Đăng ký khai sinh", "Dang ky khai sinh"), ("chứng thực bản sao", "chung thuc ban sao"), ("ĐƯỜNG", "DUONG")],
)
def test_people_search_without_diacritics(typed: str, plain: str) -> None:
    """Half the searches are typed as on a keyboard without Vietnamese letters."""
    assert without_diacritics(typed) == plain
