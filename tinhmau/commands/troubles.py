"""`tinhmau troubles`: what each trouble of the brief costs in a year: days, hours, đồng, points."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import click

from simulation import province_files, scenario_files
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text
from simulation.year import INDICATORS, TOLD, TROUBLES, costs
from simulation.year.intervals import Interval
from simulation.year.whatif import Trouble
from tinhmau import screen
from tinhmau.commands import options
from tinhmau.language import say, significant, t
from verification.report import simulated
from verification.report.simulated import Simulated


@click.command(
    name="troubles",
    help=t(
        "Mỗi nỗi khổ (TRB-…) tốn bao nhiêu một năm: năm có nó trừ năm không có nó, cùng vận may, khoảng 95 %.",
        "What each trouble (TRB-…) costs a year: the year with it less the year without, same luck, 95 % intervals.",
    ),
)
@click.argument("scenario", default="ben_tre_2018")
@click.option(
    "--only",
    multiple=True,
    metavar="TRB-…",
    help=t("Chỉ nỗi khổ này; dùng được nhiều lần.", "Only this one; again for more."),
)
@click.option(
    "--replications",
    type=click.IntRange(2, 1000),
    default=6,
    show_default=True,
    help=t("Số lần lặp mỗi năm.", "How often each year is played."),
)
@options.seed
@options.page
@click.option("--json", "as_json", is_flag=True, help=t("In JSON cho máy đọc.", "Print JSON for machines."))
def command(
    *, scenario: str, only: tuple[str, ...], replications: int, seed: int, page: Path | None, as_json: bool
) -> None:
    """Show what troubles cost."""
    chosen = _chosen(only)
    setting = scenario_files.load(scenario)
    province = province_files.load(setting.province)
    scenario_files.check_against(setting, province)
    if as_json:
        seen = costs(province, setting, chosen, seed=seed, replications=replications)
        rows = [_for_machines(name, trouble, seen[name]) for name, trouble in chosen.items()]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        with screen.progress(Text("Tính cái giá", "Reckoning what it costs")) as tell:
            seen = costs(province, setting, chosen, seed=seed, replications=replications, progress=tell)
    if page is not None:
        simulated.render(page, Simulated(seed=seed, costs=seen))
    if as_json:
        return
    for name, trouble in chosen.items():
        _show(name, trouble, seen[name])
    screen.out.print()
    screen.line(
        t(
            f"Năm có nó trừ năm không có nó. Mầm {seed}, {replications} lần lặp. "
            "Khoảng tin cậy của mọi chỉ số: --json.",
            f"The year with it less the year without. Seed {seed}, {replications} replications. "
            "Intervals of every indicator: --json.",
        )
    )


def _chosen(only: tuple[str, ...]) -> Mapping[str, Trouble]:
    unknown = [name for name in only if name not in TROUBLES]
    if unknown:
        raise BadInputError(
            Mistake(
                file="troubles",
                key="--only",
                found=Text(f"không có nỗi khổ “{name}”.", f"there is no trouble “{name}”."),
                way_out=did_you_mean(name, TROUBLES),
            )
            for name in unknown
        )
    return {name: TROUBLES[name] for name in TROUBLES if not only or name in only}


def _show(name: str, trouble: Trouble, gaps: Mapping[str, Interval]) -> None:
    """One trouble, and what differs with it from zero."""
    screen.out.print(f"\n[bold]{name}[/]  {say(trouble.title)}")
    told = []
    for indicator, words in TOLD.items():
        gap = gaps[indicator]
        if gap.excludes_zero:
            told.append(f"{significant(gap.mean, sign=True)} (± {significant(gap.high - gap.mean)}) {say(words)}")
    for line in told or [t("không thấy khác", "no difference seen")]:
        screen.line(f"    {line}")


def _for_machines(name: str, trouble: Trouble, gaps: Mapping[str, Interval]) -> dict[str, object]:
    return {
        "id": name,
        "title": trouble.title.en,
        "with": trouble.with_it or "as it is",
        "without": trouble.without,
        "costs": {
            indicator: {
                "unit": INDICATORS[indicator].unit.en,
                **{part: None if math.isnan(value) else value for part, value in gap._asdict().items()},
            }
            for indicator, gap in gaps.items()
        },
    }
