"""A province's people and companies, drawn from one seed, and how they are written."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import polars as pl

from simulation.identifiers import personal_number
from simulation.identifiers.provinces import parts_of
from simulation.population import companies as company_register
from simulation.population import layout, parquet, personas, posts, table_rules, tables
from simulation.population.blocks import Block, blocks_of
from simulation.population.people import draw_blocks, draw_outsiders
from simulation.population.rows import Rows
from simulation.population.setting import TODAY, Setting
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.streams import Streams
from simulation.text import Text

#: People drawn and written at a time: as many as a group of rows in the file has.
_PAGE_PEOPLE = 250_000
_PARQUET: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "statistics": False}
#: Tables of a population, each a file of that name.
TABLES = ("people", "companies", "outsiders", "branches", "civil_servants")
#: Share of the work that people are; the rest is companies.
_PEOPLE_WORK = 0.95


@dataclass(frozen=True, kw_only=True)
class Population:
    """Everybody that the province's offices may meet. Columns: docs/population-schema.md.

    It is kept as the Parquet files that `write` writes, and a table is read when it is first asked for.
    """

    files: Mapping[str, bytes]  #: by name of table

    @cached_property
    def people(self) -> pl.DataFrame:
        """Residents, commune by commune, household by household."""
        return self._table("people")

    @cached_property
    def companies(self) -> pl.DataFrame:
        """Companies."""
        return self._table("companies")

    @cached_property
    def outsiders(self) -> pl.DataFrame:
        """Directors and agents who live elsewhere: columns of `people`, commune empty."""
        return self._table("outsiders")

    @cached_property
    def branches(self) -> pl.DataFrame:
        """Branches of companies."""
        return self._table("branches")

    @cached_property
    def civil_servants(self) -> pl.DataFrame:
        """Every post of the province's agencies, with the resident who holds it."""
        return self._table("civil_servants")

    def _table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.files[name])

    def write(self, folder: Path) -> None:
        """Write all tables (`TABLES`) as Parquet. Same population, same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            (folder / f"{name}.parquet").write_bytes(self.files[name])

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
    return Population(files={name: (folder / f"{name}.parquet").read_bytes() for name in TABLES})


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
    people = io.BytesIO()
    others = _draw_onto(people, province, seed=seed, progress=progress, today=today, workers=workers)
    return Population(files={"people": people.getvalue(), **others})


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
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "people.parquet").open("wb") as people:
        others = _draw_onto(people, province, seed=seed, progress=progress, today=today, workers=workers)
    for name, content in others.items():
        (folder / f"{name}.parquet").write_bytes(content)


def _draw_onto(
    out: BinaryIO, province: Province, *, seed: int, progress: Progress, today: date | None, workers: int
) -> dict[str, bytes]:
    """Write the file of people; returns the files of the other tables."""
    how_many = company_register.counts(province)
    blocks = blocks_of(province, outsiders=how_many.outsiders)
    setting = _setting(province, seed, today, everybody=blocks[-1].everybody)
    able: list[company_register.Candidates] = []
    held: dict[int, str] = {}
    file = parquet.File(out, layout.schema(setting))
    for page in _told(draw_pages(setting, blocks[:-1], workers=workers), blocks, progress):
        file.add(page.people)
        able.append(page.able)
        held.update(page.held)
    file.close()
    outsiders = _outsiders(setting, blocks[-1], how_many)
    register = company_register.draw(
        setting, how_many, people=company_register.together(able), outsiders=outsiders.number
    )
    others = {"outsiders": _outsiders_file(setting, outsiders)}
    for name, table in (
        ("companies", register.companies),
        ("branches", register.branches),
        ("civil_servants", posts.table(province, held)),
    ):
        content = io.BytesIO()
        table.write_parquet(content, **_PARQUET)
        others[name] = content.getvalue()
    progress(1.0, Text("lập doanh nghiệp", "drawing companies"))
    return others


class Page(NamedTuple):
    """People of some blocks, ready to be written, and what is needed of them later."""

    people: parquet.Group
    able: company_register.Candidates
    held: Mapping[int, str]  #: personal numbers of those with a post, by its place in the staff


def draw_pages(setting: Setting, blocks: Sequence[Block], *, workers: int = 1) -> Iterator[Page]:
    """Draw residents page by page, in the order of their blocks; holds as many pages at a time as there are workers."""
    setting.prepare()
    if workers == 1:
        yield from (_page(setting, page) for page in _pages(blocks))
        return
    with ThreadPoolExecutor(workers) as pool:
        coming: deque[Future[Page]] = deque()
        for page in _pages(blocks):
            if len(coming) == workers:
                yield coming.popleft().result()
            coming.append(pool.submit(_page, setting, page))
        while coming:
            yield coming.popleft().result()


def _page(setting: Setting, blocks: Sequence[Block]) -> Page:
    rows = draw_blocks(setting, blocks)
    serving = np.flatnonzero(rows.post)
    numbers = rows.number[serving].tolist()
    return Page(
        people=layout.group(setting, rows),
        able=company_register.candidates(setting, rows),
        held={
            post - 1: f"{number:0{personal_number.LENGTH}d}"
            for post, number in zip(rows.post[serving].tolist(), numbers, strict=True)
        },
    )


def _setting(province: Province, seed: int, today: date | None, *, everybody: int) -> Setting:
    # Provinces have streams of their own: with the same seed, two of them would otherwise share people.
    streams = Streams(seed).within(province.id)
    setting = Setting(province=province, streams=streams, today=today or TODAY[province.era], everybody=everybody)
    table_rules.check()
    personas.check(province, setting.today)
    return setting


def _told(pages: Iterable[Page], blocks: Sequence[Block], progress: Progress) -> Iterator[Page]:
    """Tell the progress of pages as they come."""
    total = max(blocks[-1].first_person, 1)
    done = 0
    for page in pages:
        yield page
        done += page.people.rows
        progress(_PEOPLE_WORK * done / total, Text("lập dân số", "drawing people"))


def _outsiders(setting: Setting, block: Block, how_many: company_register.Counts) -> Rows:
    """Directors and agents of companies from outside, each born where the company sits."""
    seats = company_register.seats_outside(setting, how_many)
    places = [int(parts_of(seat, era=setting.province.era)[0].personal_number) for seat in seats]
    women = tables.companies().shares.directors_women
    return draw_outsiders(setting, block, places=np.array(places, dtype=np.int64), women_share=women)


def _outsiders_file(setting: Setting, rows: Rows) -> bytes:
    content = io.BytesIO()
    file = parquet.File(content, layout.schema(setting))
    if len(rows):
        file.add(layout.group(setting, rows))
    file.close()
    return content.getvalue()


def _pages(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    page: list[Block] = []
    for block in blocks:
        page.append(block)
        if sum(one.people for one in page) >= _PAGE_PEOPLE:
            yield page
            page = []
    if page:
        yield page
