"""Shapes of load in scenario files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from simulation import scenario_files
from simulation.arrivals import Profile, exactly
from simulation.mistakes import BadInputError
from simulation.scenario import Scenario
from simulation.shape import OF_K6, SHAPES, Shape, bend

HOUR = 3600.0
#: A day of an even rate from six to eighteen o'clock.
EVEN = Profile(edges=(6 * HOUR, 18 * HOUR), rates=(1.0,), source="even")
ALL = dict.fromkeys(("counter", "citizens", "documents", "schools", "health"), EVEN)


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's fixtures to add scenarios to."""
    folder = tmp_path_factory.mktemp("shapes") / "fixtures"
    shutil.copytree(scenario_files.FIXTURES, folder)
    return folder


def load(fixtures: Path, shape: str, *, files: dict[str, str] | None = None) -> Scenario:
    """The toy's day in a shape."""
    for name, text in (files or {}).items():
        (fixtures / "scenarios" / name).write_text(text)
    text = f'based_on = "toy"\ntitle = {{ vi = "Thử", en = "Test" }}\nprovince = "toy"\n[shape]\n{shape}\n'
    (fixtures / "scenarios" / "bent.toml").write_text(text)
    return scenario_files.load("bent", fixtures=fixtures)


def shape(kind: str, **more: object) -> Shape:
    """A shape with its usual parameters."""
    usual = SHAPES[kind]
    return Shape(**{"kind": kind, "factor": usual.factor, "begins": usual.begins, "ends": usual.ends, **more})


def test_a_spike_is_five_times_the_rate_and_the_rest_of_the_day_is_as_it_was() -> None:
    """In the quarter of an hour 5 × as many come, and only they are added to the day's volume."""
    bent, growth = bend(shape("spike"), ALL)
    before, inside = EVEN.share(8 * HOUR, 8.25 * HOUR), EVEN.share(9 * HOUR, 9.25 * HOUR)
    more = growth["browsing"]
    assert bent["citizens"].share(9 * HOUR, 9.25 * HOUR) * more == pytest.approx(5 * inside)
    assert bent["citizens"].share(8 * HOUR, 8.25 * HOUR) * more == pytest.approx(before)
    assert more == pytest.approx((11.75 + 5 * 0.25) / 12)
    assert "document" not in growth


@pytest.mark.parametrize(
    ("kind", "moment", "times"),
    [
        ("ramp", 7 * HOUR, 1.0),
        ("ramp", 12 * HOUR, 2.0),
        ("ramp", 17.5 * HOUR, 3.0),
        ("breakpoint", 7.5 * HOUR, 1.0),
        ("breakpoint", 8.5 * HOUR, 2.0),
        ("breakpoint", 16.5 * HOUR, 10.0),
        ("deadline-day", 14.5 * HOUR, 1.0),
        ("deadline-day", 16 * HOUR, 4.0),
        ("tet-return", 8 * HOUR, 2.5),
        ("month-end", 15 * HOUR, 1.0),
    ],
)
def test_the_rate_at_a_moment_is_so_many_times_the_usual(kind: str, moment: float, times: float) -> None:
    """Of citizens, to within the five-minute steps in which a factor rises."""
    bent, growth = bend(shape(kind), ALL)
    around = (moment - 150, moment + 150)
    rate = bent["citizens"].share(*around) * growth.get("browsing", 1.0) / EVEN.share(*around)
    assert rate == pytest.approx(times, rel=0.04)


def test_monthly_reports_bend_documents_and_nobody_else() -> None:
    """Officials write, citizens come as ever."""
    bent, growth = bend(shape("month-end"), ALL)
    assert growth == {"document": pytest.approx(1.5)}
    assert bent["counter"] == EVEN


def test_constant_and_soak_are_even(fixtures: Path) -> None:
    """Whatever the profiles were; a soak goes round the clock."""
    for kind, hours in (("constant", 10), ("soak", 24)):
        bent = load(fixtures, f'kind = "{kind}"').profiles["citizens"]
        assert (len(bent.rates), bent.edges[-1] - bent.edges[0]) == (1, hours * HOUR)


def test_a_trace_is_replayed(fixtures: Path) -> None:
    """As many come in each five minutes as were recorded, in proportion."""
    trace = "# one line each\n" + "08:01:00\n" * 30 + "15:30:30\n" * 10
    bent = load(fixtures, 'kind = "replay"\ntrace = "monday.txt"', files={"monday.txt": trace}).profiles["counter"]
    moments = exactly(bent, count=4000, rng=np.random.default_rng(8))
    assert ((moments >= 8 * HOUR) & (moments < 8 * HOUR + 300)).mean() == pytest.approx(0.75, abs=0.03)
    assert bent.share(15.5 * HOUR, 15.5 * HOUR + 300) == pytest.approx(0.25)


@pytest.mark.parametrize("name", sorted({*SHAPES, *OF_K6} - {"replay"}))
def test_every_shape_can_be_named_in_a_scenario(name: str, fixtures: Path) -> None:
    """k6's names of executors with arrivals of their own, too; what a profile's source says tells of it."""
    stages = 'stages = ["08:00 1", "10:00 4", "11:00 0.5"]' if OF_K6.get(name, name) == "ramping" else ""
    bent = load(fixtures, f'kind = "{name}"\n{stages}')
    assert any(f"bent: {OF_K6.get(name, name)}" in profile.source for profile in bent.profiles.values())


def test_volume_grows_by_the_factor_of_a_constant_shape(fixtures: Path) -> None:
    """Twice the load, evenly."""
    plain, bent = scenario_files.load("toy", fixtures=fixtures), load(fixtures, 'kind = "constant"\nfactor = 2.0')
    assert bent.journeys["dossier-online"] == 2 * plain.journeys["dossier-online"]
    assert bent.journeys["poll"] == plain.journeys["poll"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('kind = "spik"', "Did you mean “spike”?"),
        ('kind = "constant-vus"', "Did you mean “constant”?"),
        ('kind = "spike"\nfrom = "9 am"', "found “9 am”"),
        ('kind = "spike"\nfrom = "11:00"\nuntil = "10:00"', "is not after from"),
        ('kind = "ramping"\nstages = ["10:00 1", "09:00 2"]', "do not rise"),
        ('kind = "replay"\ntrace = "../secret.txt"', "no file"),
        ('kind = "spike"\nfactr = 3', "factr"),
        ('kind = "ramping"\nstages = ["08:00 1", "10:00 4"]\nfactor = 2', "shape.factor: ramping does not use it"),
        ('kind = "ramping"\nstages = ["08:00 1", "10:00 4"]\nuntil = "11:00"', "shape.until: ramping does not use it"),
        ('kind = "month-end"\nfrom = "00:10"\nuntil = "00:20"', "changes nothing"),
        ('kind = "spike"\nfactor = 1.0', "changes nothing"),
    ],
)
def test_a_mistake_in_a_shape_is_told(text: str, told: str, fixtures: Path) -> None:
    """With its place and the way out."""
    with pytest.raises(BadInputError) as refused:
        load(fixtures, text)
    assert told in str(refused.value)


def test_a_trace_has_no_window_of_its_own(fixtures: Path) -> None:
    """It holds the times at which somebody came; from and until would be passed over."""
    with pytest.raises(BadInputError, match="from: replay does not use it"):
        load(fixtures, 'kind = "replay"\ntrace = "monday.txt"\nfrom = "09:00"', files={"monday.txt": "08:01:00\n"})
