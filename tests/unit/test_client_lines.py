"""What people reach the portal over, drawn for each journey and read from scenario files."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from plan_people import made_up

from simulation import planner, province_files, scenario_files
from simulation.client_lines import ClientLine, Losses, line_of
from simulation.mistakes import BadInputError

MOBILE = ClientLine(name="4G", share=0.6, round_trip_ms=60, down_kbit=20_000, up_kbit=8_000, source="assumed")
OLD = ClientLine(name="3G", share=0.1, round_trip_ms=200, down_kbit=2_000, up_kbit=500, source="assumed")


def test_each_journey_draws_its_line_by_share_and_always_the_same() -> None:
    """Six of ten on the first, one on the second, the others on none."""
    journeys = [f"dossier-online-{number:06d}" for number in range(5000)]
    drawn = [line_of((MOBILE, OLD), journey) for journey in journeys]
    counts = Counter(line.name if line else "" for line in drawn)

    assert counts["4G"] / 5000 == pytest.approx(0.6, abs=0.02)
    assert counts["3G"] / 5000 == pytest.approx(0.1, abs=0.02)
    assert drawn == [line_of((MOBILE, OLD), journey) for journey in journeys]


def test_widths_are_bits_outside_and_bytes_inside() -> None:
    """8,000 kbit a second are a million bytes."""
    assert (MOBILE.up, MOBILE.down, MOBILE.round_trip) == (1_000_000, 2_500_000, 0.06)


def test_what_is_lost_comes_a_time_out_later_and_lost_again_it_doubles() -> None:
    """A round trip and Linux's 200 ms; for the first packet a second (RFC 6298). The journey decides by itself."""
    lossy = msgspec.structs.replace(MOBILE, loss=0.5)
    line = Losses(lossy, "browse-1")
    drawn = [line.late() for _ in range(4000)]

    again = Losses(lossy, "browse-1")
    assert [again.late() for _ in range(4000)] == drawn
    other = Losses(lossy, "browse-2")
    assert [other.late() for _ in range(4000)] != drawn
    counts = Counter(round(one, 2) for one in drawn)
    assert [counts[late] / 4000 for late in (0.0, 0.26, 0.78, 1.82)] == pytest.approx(
        [1 / 2, 1 / 4, 1 / 8, 1 / 16], abs=0.02
    )
    assert {round(line.late(opening=True)) for _ in range(100)} >= {0, 1, 3}


def test_a_line_without_loss_is_never_late() -> None:
    """As before there was any."""
    line = Losses(MOBILE, "browse-1")
    assert {line.late(opening=opening) for opening in (True, False)} == {0.0}


LINE = """
[[client_lines]]
name = "4G"
share = {share}
round_trip_ms = 60
down_kbit = 20000
up_kbit = 8000
source = "assumed"
"""


def written(folder: Path, text: str) -> Path:
    """The project's fixtures with one scenario more."""
    fixtures = folder / "fixtures"
    shutil.copytree(scenario_files.FIXTURES, fixtures)
    head = 'based_on = "toy"\ntitle = { vi = "Thử", en = "Test" }\nprovince = "toy"\n'
    (fixtures / "scenarios" / "mobile.toml").write_text(head + text)
    return fixtures


def test_a_scenario_s_lines_are_in_its_plan(tmp_path: Path) -> None:
    """Whoever drives the plan needs no scenario file."""
    scenario = scenario_files.load("mobile", fixtures=written(tmp_path, LINE.format(share=0.6)))
    province = province_files.load("toy")

    assert planner.plan(scenario, province, made_up(province), seed=1).client_lines == (MOBILE,)


def test_what_a_line_loses_is_read(tmp_path: Path) -> None:
    """Left out it is nothing."""
    text = LINE.format(share=0.5) + "loss = 0.02\n" + LINE.format(share=0.5)
    lines = scenario_files.load("mobile", fixtures=written(tmp_path, text)).client_lines
    assert [line.loss for line in lines] == [0.02, 0.0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LINE.format(share=0.6) * 2, "add up to more than 1"),
        (LINE.format(share=0.6).replace("up_kbit = 8000", "up_kbit = 0"), "up_kbit"),
        (LINE.format(share=0.6) + "loss = 0.6\n", "Choose a value from 0.0 to 0.5"),
        (LINE.format(share=0.6) + "lossy = 0.1\n", "Did you mean “loss”?"),
    ],
)
def test_a_mistake_in_a_line_is_told(tmp_path: Path, text: str, told: str) -> None:
    """With its place; what is not known is not passed over."""
    with pytest.raises(BadInputError) as refused:
        scenario_files.load("mobile", fixtures=written(tmp_path, text))
    assert told in str(refused.value)
