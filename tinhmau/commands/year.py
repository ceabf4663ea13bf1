"""`tinhmau year`: a whole year of a province in virtual time, and what a change of habit would bring."""

from __future__ import annotations

import json
import math
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
from rich.table import Table

from simulation import journal as journals
from simulation import province_files, scenario_files
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.province import Province
from simulation.scenario import Scenario
from simulation.text import Text
from simulation.year import INDICATORS, WHAT_IFS, Year, diary, differences, simulate
from simulation.year.intervals import Interval
from simulation.year.offices import WARM_UP_DAYS
from simulation.year.simulating import setting_of
from simulation.year.whatif import WhatIf
from tinhmau import measured, screen
from tinhmau.commands import options
from tinhmau.language import number, say, significant, t
from verification import measures
from verification.report import simulated
from verification.report.simulated import Simulated

_SLOWEST_SHOWN = 5  #: agencies that are late most often


@click.command(
    name="year",
    help=t(
        "Mô phỏng một năm của tỉnh (mọi bàn làm việc) và, với --against, so với một thay đổi thói quen.",
        "Simulate a year of a province (all desks) and, with --against, what a change of habit would bring.",
    ),
    epilog=t("Phương án: ", "What-ifs: ") + "; ".join(f"{name} ({say(what.title)})" for name, what in WHAT_IFS.items()),
)
@click.argument("scenario", default="ben_tre_2018")
@click.option(
    "--replications",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    help=t("Số lần lặp, mỗi lần một vận may riêng.", "How often the year is played, each time with luck of its own."),
)
@options.seed
@click.option(
    "--against",
    metavar="WHAT-IF",
    default=None,
    help=t(
        "So với phương án này, hay với kịch bản khác của cùng tỉnh, cùng vận may.",
        "Compare with this what-if, or another scenario of the province, under the same luck.",
    ),
)
@click.option(
    "--journal",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar=options.FOLDER,
    help=t(
        "Ghi nhật ký của năm đầu vào thư mục này, cùng dạng với nhật ký thử tải, và in các số đo.",
        "Write the first year's journal, in the load test's schema, into this folder, and print its measures.",
    ),
)
@click.option(
    "--every",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Nhật ký giữ một trong số này hồ sơ, văn bản.", "The journal keeps one in so many dossiers and documents."),
)
@options.page
@click.option("--json", "as_json", is_flag=True, help=t("In JSON cho máy đọc.", "Print JSON for machines."))
def command(
    *,
    scenario: str,
    replications: int,
    seed: int,
    against: str | None,
    journal: Path | None,
    every: int,
    page: Path | None,
    as_json: bool,
) -> None:
    """Simulate a year."""
    setting = scenario_files.load(scenario)
    province = province_files.load(setting.province)
    scenario_files.check_against(setting, province)
    other = None if against is None else _other_side(against, setting, province)
    years, began = [], time.perf_counter()
    for side in [_Side(setting, None, Text("Năm như hiện nay", "The year as it is")), *([other] if other else [])]:
        play = partial(simulate, province, side.scenario, seed=seed, replications=replications, what_if=side.what_if)
        if as_json:
            years.append(play())
            continue
        with screen.progress(side.title) as tell:
            years.append(play(progress=tell))
    took = time.perf_counter() - began
    if journal is not None:
        journal.mkdir(parents=True, exist_ok=True)
        laid_out = setting_of(province, setting, years[0].conduct)
        acts = diary.write(laid_out, journal, seed=seed, every=every)
        if not as_json:
            seen = measures.measure(journals.read(journal))
            screen.out.print(measured.table(seen.operations, hours=True))
            screen.line(t(f"Nhật ký: {journal} ({acts} thao tác)", f"Journal: {journal} ({acts} acts)"))
    if page is not None:
        title = Text("", "") if other is None else other.title
        simulated.render(page, Simulated(seed=seed, years=years, other=title))
    if as_json:
        click.echo(json.dumps(_for_machines(years, against), ensure_ascii=False, indent=1))
        return
    screen.out.print(_table(years, None if other is None else other.title))
    if other is None:
        _slowest(years[0])
    else:
        _in_words(years[0], years[1], other.title)
    events = sum(year.events for year in years)
    screen.out.print(
        t(
            f"Mầm {seed}, {replications} lần lặp, khởi động {WARM_UP_DAYS} ngày, khoảng tin cậy 95 % (Student); "
            f"{number(events)} sự kiện trong {number(took, places=1)} giây. Số liệu nguồn: xem province.toml; "
            "phần lớn là giả định.",
            f"Seed {seed}, {replications} replications, warm-up {WARM_UP_DAYS} days, 95 % intervals (Student's t); "
            f"{number(events)} events in {number(took, places=1)} s. Sources: province.toml; most inputs assumed.",
        ),
        style="dim",
    )


