"""`tinhmau nation`: a year of every province of an era, on as many workers as there are."""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path

import click
from rich.table import Table

from simulation import nation
from simulation.nation import NationYear, Shard
from simulation.province import Era
from simulation.text import Text
from simulation.year import INDICATORS
from tinhmau import screen
from tinhmau.commands import options
from tinhmau.language import number, say, t
from tinhmau.workers import Peak, Workers, each


@click.command(
    name="nation",
    help=t(
        "Mô phỏng một năm của mọi tỉnh trong một giai đoạn, mỗi tỉnh, mỗi lần lặp một phần việc. "
        "Kết quả giống nhau từng byte dù chạy tuần tự hay trên bao nhiêu tiến trình.",
        "Simulate a year of every province of an era, one piece of work for each replication. "
        "The results are the same to the byte one after another or on however many workers.",
    ),
)
@click.option(
    "--era", type=click.Choice(["2018", "2026"]), default="2018", show_default=True, help=t("Giai đoạn.", "Era.")
)
@click.option(
    "--only",
    metavar=t("TỈNH,TỈNH", "PROVINCE,PROVINCE"),
    default="",
    help=t("Chỉ những tỉnh này.", "These provinces only."),
)
@click.option(
    "--replications",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help=t("Số lần lặp mỗi tỉnh.", "How often each province's year is played."),
)
@options.seed
@click.option(
    "--workers",
    type=click.IntRange(0, 1024),
    default=0,
    show_default=True,
    help=t(
        "Số tiến trình Dask trên máy này; 0: tuần tự, không cần Dask.",
        "Dask processes on this machine; 0: one after another, without Dask.",
    ),
)
@click.option(
    "--memory-mb",
    type=click.IntRange(300, 1_000_000),
    default=2000,
    show_default=True,
    help=t("Bộ nhớ tối đa của mỗi tiến trình.", "Most memory that each process may take."),
)
@click.option(
    "--scheduler",
    metavar=t("ĐỊA_CHỈ", "ADDRESS"),
    default="",
    help=t("Dùng cụm Dask có sẵn, ví dụ tls://…:8786.", "Use a Dask cluster that is there, e.g. tls://…:8786."),
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar=options.FOLDER,
    help=t("Thư mục ghi kết quả: mỗi tỉnh một tệp, và nation.json.", "Folder for a file each and nation.json."),
)
def command(
    *,
    era: Era,
    only: str,
    replications: int,
    seed: int,
    workers: int,
    memory_mb: int,
    scheduler: str,
    out: Path,
) -> None:
    """Simulate the nation's year."""
    names = nation.by_size(era, only=tuple(name.strip() for name in only.split(",") if name.strip()))
    items = nation.shards(names, replications)
    parts: list[Shard] = []
    peak, began = Peak(), time.perf_counter()
    work = partial(nation.play, seed=seed)
    with screen.progress(Text("Mô phỏng các tỉnh", "Simulating provinces")) as tell:
        for name, part in each(work, items, workers=Workers(workers, memory_mb, scheduler), peak=peak):
            parts.append(part)
            tell(len(parts) / len(items), Text(name, name))
    took = time.perf_counter() - began
    whole = nation.write(nation.joined(parts), out)
    screen.out.print(_table(whole))
    screen.line(
        t(
            f"{number(whole.provinces)} tỉnh, {number(whole.people)} người, {number(whole.agencies)} cơ quan, "
            f"{number(whole.events)} sự kiện trong {number(took, places=1)} s; "
            f"tiến trình lớn nhất {number(peak.mb)} MB → {out}",
            f"{number(whole.provinces)} provinces, {number(whole.people)} people, {number(whole.agencies)} agencies, "
            f"{number(whole.events)} events in {number(took, places=1)} s; "
            f"largest process {number(peak.mb)} MB → {out}",
        )
    )


def _table(whole: NationYear) -> Table:
    table = Table()
    table.add_column(t("chỉ số", "indicator"))
    table.add_column(t("cả nước", "nation"), justify="right")
    table.add_column(t("thấp nhất", "lowest"), justify="right")
    table.add_column(t("cao nhất", "highest"), justify="right")
    for name, spread in whole.indicators.items():
        indicator = INDICATORS[name]
        table.add_row(
            f"{say(indicator.title)} ({say(indicator.unit)})",
            _short(spread.nation.mean),
            f"{spread.lowest_in} {_short(spread.lowest)}",
            f"{spread.highest_in} {_short(spread.highest)}",
        )
    return table


def _short(value: float) -> str:
    if math.isnan(value):
        return "–"
    return number(value, places=0 if abs(value) >= 1000 else 1 if abs(value) >= 20 else 3)  # noqa: PLR2004
