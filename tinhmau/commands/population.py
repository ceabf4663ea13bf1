"""`tinhmau population`: the people of a province, into Parquet."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from simulation import population as people
from simulation import province_files
from simulation.text import Text
from tinhmau import people_page, screen
from tinhmau.commands import options
from tinhmau.language import number, t


@click.command(
    name="population",
    help=t(
        "Sinh dân cư giả lập của một tỉnh ra tệp Parquet, kèm trang tổng hợp. TỈNH là tên (toy, ben_tre_2018, "
        "vinh_phuc_2018, …) hoặc thư mục của tỉnh.",
        "Draw a province's synthetic people into Parquet files, with a summary page. PROVINCE is a name (toy, "
        "ben_tre_2018, vinh_phuc_2018, …) or the folder of one.",
    ),
)
@click.argument("province", metavar=t("TỈNH", "PROVINCE"))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar=options.FOLDER,
    help=t("Thư mục để ghi.", "Folder to write into."),
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help=t("Số luồng; dân cư vẫn y hệt.", "Threads; the people are the same."),
)
@options.seed
def command(*, province: str, out: Path, seed: int, workers: int) -> None:
    """Draw a population."""
    facts = province_files.load(province)
    with screen.progress(Text("Sinh dân cư", "Drawing the people")) as tell:
        people.draw_into(out, facts, seed=seed, progress=tell, workers=workers)
        tell(1.0, Text("viết trang tổng hợp", "writing the summary"))
        page = people_page.render(out, facts, seed=seed)
    heads, companies, posts = (number(_rows(out, table)) for table in ("people", "companies", "civil_servants"))
    screen.line(
        t(
            f"{heads} người, {companies} doanh nghiệp, {posts} chức vụ → {out}",
            f"{heads} people, {companies} companies, {posts} posts → {out}",
        )
    )
    screen.line(t(f"Trang tổng hợp: {page}", f"Summary: {page}"))


def _rows(folder: Path, table: str) -> int:
    return int(pl.scan_parquet(folder / f"{table}.parquet").select(pl.len()).collect().item())