class _Side(NamedTuple):
    """One of the two years that are compared."""

    scenario: Scenario
    what_if: WhatIf | None
    title: Text


def _other_side(against: str, setting: Scenario, province: Province) -> _Side:
    """A what-if, or another scenario of the same province. Raises BadInputError with the nearest of both."""
    if against in WHAT_IFS:
        return _Side(setting, WHAT_IFS[against], WHAT_IFS[against].title)
    names = scenario_files.available()
    if against not in names:
        found = Text(f"không có phương án hay kịch bản “{against}”.", f"there is no what-if or scenario “{against}”.")
        way_out = did_you_mean(against, [*WHAT_IFS, *names])
        raise BadInputError([Mistake(file="year", key="--against", found=found, way_out=way_out)])
    other = scenario_files.load(against)
    if other.province != setting.province:
        found = Text(
            f"kịch bản “{against}” là của tỉnh {other.province}, không phải {setting.province}.",
            f"the scenario “{against}” is of province {other.province}, not {setting.province}.",
        )
        way_out = Text("So sánh hai kịch bản của cùng một tỉnh.", "Compare two scenarios of the same province.")
        raise BadInputError([Mistake(file="year", key="--against", found=found, way_out=way_out)])
    scenario_files.check_against(other, province)
    return _Side(other, None, other.title)


def _table(years: list[Year], changed: Text | None) -> Table:
    table = Table()
    table.add_column(t("chỉ số", "indicator"))
    table.add_column(t("hiện nay", "as it is"), justify="right")
    between = differences(years[0], years[1]) if changed is not None else {}
    if changed is not None:
        table.add_column(t("phương án", "what if"), justify="right")
        table.add_column(t("chênh lệch, khoảng 95 %", "difference, 95 % interval"), justify="right")
    for name, indicator in INDICATORS.items():
        seen = years[0].interval(name)
        cells = [f"{say(indicator.title)} ({say(indicator.unit)})", _about(seen)]
        if changed is not None:
            gap = between[name]
            cells += [significant(years[1].interval(name).mean), f"{significant(gap.mean, sign=True)}  {_bounds(gap)}"]
        table.add_row(*cells, style="bold" if changed is not None and between[name].excludes_zero else None)
    return table


def _in_words(now: Year, then: Year, title: Text) -> None:
    gap = differences(now, then)["clerk_years"]
    saved, low, high = (significant(-value, sign=True) for value in (gap.mean, gap.high, gap.low))
    screen.out.print(
        t(
            f"{title.vi}: năm công văn thư tiết kiệm được {saved}, khoảng 95 %: {low} đến {high}.",
            f"{title.en}: clerk-years saved {saved}, 95 % interval {low} to {high}.",
        )
    )


def _slowest(year: Year) -> None:
    shares = year.by_agency("on_time_share")
    worst = sorted((number for number in range(len(shares)) if not math.isnan(shares[number])), key=lambda n: shares[n])
    names = "; ".join(f"{year.agencies[number]} {significant(shares[number])}" for number in worst[:_SLOWEST_SHOWN])
    screen.out.print(t(f"Đúng hạn thấp nhất: {names}", f"Least often on time: {names}"))


def _for_machines(years: list[Year], against: str | None) -> dict[str, object]:
    between = differences(years[0], years[1]) if against else {}
    rows = []
    for name, indicator in INDICATORS.items():
        row: dict[str, object] = {"indicator": name, "unit": indicator.unit.en}
        row |= {"as_it_is": _plain(years[0].interval(name))}
        if against:
            row |= {"what_if": _plain(years[1].interval(name)), "difference": _plain(between[name])}
        rows.append(row)
    return {
        "province": years[0].province,
        "seed": years[0].seed,
        "replications": len(years[0].replications),
        "against": against,
        "indicators": rows,
        "inputs": {
            name: {"value": figure.value, "unit": figure.unit, "source": figure.source}
            for name, figure in sorted(years[0].conduct.figures.items())
        },
    }


def _plain(seen: Interval) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in seen._asdict().items()}


def _about(seen: Interval) -> str:
    """Mean and half the width of the interval."""
    return significant(seen.mean) + ("" if math.isnan(seen.low) else f" ± {significant(seen.high - seen.mean)}")


def _bounds(seen: Interval) -> str:
    return "" if math.isnan(seen.low) else f"({significant(seen.low)} … {significant(seen.high)})"
