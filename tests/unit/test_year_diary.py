"""A year's journal: the schema and the measures of the load test, for what the year's engine played."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from simulation import journal as journals
from simulation import province_files, scenario_files
from simulation.journal import Observation
from simulation.operations import OPERATIONS
from simulation.year import diary, simulate
from simulation.year.conduct import conduct_of
from simulation.year.simulating import Setting, setting_of
from verification import measures


@cache
def setting() -> Setting:
    """The toy's year."""
    scenario = scenario_files.load("toy")
    province = province_files.load("toy")
    return setting_of(province, scenario, conduct_of(province, scenario))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of every fourth dossier and document."""
    folder = tmp_path_factory.mktemp("journal")
    diary.write(setting(), folder, seed=3, every=4)
    return folder


def test_the_same_measures_judge_it(written: Path) -> None:
    """Every act is one of docs/wire.md and was done; a signature comes before an issue, so there are as many."""
    seen = {one.operation: one for one in measures.measure(journals.read(written)).operations}

    assert set(seen) <= set(OPERATIONS)
    assert {"onestop.receive", "onestop.examine", "onestop.decide", "office.sign", "office.issue"} <= set(seen)
    assert seen["office.sign"].count == pytest.approx(seen["office.issue"].count, rel=0.02)
    assert all(one.errors == 0 for one in seen.values())


def test_it_counts_what_the_year_counts(written: Path) -> None:
    """Every fourth dossier: a quarter of the receptions that the same replication counted, within 5 %."""
    year = simulate(setting().province, setting().scenario, seed=3, replications=1)
    counted = year.interval("dossiers_received").mean * (1.0 - year.interval("online_share").mean)

    kept = sum(one.operation == "onestop.receive" for one in journals.read(written).observations)

    assert 4 * kept == pytest.approx(counted, rel=0.05)


def test_nobody_is_in_two_places_at_once(written: Path) -> None:
    """The acts of one journey follow one another, and each begins after its paper came."""
    journeys: dict[str, list[Observation]] = {}
    for one in journals.read(written).observations:
        assert one.intended <= one.start <= one.end
        journeys.setdefault(one.journey, []).append(one)
    for acts in journeys.values():
        acts.sort(key=lambda one: one.step)
        assert all(before.end <= after.intended + 0.002 for before, after in pairwise(acts))


def test_a_second_writing_replaces_the_first(tmp_path: Path) -> None:
    """The same seed gives the same journal to the byte."""
    many = diary.write(setting(), tmp_path, seed=3, every=40)
    before = (tmp_path / "year.ndjson").read_bytes()

    assert diary.write(setting(), tmp_path, seed=3, every=40) == many > 0
    assert (tmp_path / "year.ndjson").read_bytes() == before
