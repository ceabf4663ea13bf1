"""Scenarios are read whole: what ships can be used, and every mistake is named at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulation import province_files, scenario_files
from simulation.mistakes import BadInputError
from simulation.scenario import HABITS, KINDS

SHIPPED = scenario_files.available()


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    """A copy of the project's fixtures to spoil."""
    for folder in ("scenarios", "requirements", "provinces"):
        shutil.copytree(scenario_files.FIXTURES / folder, tmp_path / folder)
    return tmp_path


def add(fixtures: Path, name: str, text: str) -> None:
    """Write a scenario."""
    (fixtures / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")


GOOD = """
based_on = "working_day"
title = { vi = "Thử", en = "Try" }
province = "toy"
era = "2018"
day = "2018-08-22"
timeline = ["00:00 0", "24:00 10"]
"""


def test_both_scenarios_of_the_main_job_ship() -> None:
    """Users type `ben_tre_2018` or `toy`; what scenarios stand upon is not offered to them."""
    assert {"ben_tre_2018", "toy"} <= set(SHIPPED)
    assert "working_day" not in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_fits_its_province(name: str) -> None:
    """Every shipped scenario loads, knows every habit with its source, and is of its province's era."""
    scenario = scenario_files.load(name)

    scenario_files.check_against(scenario, province_files.load(scenario.province))
    assert set(scenario.habits) == set(HABITS)
    assert set(scenario.journeys) == set(KINDS)
    assert all(figure.source for figure in scenario.habits.values())
    assert scenario.requirements


def test_ben_tre_happens_on_22_august_2018_for_at_least_a_minute() -> None:
    """The default day is 22 August 2018, and most of the run belongs to the working hours."""
    timeline = scenario_files.load("ben_tre_2018").timeline

    assert timeline.day == "2018-08-22"
    assert timeline.duration >= 60.0
    assert timeline.to_run(17.5 * 3600) - timeline.to_run(6.5 * 3600) > timeline.duration / 2


def test_an_unknown_scenario_names_the_nearest_one() -> None:
    """A slip of the keyboard is answered with what was probably meant."""
    with pytest.raises(BadInputError, match="ben_tre_2018"):
        scenario_files.load("ben_tre_2081")


def test_all_mistakes_are_told_at_once(fixtures: Path) -> None:
    """A scenario with six mistakes names all six, each with its place."""
    text = GOOD.replace('province = "toy"', 'province = "ben_tree_2018"').replace("00:00 0", "25:00 0")
    extra = """
colour = "red"
[journeys]
document = -1
dosier-online = 1
[habits.meeting_share]
value = 1.5
source = "assumed: test"
"""
    add(fixtures, "spoilt", text + extra)

    with pytest.raises(BadInputError) as caught:
        scenario_files.load("spoilt", fixtures=fixtures)

    assert {mistake.key for mistake in caught.value.mistakes} == {
        "province",
        "timeline[0]",
        "colour",
        "journeys.document",
        "journeys.dosier-online",
        "habits.meeting_share.value",
    }
    assert {mistake.file for mistake in caught.value.mistakes} == {"spoilt.toml"}
    assert "dossier-online" in str(caught.value)
    assert "ben_tre_2018" in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (('"00:00 0", "24:00 10"', '"00:00 5", "24:00 5"'), "timeline"),
        (('"00:00 0", "24:00 10"', ""), "timeline"),
        (('day = "2018-08-22"', 'day = "2018-13-22"'), "day"),
        (('era = "2018"', 'era = "2019"'), "era"),
        (('en = "Try"', 'fr = "Essai"'), "title.en"),
        (("timeline", 'requirements = ["capacity"]\ntimeline'), "requirements[0]"),
        (('based_on = "working_day"', 'based_on = "working_night"'), "based_on"),
        (('based_on = "working_day"', 'based_on = "spoilt"'), "based_on"),
        (('based_on = "working_day"', ""), "document_kinds"),
        (("timeline", "= timeline"), ""),
    ],
)
def test_a_mistake_is_named_with_its_place(fixtures: Path, spoil: tuple[str, str], key: str) -> None:
    """Whatever is wrong in a scenario, the file and the key are named."""
    add(fixtures, "spoilt", GOOD.replace(*spoil))

    with pytest.raises(BadInputError) as caught:
        scenario_files.load("spoilt", fixtures=fixtures)

    assert key in {mistake.key for mistake in caught.value.mistakes}


def test_a_scenario_stands_on_another_and_changes_what_it_names(fixtures: Path) -> None:
    """A scenario says only what is different; the rest is that of the one it stands on."""
    add(fixtures, "busy", GOOD + "[journeys]\ndocument = 2.5\n")

    busy = scenario_files.load("busy", fixtures=fixtures)

    assert busy.journeys["document"] == 2.5
    assert busy.journeys["poll"] == 1.0
    assert busy.habits == scenario_files.load("ben_tre_2018").habits


def test_a_figure_that_the_province_does_not_have_is_refused(fixtures: Path) -> None:
    """A misspelt figure must not turn into a setting that nothing reads."""
    table = '[figures.online_shard]\nvalue = 0.5\nunit = "share (0 to 1)"\nsource = "assumed: test"\n'
    add(fixtures, "wrong", GOOD + table)
    scenario = scenario_files.load("wrong", fixtures=fixtures)

    with pytest.raises(BadInputError, match="online_share"):
        scenario_files.check_against(scenario, province_files.load("toy"))


def test_a_scenario_may_set_what_only_a_year_needs_within_bounds(fixtures: Path) -> None:
    """Numbers of `simulation.year.conduct` are known here, too; a share above 1 and a slip are told together."""
    table = '[figures.{}]\nvalue = {}\nunit = "share of dossiers"\nsource = "assumed: test"\n'
    add(fixtures, "plan", GOOD + table.format("data_shared_share", 0.5))
    add(fixtures, "wrong", GOOD + table.format("data_shared_share", 5) + table.format("unbound_shar", 0.1))
    province = province_files.load("toy")

    scenario_files.check_against(scenario_files.load("plan", fixtures=fixtures), province)
    with pytest.raises(BadInputError) as caught:
        scenario_files.check_against(scenario_files.load("wrong", fixtures=fixtures), province)

    assert {one.key for one in caught.value.mistakes} == {"figures.data_shared_share.value", "figures.unbound_shar"}
    assert "unbound_share" in str(caught.value)
