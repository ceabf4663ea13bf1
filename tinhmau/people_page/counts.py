"""What the page shows, counted from the Parquet files as they stream by: memory does not grow with the province."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from simulation.population.setting import TODAY
from simulation.province import Province, is_urban

_GROUP_YEARS, _LAST_GROUP = 5, 85
_SHOWN_WORDS = 12
#: Generations whose names are shown: first and last year of birth.
GENERATIONS = ((1900, 1959), (1960, 1984), (1985, 2004), (2005, 2100))
_SOME_COMMUNES = 5

Rows = tuple[tuple[Any, ...], ...]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and shares of one population."""

    people: int
    households: int
    women: int
    companies: int
    outside: int  #: companies from other provinces
    branches: int
    posts: int
    held: int  #: posts whose holder is a resident
    pyramid: Rows  #: first age of the group, men, women
    sizes: Rows  #: people in a household, households
    access: Rows  #: first age, share with phone, smartphone, internet
    access_by_area: Rows  #: urban, people, share with phone, smartphone, internet
    communes: Rows  #: name, people, share with smartphone: those with the lowest and highest
    surnames: Rows  #: word, people
    names: Rows  #: generation, men's commonest given names, women's
    ethnicities: Rows
    occupations: Rows
    kin: Rows
    kinds: Rows  #: kind of company, how many
    personas: Rows  #: name, born, commune, story


def read(folder: Path, province: Province) -> Seen:
    """Count a population's tables."""
    today = TODAY[province.era]
    towns = [commune.code for commune in province.communes if is_urban(commune.name)]
    people = pl.scan_parquet(folder / "people.parquet").with_columns(
        age=_age(today), urban=pl.col("commune").is_in(towns)
    )
    companies = pl.read_parquet(folder / "companies.parquet", columns=["kind", "out_of_province"])
    servants = pl.read_parquet(folder / "civil_servants.parquet", columns=["personal_number"])
    pyramid = _counted(people.group_by(_group(), "sex"))
    groups = range(0, _LAST_GROUP + 1, _GROUP_YEARS)
    by_sex = {(group, sex): many for group, sex, many in pyramid}
    sizes = _counted(people.group_by("household").len(name="size").group_by("size"))
    shares = [
        pl.len().alias("people"),
        (pl.col("mobile") != "").mean(),
        *(pl.col(c).mean() for c in ("smartphone", "internet")),
    ]
    return Seen(
        people=sum(many for _, _, many in pyramid),
        households=sum(many for _, many in sizes),
        women=sum(many for _, sex, many in pyramid if sex == "female"),
        companies=companies.height,
        outside=int(companies["out_of_province"].sum()),
        branches=pl.read_parquet(folder / "branches.parquet").height,
        posts=servants.height,
        held=servants.filter(pl.col("personal_number") != "").height,
        pyramid=tuple((group, by_sex.get((group, "male"), 0), by_sex.get((group, "female"), 0)) for group in groups),
        sizes=tuple(sorted(sizes)),
        access=_rows(people.group_by(_group()).agg(shares).drop("people").sort("group")),
        access_by_area=_rows(people.group_by("urban").agg(shares).sort("urban")),
        communes=_communes(people, province),
        surnames=_commonest(people, pl.col("full_name").str.split(" ").list.first()),
        names=tuple(_names(people, *generation) for generation in GENERATIONS),
        ethnicities=_commonest(people, pl.col("ethnicity")),
        occupations=_commonest(people, pl.col("occupation"), most=20),
        kin=_commonest(people, pl.col("kin"), most=20),
        kinds=_counted(companies.lazy().group_by("kind")),
        personas=_personas(people, province),
    )


def _age(today: date) -> pl.Expr:
    return ((pl.lit(today) - pl.col("born")).dt.total_days() / 365.2425).floor().cast(pl.Int32)


def _group() -> pl.Expr:
    return (pl.col("age") // _GROUP_YEARS * _GROUP_YEARS).clip(0, _LAST_GROUP).alias("group")


def _rows(frame: pl.LazyFrame) -> Rows:
    return tuple(frame.collect(engine="streaming").iter_rows())


def _counted(groups: Any) -> Rows:
    """Groups with their sizes, the largest first."""
    frame = groups.len(name="many")
    first = frame.collect_schema().names()[0]
    return _rows(frame.sort("many", first, descending=[True, False]))


def _commonest(people: pl.LazyFrame, what: pl.Expr, *, most: int = _SHOWN_WORDS) -> Rows:
    return _counted(people.group_by(what.alias("word")))[:most]


def _names(people: pl.LazyFrame, since: int, until: int) -> tuple[tuple[int, int], str, str]:
    born = people.filter(pl.col("born").dt.year().is_between(since, until))
    given = pl.col("full_name").str.split(" ").list.last()
    words = [_commonest(born.filter(pl.col("sex") == sex), given, most=8) for sex in ("male", "female")]
    return (since, until), *(", ".join(word for word, _ in found) for found in words)  # type: ignore[return-value]


def _communes(people: pl.LazyFrame, province: Province) -> Rows:
    names = {commune.code: commune.name for commune in province.communes}
    found = _rows(
        people.group_by("commune")
        .agg(pl.len().alias("people"), pl.col("smartphone").mean())
        .sort("smartphone", "commune")
    )
    ends = found if len(found) <= 2 * _SOME_COMMUNES else (*found[:_SOME_COMMUNES], *found[-_SOME_COMMUNES:])
    return tuple((names[code], many, share) for code, many, share in ends)


def _personas(people: pl.LazyFrame, province: Province) -> Rows:
    stories = {persona.id: persona.story for persona in province.personas}
    communes = {commune.code: commune.name for commune in province.communes}
    found = _rows(people.filter(pl.col("persona") != "").select("persona", "full_name", "born", "commune"))
    return tuple((name, born, communes[code], stories[persona]) for persona, name, born, code in found)
