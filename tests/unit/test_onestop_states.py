"""The one-stop's rules that need no database: what may follow what, by whom, and by when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from infra import reference
from services.kit.clock import VIETNAM
from services.kit.reference import Agency, OfficeCalendar, Procedure, Reference
from services.onestop.national_fields import STATE_NUMBERS
from services.onestop.reception import receives
from services.onestop.states import ACTS, CLOSED, NAMES, Act, next_states
from services.onestop.working_time import CalendarError, WorkingTime
from simulation.calendar import add_working_time, calendar_of
from simulation.province_files import load
from verification.histories import NEXT_STATES

TIME = WorkingTime(OfficeCalendar())
STAFF_ROLES = {"reception_clerk", "specialist", "leader"}


def at(day: int, clock: str) -> datetime:
    """A moment of August 2018; the 22nd is a Wednesday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2018, 8, day, hour, minute, tzinfo=VIETNAM)


def test_table_says_what_the_wire_contract_and_the_laws_say() -> None:
    """What may follow a state at the one-stop is exactly what reconciliation holds to be legal."""
    assert {state: next_states(state) for state in NAMES} == dict(NEXT_STATES)


def test_every_state_is_reached_and_only_a_returned_or_withdrawn_dossier_is_closed() -> None:
    """No dossier can get stuck: a way leads to every state, and out of every state but the last two."""
    reached = {state for act in ACTS.values() if not act.before for state in act.after}
    while more := {state for known in reached for state in next_states(known)} - reached:
        reached |= more

    assert reached == set(NAMES)
    assert {"returned", "withdrawn"} == CLOSED


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_every_act_of_an_official_has_its_role(act: Act) -> None:
    """Only submission, withdrawal and delivery come from other systems; every other act belongs to roles that exist."""
    assert set(act.roles) <= STAFF_ROLES
    assert bool(act.roles) == (act.event not in {"submitted", "withdrawn", "delivered"})


def test_every_state_has_a_national_number() -> None:
    """The National Public Service Portal can be told of every state."""
    assert set(STATE_NUMBERS) == set(NAMES)


@pytest.mark.parametrize(
    ("received", "hours", "promised"),
    [
        (at(22, "09:00"), 2, at(22, "11:00")),
        (at(22, "09:00"), 2.5, at(22, "11:30")),
        (at(22, "11:00"), 1, at(22, "14:00")),
        (at(22, "12:15"), 1, at(22, "14:30")),
        (at(22, "09:00"), 8, at(23, "09:00")),
        (at(22, "05:00"), 8, at(22, "17:00")),
        (at(22, "20:00"), 1, at(23, "08:00")),
        (at(24, "16:30"), 1, at(27, "07:30")),
        (at(25, "10:00"), 8, at(27, "17:00")),
        (at(22, "09:00"), 40, at(29, "09:00")),
    ],
    ids=[
        "within a shift", "to the end of a shift", "over the lunch break", "received during lunch", "one day",
        "before opening", "after closing", "over the week-end", "received on Saturday", "five working days",
    ],
)  # fmt: skip
def test_deadline_counts_working_time_only(received: datetime, hours: float, promised: datetime) -> None:
    """Nights, lunch breaks and week-ends do not use up a dossier's time."""
    assert TIME.due(received, hours=hours, same_day=False) == promised


@pytest.mark.parametrize(
    ("received", "promised"),
    [(at(22, "07:05"), at(22, "17:00")), (at(22, "17:05"), at(23, "17:00")), (at(25, "09:00"), at(27, "17:00"))],
    ids=["in the morning", "after closing", "on Saturday"],
)
def test_same_day_procedures_are_promised_before_the_office_closes(received: datetime, promised: datetime) -> None:
    """What is given back on the same day is due at the end of the working day, whatever the hours say."""
    assert TIME.due(received, hours=0, same_day=True) == promised
    assert TIME.due(received, hours=0, same_day=False) == promised


