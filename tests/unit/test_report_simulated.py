"""The page of what was simulated: one file that loads nothing, with every figure, drawing and source."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

import pytest

from simulation import province_files, scenario_files
from simulation.figures import Facts, Pack, over_time, packs, run
from simulation.text import Text
from simulation.year import INDICATORS, TOLD, Year, differences, find, simulate
from simulation.year.intervals import Interval
from verification.report import plots, simulated
from verification.report.simulated import Simulated


@cache
def some_packs() -> tuple[Pack, ...]:
    """Those that take no time."""
    return tuple(pack for pack in packs() if pack.name in {"platforms", "counted"})


@cache
def year(what_if: str = "") -> Year:
    """The toy's, twice."""
    scenario = scenario_files.load("toy")
    change = find(what_if) if what_if else None
    return simulate(province_files.load("toy"), scenario, seed=5, replications=2, what_if=change)


@pytest.fixture
def page(tmp_path: Path) -> str:
    """A page with every part."""
    scenario = scenario_files.load("toy")
    facts = Facts(province_files.load("toy"), scenario)
    years = (year(), year("data-shared"))
    seen = Simulated(
        seed=5,
        packs=some_packs(),
        rows=run(some_packs(), facts, seed=5, worlds=20),
        series=over_time(some_packs(), facts, seed=5, worlds=20),
        years=years,
        other=Text("Chia sẻ dữ liệu", "Data are shared"),
        costs={"TRB-NO-SHARING": differences(years[1], years[0]), "TRB-WEAK-INFRA": differences(years[0], years[0])},
    )
    return simulated.render(tmp_path / "page.html", seen).read_text(encoding="utf-8")


def test_the_page_is_one_file_that_loads_nothing(page: str) -> None:
    """No address but its own anchors, no script, and a policy that would stop both."""
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)""", page) == []
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_every_figure_stands_there_with_its_kind_and_source(page: str) -> None:
    """Whatever the packs hold; what does not fit is marked."""
    for pack in some_packs():
        for row in pack.rows:
            assert f'data-figure="{row.id}"' in page
            assert row.source.replace("'", "&#39;") in page
    assert 'class="published"' in page


def test_the_year_and_what_differs_stand_there(page: str) -> None:
    """Every indicator, in both languages, and every input with its source."""
    for indicator in INDICATORS.values():
        assert indicator.title.vi in page
    assert "Data are shared" in page
    assert "data_shared_share" in page


def test_a_trouble_shows_what_differs_from_zero_and_no_more(page: str) -> None:
    """One drawing for each indicator that differs; a trouble that costs nothing says so."""
    table = page.split('data-trouble="TRB-NO-SHARING"')[1].split("</table>", maxsplit=1)[0]
    nothing = page.split('data-trouble="TRB-WEAK-INFRA"')[1].split("</table>", maxsplit=1)[0]
    gaps = differences(year("data-shared"), year())

    assert 0 < table.count('class="beside"') == sum(gaps[name].excludes_zero for name in TOLD) < len(TOLD)
    assert 'class="beside"' not in nothing
    assert "no difference seen" in nothing


def test_nothing_is_drawn_outside_its_drawing() -> None:
    """Intervals beyond the scale, or of one value without an interval, stay inside."""
    for gap in (Interval(5.0, -50.0, 90.0), Interval(0.0, math.nan, math.nan)):
        drawn = str(plots.around_zero(gap, most=1.0)) + str(plots.beside(gap, 3.0, top=2.0))
        numbers = [float(one) for one in re.findall(r'(?:M|H|cx=")(-?[0-9.]+)', drawn)]
        assert all(0 <= number <= 260 for number in numbers)
        assert "nan" not in drawn
