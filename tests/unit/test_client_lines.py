"""What people reach the portal over, drawn for each journey and read from scenario files."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from plan_people import made_up

from simulation import planner, province_files, scenario_files
from simulation.client_lines import ClientLine, line_of
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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LINE.format(share=0.6) * 2, "add up to more than 1"),
        (LINE.format(share=0.6).replace("up_kbit = 8000", "up_kbit = 0"), "up_kbit"),
        (LINE.format(share=0.6) + "loss = 0.1\n", "loss"),
    ],
)
def test_a_mistake_in_a_line_is_told(tmp_path: Path, text: str, told: str) -> None:
    """With its place; what is not known is not passed over."""
    with pytest.raises(BadInputError) as refused:
        scenario_files.load("mobile", fixtures=written(tmp_path, text))
    assert told in str(refused.value)