def test_working_time_agrees_with_counting_minute_by_minute() -> None:
    """Working time between two moments is the number of working minutes between them, and adding it leads back."""
    start = at(24, "06:40")
    for minutes in range(0, 4 * 24 * 60, 97):
        end = start + timedelta(minutes=minutes)
        counted = sum(_is_working(start + timedelta(minutes=minute)) for minute in range(minutes))
        between = TIME.between(start, end)
        assert between == timedelta(minutes=counted), end
        if _is_working(end):
            assert TIME.add(start, between) in {end, end - _break_before(end)}


def _is_working(moment: datetime) -> bool:
    minute = moment.hour * 60 + moment.minute
    return moment.weekday() < 5 and (7 * 60 <= minute < 11 * 60 + 30 or 13 * 60 + 30 <= minute < 17 * 60)


def _break_before(moment: datetime) -> timedelta:
    """At the first minute of a shift, as much working time has passed as at the end of the shift before."""
    earlier = moment
    while not _is_working(earlier - timedelta(minutes=1)):
        earlier -= timedelta(minutes=1)
    return moment - earlier


def test_deadline_stands_still_while_a_supplement_is_awaited() -> None:
    """Three working hours were left when the applicant was asked, and three are left when the supplement comes."""
    due_at, paused = at(22, "17:00"), at(22, "14:00")

    resumed = TIME.resume(due_at, paused=paused, now=at(24, "16:00"))

    assert resumed == at(27, "09:00")
    assert TIME.between(at(24, "16:00"), resumed) == timedelta(hours=3)


def test_a_deadline_that_had_passed_is_not_forgiven() -> None:
    """Asking for a supplement after the promised day does not make a late dossier punctual."""
    assert TIME.resume(at(22, "11:00"), paused=at(22, "14:00"), now=at(24, "16:00")) == at(22, "11:00")


@pytest.mark.parametrize(
    ("agency", "procedure", "expected"),
    [
        (("000.00.12.H07", "department"), ("department", "000.00.12.H07"), True),
        (("000.00.13.H07", "department"), ("department", "000.00.12.H07"), False),
        (("000.01.32.H07", "commune"), ("commune", ""), True),
        (("000.00.12.H07", "department"), ("commune", ""), False),
    ],
    ids=["its department", "another department", "any commune", "another tier"],
)
def test_a_procedure_is_received_where_the_catalogue_says(
    agency: tuple[str, str],
    procedure: tuple[str, str],
    expected: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """A dossier is handed in at the tier of its procedure, at the one department where one is named."""
    office = Agency(code=agency[0], name="", tier=agency[1], installation="")
    asked = Procedure(
        code="1.000001", name="", field="", level=3, tier=procedure[0], department=procedure[1], applicant="person",
        fee=0, deadline_hours=8, same_day=False, needs_leader=True, share_of_demand=1.0,
    )  # fmt: skip

    assert receives(office, asked) is expected


def test_holidays_are_free_and_swapped_days_are_worked() -> None:
    """A deadline passes over a public holiday and counts a Saturday that was swapped for one."""
    time = WorkingTime(OfficeCalendar(holidays=frozenset({date(2018, 8, 23)}), worked=frozenset({date(2018, 8, 25)})))

    assert time.due(at(22, "09:00"), hours=8, same_day=False) == at(24, "09:00")
    assert time.due(at(24, "09:00"), hours=8, same_day=False) == at(25, "09:00")
    assert time.due(at(23, "09:00"), hours=0, same_day=True) == at(24, "17:00")


def test_services_are_given_the_calendar_that_the_simulation_plans_by(tmp_path: Path) -> None:
    """One calendar: deadlines promised at the counter are those that the simulated year counts, Tết included."""
    reference.write(load("toy"), tmp_path)
    ours, plans = WorkingTime(Reference(tmp_path).calendar), calendar_of("2018")
    start = datetime(2018, 2, 12, 9, tzinfo=VIETNAM)
    for hours in (1, 8, 40, 120):
        assert ours.due(start, hours=hours, same_day=False) == add_working_time(plans, start, timedelta(hours=hours))


def test_a_calendar_without_working_days_is_told_and_does_not_hang() -> None:
    """Nobody waits for a deadline that can never come."""
    with pytest.raises(CalendarError, match="weekdays"):
        WorkingTime(OfficeCalendar(weekdays=frozenset())).due(at(22, "09:00"), hours=1, same_day=False)
