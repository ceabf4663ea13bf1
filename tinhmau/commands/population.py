"""`tinhmau population`: the people of a province, into Parquet."""

from __future__ import annotations

from pathlib import Path

import click

from simulation import population as people
from simulation import province_files
from simulation.text import Text
from tinhmau import screen
from tinhmau.commands import options
from tinhmau.language import number, t


@click.command(
    name="population",
    help=t(
        "Sinh dân cư giả lập của một tỉnh ra tệp Parquet. TỈNH là tên (toy, ben_tre_2018) hoặc thư mục của tỉnh.",
        "Draw a province's synthetic people into Parquet files. PROVINCE is a name (toy, ben_tre_2018) or the folder "
        "of one.",
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
@options.seed
def command(*, province: str, out: Path, seed: int) -> None:
    """Draw a population."""
    facts = province_files.load(province)
    with screen.progress(Text("Sinh dân cư", "Drawing the people")) as tell:
        drawn = people.draw(facts, seed=seed, progress=tell)
        drawn.write(out)
    heads, households, companies = (
        number(count) for count in (drawn.people.height, drawn.people["household"].n_unique(), drawn.companies.height)
    )
    screen.line(
        t(
            f"{heads} người, {households} hộ, {companies} doanh nghiệp → {out}",
            f"{heads} people, {households} households, {companies} companies → {out}",
        )
    )
