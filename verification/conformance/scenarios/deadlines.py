"""Deadlines in working time, and what stops them."""

from __future__ import annotations

from functools import partial

from simulation.calendar import calendar_of, closing_time, working_time_between
from verification.conformance.inspector import Inspector, Scenario
from verification.conformance.points import Words
from verification.conformance.product import AskSupplement, Supplement
from verification.conformance.scenarios import telling


def over_the_weekend(to: Inspector) -> None:
    """Five working days from a Wednesday end on the next Wednesday."""
    answer = to.act(to.who("reception_clerk", "department"), to.handed("licence"), "received")
    to.check_due("deadline-working-time", answer.due_at, to.working(to.agreement.procedure("licence").deadline_hours))


def same_day(to: Inspector) -> None:
    """What the law grants on the same day is promised for closing time, of the next working day once it has closed.

    A product whose clock nobody may set is inspected at whatever hour it is.
    """
    answer = to.act(to.who("reception_clerk"), to.handed("same_day"), "received")
    to.check_due("deadline-same-day", answer.due_at, partial(closing_time, calendar_of(to.agreement.era)))


def pause(to: Inspector) -> None:
    """Asked on Wednesday afternoon, supplemented on Thursday morning: what was left at the question is left again."""
    clerk, specialist = to.who("reception_clerk"), to.who("specialist")
    hours = to.agreement.procedure("plain").deadline_hours
    promised = to.working(hours)(to.now)
    code = to.act(clerk, to.handed(), "received").code
    to.turn_clock(14.5)
    asked_at = to.now
    to.act(specialist, AskSupplement(code, "Giấy chứng sinh"), "awaiting_supplement")
    to.turn_clock(9, days=1)
    to.act(clerk, Supplement(code, "Giấy chứng sinh"), "received")
    left = working_time_between(calendar_of(to.agreement.era), asked_at, promised)
    to.check_due("deadline-pause", to.look(clerk, code).due_at, to.working(left.total_seconds() / 3600))
    telling.check(to, code, ("received", "awaiting_supplement", "received"))


SCENARIOS = (
    Scenario(
        name="deadline-weekend",
        title=Words("Thời hạn 40 giờ làm việc qua cuối tuần", "Forty working hours over a weekend"),
        play=over_the_weekend,
        points=("deadline-working-time",),
    ),
    Scenario(
        name="deadline-same-day",
        title=Words("Thủ tục trả trong ngày", "A procedure due the same day"),
        play=same_day,
        points=("deadline-same-day",),
    ),
    Scenario(
        name="deadline-pause",
        title=Words("Dừng thời hạn để chờ bổ sung", "The deadline stands still for a supplement"),
        play=pause,
        needs_clock=True,
        points=("deadline-pause", *telling.POINTS),
    ),
)
