"""Who takes part: the population as journeys see it. Rows are chosen in blocks first, then fetched at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.int64]

_ADULT_YEARS = 18


class Person(msgspec.Struct, frozen=True):
    """One person of the population or from outside the province."""

    personal_number: str
    full_name: str
    commune: str  #: code of the commune of residence; of another province for outsiders
    mobile: str
    persona: str = ""  #: slug of a fixed person; empty for everybody else
    online: float = 0.0  #: how likely they are to do things online, 0 to 1


class Company(msgspec.Struct, frozen=True):
    """One registered company."""

    tax_code: str
    director: str  #: personal number
    agent: str  #: personal number of the hired agent who files for it; empty without one
    out_of_province: bool


_TEXTS = ("personal_number", "full_name", "commune", "mobile", "persona")
#: The columns that make a Person, in the order of its fields.
_AS_PERSON = (
    *(pl.col(column).cast(pl.String).fill_null("") for column in _TEXTS),
    pl.col("online").cast(pl.Float64).fill_null(0.0),
)


class Population(Protocol):
    """What journeys ask of a population: three tables (see simulation/population)."""

    @property
    def people(self) -> pl.DataFrame:
        """Everybody who lives in the province."""

    @property
    def companies(self) -> pl.DataFrame:
        """Companies that file in the province."""

    @property
    def outsiders(self) -> pl.DataFrame:
        """People from outside who direct or act for companies; columns as in `people`."""


class Crowd:
    """People of one table, with those who can apply (adults) and how likely each of them is to be online."""

    def __init__(self, people: pl.DataFrame, *, day: str) -> None:
        """Take a table with the columns of the population and the ISO day on which ages are reckoned."""
        self._people = people
        born = people["born"]
        self._born_is_date = born.dtype == pl.Date
        self._day = date.fromisoformat(day)
        self.adults = self._rows(pl.col("born") <= self._years_before(_ADULT_YEARS))
        weights = people["online"].cast(pl.Float64).fill_null(0.0).to_numpy()[self.adults]
        self._cumulative = np.cumsum(weights)

    def _years_before(self, years: int) -> pl.Expr:
        then = self._day.replace(year=self._day.year - years) if (self._day.month, self._day.day) != (2, 29) else None
        limit = then or date(self._day.year - years, 2, 28)
        return pl.lit(limit if self._born_is_date else limit.isoformat())

    def _rows(self, wanted: pl.Expr) -> Rows:
        return np.asarray(self._people.select(pl.arg_where(wanted)).to_series().to_numpy(), dtype=np.int64)

    def anybody(self, rng: np.random.Generator, count: int) -> Rows:
        """Rows of `count` people of any age, each equally likely, drawn with replacement."""
        return rng.integers(0, self._people.height, size=count, dtype=np.int64)

    def adults_at_random(self, rng: np.random.Generator, count: int) -> Rows:
        """Rows of `count` adults, each equally likely. Raises ValueError where there are none."""
        if len(self.adults) == 0:
            message = "the population has no adult; draw a larger one"
            raise ValueError(message)
        return self.adults[rng.integers(0, len(self.adults), size=count)]

    def adults_online(self, rng: np.random.Generator, count: int) -> Rows:
        """Rows of `count` adults in proportion to how likely each is to do things online."""
        if len(self.adults) == 0 or self._cumulative[-1] <= 0:
            return self.adults_at_random(rng, count)
        marks = rng.random(count) * self._cumulative[-1]
        places = np.searchsorted(self._cumulative, marks, side="right").clip(max=len(self.adults) - 1)
        return np.asarray(self.adults[places], dtype=np.int64)

    def aged(self, low: int, high: int) -> Rows:
        """Rows of all who are at least `low` and under `high` years old."""
        born = pl.col("born")
        return self._rows((born <= self._years_before(low)) & (born > self._years_before(high)))

    def fetch(self, rows: Rows) -> list[Person]:
        """Return people by row, in the order asked for."""
        return [Person(*values) for values in self._people[rows].select(*_AS_PERSON).iter_rows()]

    def adults_of_households(self, rows: Rows) -> list[Person | None]:
        """For each row, an adult of the same household (the first listed); None where there is none."""
        households = self._people["household"][rows]
        wanted = pl.col("household").is_in(households.unique().implode())
        adult = pl.col("born") <= self._years_before(_ADULT_YEARS)
        grown = self._people.filter(wanted & adult).select("household", *_AS_PERSON)
        first: dict[Any, Person] = {}
        for household, *values in grown.iter_rows():
            first.setdefault(household, Person(*values))
        return [first.get(household) for household in households.to_list()]

    def personas(self) -> list[Person]:
        """Return the adults among the fixed people who are in every population, by their slug."""
        grown = (pl.col("born") <= self._years_before(_ADULT_YEARS)) & (pl.col("persona").fill_null("") != "")
        return sorted(self.fetch(self._rows(grown)), key=lambda person: person.persona)

    def by_number(self, numbers: Sequence[str]) -> dict[str, Person]:
        """Return people by personal number; whoever is not in the table is left out."""
        wanted = pl.col("personal_number").is_in(sorted(set(numbers)))
        return {person.personal_number: person for person in self.fetch(self._rows(wanted))}


class Cast:
    """Everybody who can take part: the province's people, its companies, and people from outside who file for them."""

    def __init__(self, population: Population, *, day: str) -> None:
        """Take a population and the ISO day of the scenario."""
        self.crowd = Crowd(population.people, day=day)
        self._outsiders = Crowd(population.outsiders, day=day)
        columns = population.companies.select(
            pl.col("tax_code", "director", "agent").cast(pl.String).fill_null(""),
            pl.col("out_of_province").cast(pl.Boolean).fill_null(value=False),
        )
        self.companies = [Company(*values) for values in columns.iter_rows()]
        self._groups: dict[tuple[bool, bool], list[Company]] = {}

    def companies_like(self, *, outside: bool, with_agent: bool) -> list[Company]:
        """Return the companies of one sort; of the nearest sort where there is none of it."""
        if (outside, with_agent) not in self._groups:
            for wanted in ((outside, with_agent), (outside, not with_agent), (not outside, with_agent)):
                group = [
                    company for company in self.companies if (company.out_of_province, bool(company.agent)) == wanted
                ]
                if group:
                    break
            self._groups[outside, with_agent] = group or self.companies
        return self._groups[outside, with_agent]

    def by_number(self, numbers: Sequence[str]) -> dict[str, Person]:
        """Return people by personal number, from the province or outside."""
        return {**self._outsiders.by_number(numbers), **self.crowd.by_number(numbers)}
