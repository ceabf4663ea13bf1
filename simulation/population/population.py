"""A province's people and companies, drawn from one seed, and how they are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from simulation.identifiers.provinces import parts_of
from simulation.population import companies as company_register
from simulation.population import frames, personas, posts, table_rules, tables
from simulation.population.blocks import Block, blocks_of
from simulation.population.people import draw_block, draw_outsiders
from simulation.population.rows import concatenate
from simulation.population.setting import TODAY, Setting
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.streams import Streams
from simulation.text import Text

#: People spelt at a time: their words take several times the memory of their numbers.
_PAGE_PEOPLE = 250_000
_PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "row_group_size": 50_000,  # of what fits into a cache: a fifth faster than 250,000, for a tenth more of bytes
    "statistics": False,
}
#: Tables of a population, each a file of that name.
TABLES = ("people", "companies", "outsiders", "branches", "civil_servants")
#: Share of the work that people are; the rest is companies.
_PEOPLE_WORK = 0.95


@dataclass(frozen=True, kw_only=True)
class Population:
    """Everybody that the province's offices may meet. Columns: docs/population-schema.md."""

    people: pl.DataFrame  #: residents, commune by commune, household by household
    companies: pl.DataFrame
    outsiders: pl.DataFrame  #: directors and agents who live elsewhere: columns of `people`, commune empty
    branches: pl.DataFrame
    civil_servants: pl.DataFrame  #: every post of the province's agencies, with the resident who holds it

    def write(self, folder: Path) -> None:
        """Write all tables (`TABLES`) as Parquet. Same population, same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            table: pl.DataFrame = getattr(self, name)
            table.write_parquet(folder / f"{name}.parquet", **_PARQUET)

    def write_reference(self, folder: Path) -> None:
        """Write people.csv and companies.csv as the services read them (docs/reference-data.md)."""
        folder.mkdir(parents=True, exist_ok=True)
        # Nothing between the commas where there is nothing: a quoted empty text is not the same to a database.
        columns = [
            *(pl.col(name) for name in ("personal_number", "full_name", "sex", "born")),
            *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in ("commune", "insurance_card")),
        ]
        with (folder / "people.csv").open("wb") as out:
            self.people.select(columns).write_csv(out)
            self.outsiders.select(columns).write_csv(out, include_header=False)
        self.companies.select("tax_code", "name", "director", "province_code").write_csv(folder / "companies.csv")


def read(folder: Path) -> Population:
    """Read a population that `Population.write` has written."""
    return Population(**{name: pl.read_parquet(folder / f"{name}.parquet") for name in TABLES})


def draw(
    province: Province,
    *,
    seed: int,
    progress: Progress = silent,
    today: date | None = None,
    workers: int = 1,
) -> Population:
    """Draw the people and companies of a province.

    The same province, seed and day give the same people, whatever the number of workers (threads). `today` is the day
    that ages refer to; without it, the era's own (`setting.TODAY`). Raises BadInputError for mistakes in
    `fixtures/people` and for personas that cannot be placed, and ValueError for a province too small for its personas
    or too large for its identifiers.
    """
    setting = _setting(province, seed, today)
    how_many = company_register.counts(province)
    blocks = blocks_of(province, outsiders=how_many.outsiders)
    pages = list(_told(draw_pages(setting, blocks[:-1], workers=workers), blocks, progress))
    people = pl.concat(pages)
    outsiders = _outsiders(setting, blocks[-1], how_many)
    able = pl.concat([company_register.candidates(setting, page) for page in pages])
    register = company_register.draw(setting, how_many, people=able, outsiders=outsiders)
    progress(1.0, Text("lập doanh nghiệp", "drawing companies"))
    return Population(
        people=people,
        companies=register.companies,
        outsiders=outsiders,
        branches=register.branches,
        civil_servants=posts.table(province, people.filter(pl.col("post") != "")),
    )


def draw_into(
    folder: Path,
    province: Province,
    *,
    seed: int,
    progress: Progress = silent,
    today: date | None = None,
    workers: int = 1,
) -> None:
    """Draw a population straight into the files that `Population.write` writes, holding a few pages at a time.

    For provinces of many millions: memory does not grow with the province. Raises as `draw` does.
    """
    setting = _setting(province, seed, today)
    how_many = company_register.counts(province)
    blocks = blocks_of(province, outsiders=how_many.outsiders)
    folder.mkdir(parents=True, exist_ok=True)
    able: list[pl.DataFrame] = []
    serving: list[pl.DataFrame] = []

    def pages(
        columns: list[str] | None, _predicate: pl.Expr | None, _rows: int | None, _batch: int | None
    ) -> Iterator[pl.DataFrame]:
        for page in _told(draw_pages(setting, blocks[:-1], workers=workers), blocks, progress):
            able.append(company_register.candidates(setting, page))
            serving.append(page.filter(pl.col("post") != "").select("post", "personal_number"))
            yield page if columns is None else page.select(columns)

    source = register_io_source(pages, schema=frames.schema(setting))
    source.sink_parquet(folder / "people.parquet", maintain_order=True, engine="streaming", **_PARQUET)
    outsiders = _outsiders(setting, blocks[-1], how_many)
    register = company_register.draw(setting, how_many, people=pl.concat(able), outsiders=outsiders)
    for name, table in (
        ("companies", register.companies),
        ("outsiders", outsiders),
        ("branches", register.branches),
        ("civil_servants", posts.table(province, pl.concat(serving))),
    ):
        table.write_parquet(folder / f"{name}.parquet", **_PARQUET)
    progress(1.0, Text("lập doanh nghiệp", "drawing companies"))


def draw_pages(setting: Setting, blocks: Sequence[Block], *, workers: int = 1) -> Iterator[pl.DataFrame]:
    """Draw residents page by page, in the order of their blocks; holds as many pages at a time as there are workers."""
    setting.prepare()
    if workers == 1:
        yield from (_page(setting, page) for page in _pages(blocks))
        return
    with ThreadPoolExecutor(workers) as pool:
        coming: deque[Future[pl.DataFrame]] = deque()
        for page in _pages(blocks):
            if len(coming) == workers:
                yield coming.popleft().result()
            coming.append(pool.submit(_page, setting, page))
        while coming:
            yield coming.popleft().result()


def _page(setting: Setting, blocks: Sequence[Block]) -> pl.DataFrame:
    return frames.people(setting, concatenate([draw_block(setting, block) for block in blocks]))


def _setting(province: Province, seed: int, today: date | None) -> Setting:
    # Provinces have streams of their own: with the same seed, two of them would otherwise share people.
    streams = Streams(seed).within(province.id)
    setting = Setting(province=province, streams=streams, today=today or TODAY[province.era])
    table_rules.check()
    personas.check(province, setting.today)
    return setting


def _told(pages: Iterable[pl.DataFrame], blocks: Sequence[Block], progress: Progress) -> Iterator[pl.DataFrame]:
    """Tell the progress of pages as they come."""
    total = max(blocks[-1].first_person, 1)
    done = 0
    for page in pages:
        yield page
        done += len(page)
        progress(_PEOPLE_WORK * done / total, Text("lập dân số", "drawing people"))


def _outsiders(setting: Setting, block: Block, how_many: company_register.Counts) -> pl.DataFrame:
    """Directors and agents of companies from outside, each born where the company sits."""
    seats = company_register.seats_outside(setting, how_many)
    places = [int(parts_of(seat, era=setting.province.era)[0].personal_number) for seat in seats]
    women = tables.companies().shares.directors_women
    rows = draw_outsiders(setting, block, places=np.array(places, dtype=np.int64), women_share=women)
    return frames.people(setting, rows)


def _pages(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    page: list[Block] = []
    for block in blocks:
        page.append(block)
        if sum(one.people for one in page) >= _PAGE_PEOPLE:
            yield page
            page = []
    if page:
        yield page
