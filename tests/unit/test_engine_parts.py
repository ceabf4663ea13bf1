"""Parts of the engine: draws, openings, programs, and what is refused."""

from __future__ import annotations

import heapq
import math
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.calendar import calendar_of, working_time_between
from simulation.engine import (
    Arrivals,
    Label,
    Network,
    Opening,
    Place,
    Program,
    Team,
    exponential,
    kernel,
    opening,
    run,
    running,
)
from simulation.streams import Streams


def test_draws_are_uniform_and_streams_do_not_resemble_each_other() -> None:
    """Over 100,000 jobs: every tenth as often as another (chi-squared, 9 degrees, 99.9 %), correlation below 1 %."""
    keys = [np.uint64(Streams(5).derive(f"engine.{name}")) for name in ("a", "b")]
    first, second = (np.array([kernel.uniform(key, job, 0) for job in range(100_000)]) for key in keys)

    for drawn in (first, second):
        counts = np.histogram(drawn, bins=10, range=(0.0, 1.0))[0]
        assert float(((counts - 10_000) ** 2 / 10_000).sum()) < 27.9
    assert abs(float(np.corrcoef(first, second)[0, 1])) < 0.01
    assert abs(float(np.corrcoef(first[1:], first[:-1])[0, 1])) < 0.01


@pytest.mark.parametrize(
    ("kind", "second", "variation"),
    [(kernel.EXPONENTIAL, 0.0, 1.0), (kernel.LOGNORMAL, 0.5, 0.5), (kernel.UNIFORM, 6.0, 1 / 6)],
)
def test_lengths_have_their_mean_and_scatter(kind: int, second: float, variation: float) -> None:
    """Mean (of 4.5 for the uniform one, 3 for the others) and coefficient of variation within 1.5 %."""
    key = np.uint64(Streams(6).derive("engine.lengths"))
    drawn = np.array([kernel.draw(kind, 3.0, second, key, job, 0) for job in range(100_000)])

    mean = 4.5 if kind == kernel.UNIFORM else 3.0
    assert float(drawn.mean()) == pytest.approx(mean, rel=0.015)
    scatter = 3.0 / np.sqrt(12) / 4.5 if kind == kernel.UNIFORM else variation
    assert float(drawn.std() / drawn.mean()) == pytest.approx(scatter, rel=0.015)


def test_logarithms_are_those_of_the_library() -> None:
    """From the least number that is drawn (2^-54) to 1, and never negative, however close to 1."""
    rng = np.random.default_rng(4)
    least, to_one = 2.0 ** -rng.uniform(0, 54, 20_000), 1 - np.arange(5_000) * 2.0**-53
    for value in (*rng.random(20_000), *least, *to_one, 2.0**-54, 0.5, 0.25):
        exact = -math.log(value)
        made = kernel._minus_log(value)
        assert made >= 0
        assert abs(made - exact) <= max(3e-16, 5e-16 * exact)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0, 1e9]), st.floats(0, 1e12)), max_size=200))
def test_events_come_in_order_of_time_then_of_coming(steps: list[float | None]) -> None:
    """Whatever is put in and taken out between (None), also into the hole that the event before has left."""
    heap = running._more_events(np.zeros(1, dtype=kernel.EVENT))
    waiting: list[tuple[float, int]] = []

    def take() -> None:
        time, what = np.int64(heap[1]["time"]).view(np.float64), heap[1]["what"]
        heap[0]["time"] = kernel._HOLE
        assert (time, what) == heapq.heappop(waiting)

    for order, step in enumerate(steps):
        if step is None:
            if heap[0]["time"] == kernel._HOLE:
                kernel._close(heap)
            if waiting:
                take()
        else:
            kernel._push(heap, step, order)
            heapq.heappush(waiting, (step, order))
    while waiting:
        if heap[0]["time"] == kernel._HOLE:
            kernel._close(heap)
        take()
    if heap[0]["time"] == kernel._HOLE:
        kernel._close(heap)
    assert heap[0]["what"] == 0


def test_an_opening_counts_working_time_as_the_calendar_does() -> None:
    """Between any two moments of the year the opening and the era's calendar agree to the second."""
    calendar, first = calendar_of("2018"), date(2018, 1, 1)
    hours = opening(calendar, since=first, until=date(2019, 1, 1))
    rng = np.random.default_rng(3)
    midnight = datetime.combine(first, datetime.min.time())

    for since, until in np.sort(rng.integers(0, 360 * 86400, (40, 2)), axis=1).tolist():
        expected = working_time_between(
            calendar, midnight + timedelta(seconds=since), midnight + timedelta(seconds=until)
        )
        assert float(hours.worked(until) - hours.worked(since)) == pytest.approx(expected.total_seconds())


def test_absences_are_cut_out_of_an_opening() -> None:
    """Who is away from ten to noon and over the evening works the rest."""
    hours = Opening([7.0, 13.0], [11.0, 17.0]).without(np.array([10.0, 16.0]), np.array([12.0, 20.0]))

    assert hours.opens.tolist() == [7.0, 13.0]
    assert hours.closes.tolist() == [10.0, 16.0]


@pytest.mark.parametrize(
    ("opens", "closes", "said"),
    [
        ([], [], "at least one"),
        ([1.0], [1.0], "after its opening"),
        ([1.0, 2.0], [3.0, 4.0], "without overlapping"),
    ],
)
def test_an_opening_that_is_none_is_refused(opens: list[float], closes: list[float], said: str) -> None:
    """The error says what an opening needs."""
    with pytest.raises(ValueError, match=said):
        Opening(opens, closes)


def test_a_network_tells_all_its_mistakes_at_once() -> None:
    """No servers, a group that leads nowhere, a chance above one: three mistakes, one error."""
    place = Place(name="here", teams={"desk": [Team(name="nobody", servers=0)]})

    with pytest.raises(ValueError, match="nobody") as error:
        Network(places=(place,), groups={"up": [[3]]}, tables={"chance": np.array([1.5])})

    assert all(word in str(error.value) for word in ("at least one server", "group up", "table chance"))


def test_a_label_that_points_nowhere_is_refused() -> None:
    """A program with a hole does not run."""
    program = Program(roles=("desk",))
    program.jump(Label())

    with pytest.raises(ValueError, match="points nowhere"):
        program.compile()


def test_a_crowd_larger_than_the_first_room_is_served_in_order() -> None:
    """Twenty thousand people at once: the loop is given more room on the way, and nobody is lost or overtaken."""
    many = 20_000
    program = Program(roles=("desk",))
    program.serve("desk", exponential(1.0), stream="desk", wait="wait")
    program.end()
    network = Network(places=(Place(name="here", teams={"desk": [Team(name="desk", servers=3)]}),))
    zeros = np.zeros(many, dtype=np.int64)

    outcome = run(program, network, Arrivals(zeros.astype(float), zeros, zeros), streams=Streams(1), trace=5 * many)

    began = outcome.trace.job[outcome.trace.kind == kernel.BEGAN]
    assert outcome.ended == many
    assert outcome.most_at_once == many
    assert (began == np.arange(many)).all()


def test_arrivals_out_of_order_are_refused() -> None:
    """Time cannot be asked to run back."""
    program = Program(roles=("desk",))
    program.serve("desk", exponential(1.0), stream="desk")
    program.end()
    network = Network(places=(Place(name="here", teams={"desk": [Team(name="desk", servers=1)]}),))
    zeros = np.zeros(2, dtype=np.int64)

    with pytest.raises(ValueError, match="in order of time"):
        run(program, network, Arrivals(np.array([2.0, 1.0]), zeros, zeros), streams=Streams(1))
