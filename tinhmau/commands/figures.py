"""`tinhmau figures`: what the press published beside what our mechanisms come to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from simulation import figures, province_files, scenario_files
from simulation.figures import Facts, Pack, Shown
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text
from tinhmau import screen
from tinhmau.commands import options
from tinhmau.language import say, significant, t
from verification.report import simulated
from verification.report.simulated import Simulated

_PROVINCE = "ben_tre_2018"  #: whose offices and companies the mechanisms stand on
_KINDS = {
    "input": Text("đầu vào", "input"),
    "calibrated": Text("đã chỉnh", "calibrated"),
    "predicted": Text("dự đoán", "predicted"),
}
_SIGNS = {True: "✓", False: "✗", None: "·"}
_BEFORE = {"equal": "", "above": "> ", "target": "→ ", "words": ""}


@click.command(
    name="figures",
    help=t(
        "Đặt số liệu báo chí công bố bên cạnh số mô phỏng: đầu vào, đã chỉnh hay dự đoán, và từ đâu ra.",
        "Set what the press published beside what we simulate: input, calibrated or predicted, and from what.",
    ),
)
@click.option(
    "--only",
    multiple=True,
    metavar="FIG-…",
    help=t("Chỉ các gói có số liệu này; dùng được nhiều lần.", "Only packs with this figure; may be given again."),
)
@click.option(
    "--worlds",
    type=click.IntRange(2, 100_000),
    default=None,
    metavar=options.NUMBER,
    help=t("Số thế giới mỗi gói; mặc định do gói đặt.", "Worlds a pack is played in; by default what it says."),
)
@options.seed
@click.option(
    "--calibrate",
    is_flag=True,
    help=t(
        "Chỉnh lại các tham số và in ra, không sửa tệp.", "Tune the parameters anew and print them; no file changes."
    ),
)
@options.page
@click.option("--json", "as_json", is_flag=True, help=t("In JSON cho máy đọc.", "Print JSON for machines."))
def command(
    *, only: tuple[str, ...], worlds: int | None, seed: int, calibrate: bool, page: Path | None, as_json: bool
) -> None:
    """Show the figures."""
    packs = _chosen(figures.packs(), only)
    scenario = scenario_files.load(_PROVINCE)
    province = province_files.load(scenario.province)
    scenario_files.check_against(scenario, province)
    facts = Facts(province, scenario)
    if calibrate:
        _calibrate(packs, facts, seed=seed, worlds=worlds, as_json=as_json)
        return
    if as_json:
        rows = figures.run(packs, facts, seed=seed, worlds=worlds)
        click.echo(json.dumps([row.for_machines() for row in rows], ensure_ascii=False, indent=1))
    else:
        with screen.progress(Text("Tính các số liệu", "Coming to the figures")) as tell:
            rows = figures.run(packs, facts, seed=seed, worlds=worlds, progress=tell)
    if page is not None:
        courses = figures.over_time(packs, facts, seed=seed, worlds=worlds)
        simulated.render(page, Simulated(seed=seed, packs=packs, rows=rows, series=courses))
    if as_json:
        return
    by_id = {row.row.id: row for row in rows}
    for pack in packs:
        _show(pack, [by_id[row.id] for row in pack.rows])
    screen.out.print()
    misses = [row.row.id for row in rows if row.fits is False]
    screen.line(
        t(
            f"Khoảng: nơi một thế giới nằm trong 95 trên 100 trường hợp. Mầm {seed}. "
            f"Công bố nằm ngoài khoảng: {', '.join(misses) or 'không có'}.",
            f"Interval: where one world lies in 95 cases of 100. Seed {seed}. "
            f"Published outside it: {', '.join(misses) or 'none'}.",
        )
    )


def _chosen(packs: Sequence[Pack], only: tuple[str, ...]) -> list[Pack]:
    known = {row.id: pack for pack in packs for row in pack.rows}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise BadInputError(
            Mistake(
                file="figures",
                key="--only",
                found=Text(f"không có số liệu “{name}”.", f"there is no figure “{name}”."),
                way_out=did_you_mean(name, known),
            )
            for name in unknown
        )
    wanted = {known[name].name for name in only}
    return [pack for pack in packs if not only or pack.name in wanted]


def _show(pack: Pack, rows: Sequence[Shown]) -> None:
    """One figure in three lines: what it is, the values, what ours rests on."""
    screen.out.print(f"\n{say(pack.title)}", style="bold")
    for row in rows:
        value = partial(_value, unit=row.row.unit)
        simulated = t("mô phỏng ", "simulated ") + value(row.simulated.mean)
        if row.simulated.high > row.simulated.low:
            simulated += f" ({value(row.simulated.low)} … {value(row.simulated.high)})"
        told = [simulated]
        if row.row.value is not None:
            told.insert(0, t("công bố ", "published ") + _BEFORE[row.row.relation] + value(row.row.value))
            told.append(t("chênh ", "difference ") + value(row.difference or 0.0, sign=True))
        screen.line(f"{_SIGNS[row.fits]} {row.row.id}  {say(row.row.title)}")
        screen.line(f"    {'; '.join(told)}  [{row.row.unit}]")
        screen.line(f"    {say(_KINDS[row.row.kind])}: {say(row.row.basis)}")


def _value(value: float, *, unit: str, sign: bool = False) -> str:
    """Shares as percentages, anything else as it is."""
    if unit.startswith("share"):
        return f"{significant(100.0 * value, sign=sign)} %"
    return significant(value, sign=sign)


def _calibrate(packs: Sequence[Pack], facts: Facts, *, seed: int, worlds: int | None, as_json: bool) -> None:
    found: dict[str, dict[str, dict[str, float | str]]] = {}
    for pack in packs:
        tuned = figures.calibrate(pack, facts, seed=seed, worlds=worlds)
        if tuned:
            found[pack.name] = {
                name: {"in_file": pack[name], "tuned": value, "meets": pack.parameters[name].meets}
                for name, value in tuned.items()
            }
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for name, parameters in found.items():
        for parameter, one in parameters.items():
            line = f"{name}.toml: {parameter} = {significant(float(one['tuned']))}"
            screen.line(line + t(f" (trong tệp: {one['in_file']})", f" (in the file: {one['in_file']})"))
