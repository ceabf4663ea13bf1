"""Companies: who leads them, who files for them, where they sit.

Most belong to the province. Some sit elsewhere and deal with it (FIG-BT-BIZ): their directors, and the agents of most,
are people from outside, who stand in a table of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.identifiers import personal_number, tax_code
from simulation.identifiers.provinces import MERGED_2025, parts_of, provinces
from simulation.identifiers.scramble import Scramble
from simulation.population import tables
from simulation.population.rows import Rows
from simulation.population.setting import Setting
from simulation.province import Province

I64 = NDArray[np.int64]

#: Youngest director and agent, in years (assumed; the law says 18).
_FROM_AGE = 22
#: Directors are drawn from these occupations, agents from the last.
_DIRECTS = ("business_owner",)
_FILES = ("accountant",)
#: Grown-ups of a page that count as candidates whatever they do.
_SOME = 200
#: About one serial in eleven has no check digit.
_SPARE = 1.15
#: A limit on tax codes of a prefix that leaves room for the spare ones.
_SERIALS_HIGH, _SERIALS_LOW = 3125, 3200


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many companies there are, and the people from outside that they need."""

    inside: int
    outside: int
    agents_outside: int

    @property
    def outsiders(self) -> int:
        """People from outside: a director for every company, then the agents."""
        return self.outside + self.agents_outside


class Candidates(NamedTuple):
    """Residents who may lead a company or file for one; numbers as in `Rows`."""

    number: I64  #: personal number
    commune: NDArray[np.int16]
    occupation: NDArray[np.uint8]
    persona: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Companies:
    """The two tables that the register of companies consists of."""

    companies: pl.DataFrame
    branches: pl.DataFrame


def counts(province: Province) -> Counts:
    """Count companies and outsiders, before anybody is drawn."""
    known = tables.companies().shares
    outside = round(province.companies * known.out_of_province)
    with_agent = round(outside * known.with_agent)
    away = with_agent - round(with_agent * known.outside_with_local_agent)
    return Counts(
        inside=province.companies, outside=outside, agents_outside=-(-away // known.clients_per_agent) if away else 0
    )


def seats_outside(setting: Setting, how_many: Counts) -> tuple[str, ...]:
    """Codes (of the era) of the provinces that the outsiders are from: directors first, then agents."""
    known = tables.companies().outside
    home = {part.code for part in parts_of(setting.province.code, era=setting.province.era)}
    others = [code for code in provinces() if code not in home]
    listed = [known.weights.get(code, 0.0) for code in others]
    rest = sum(1 for weight in listed if not weight)
    weights = np.array([weight or known.elsewhere / max(rest, 1) for weight in listed])
    rng = setting.streams.block("companies.seats", 0)
    drawn = rng.choice(len(others), size=how_many.outsiders, p=weights / weights.sum())
    codes = [others[place] for place in drawn]
    if setting.province.era == "2026":
        merged = {old: new for new, parts in MERGED_2025.items() for old in parts}
        codes = [merged.get(code, code) for code in codes]
    return tuple(codes)


def candidates(setting: Setting, people: Rows) -> Candidates:
    """Pick from a page of people those who may lead or file for a company; far fewer than the page has."""
    day = setting.today
    year = day.year - _FROM_AGE
    latest = date(year, day.month, min(day.day, 28)) if day.month == 2 else day.replace(year=year)  # noqa: PLR2004
    grown = people.born <= (latest - date(1970, 1, 1)).days
    # Some of no such occupation besides: a hamlet may have no business owner, and still a company.
    wanted = grown & (np.isin(people.occupation, _places((*_DIRECTS, *_FILES))) | (people.persona > 0))
    wanted[np.flatnonzero(grown)[:_SOME]] = True
    rows = np.flatnonzero(wanted)
    return Candidates(people.number[rows], people.commune[rows], people.occupation[rows], people.persona[rows])


def together(pages: Sequence[Candidates]) -> Candidates:
    """Candidates of all pages."""
    return Candidates(*(np.concatenate(columns) for columns in zip(*pages, strict=True)))


def draw(setting: Setting, how_many: Counts, *, people: Candidates, outsiders: I64) -> Companies:
    """Draw the companies of the province and those from outside.

    `people` are the candidates of all pages, `outsiders` the personal numbers of those from outside.
    """
    province = setting.province
    known = tables.companies()
    rng = setting.streams.block("companies", 0)
    total = how_many.inside + how_many.outside
    seats = (*[province.code] * how_many.inside, *seats_outside(setting, how_many)[: how_many.outside])
    outside = np.arange(total) >= how_many.inside

    directors = _choose(rng, setting, people, _DIRECTS, how_many.inside)
    leaders = np.concatenate([people.number[directors], outsiders[: how_many.outside]])
    codes = np.array([*(commune.code for commune in province.communes), ""], dtype=object)  # the last, by -1: outside
    communes = [*codes[people.commune[directors]], *[""] * how_many.outside]
    _seat_personas(setting, people, leaders, how_many)
    names, kinds = _names(setting, total)
    frame = pl.DataFrame(
        {
            "tax_code": _tax_codes(setting, seats),
            "name": names,
            "director": _spelt(leaders, personal_number.LENGTH),
            "province_code": seats,
            "out_of_province": outside,
            "agent": _spelt(_agents(rng, setting, people, outsiders, how_many), personal_number.LENGTH),
            "kind": kinds,
            "commune": communes,
        },
        schema={
            "tax_code": pl.String, "name": pl.String, "director": pl.String, "province_code": pl.String,
            "out_of_province": pl.Boolean, "agent": pl.String, "kind": pl.String, "commune": pl.String,
        },
    )  # fmt: skip
    parents = np.flatnonzero(rng.random(total) < known.shares.branches)
    branches = frame[parents.tolist()].select(
        (pl.col("tax_code") + "-001").alias("tax_code"),
        pl.col("tax_code").alias("company"),
        ("Chi nhánh " + pl.col("name")).alias("name"),
        pl.Series("commune", _anywhere(rng, province, len(parents)), dtype=pl.String),
    )
    return Companies(companies=frame, branches=branches)


def _places(occupations: tuple[str, ...]) -> list[int]:
    """Occupations as numbers."""
    return [tables.occupations().names.index(name) for name in occupations]


def _spelt(numbers: I64, length: int) -> list[str]:
    """Numbers as texts of so many digits; below 0, an empty one."""
    return [f"{number:0{length}d}" if number >= 0 else "" for number in numbers.tolist()]


def _choose(
    rng: np.random.Generator, setting: Setting, people: Candidates, occupations: tuple[str, ...], count: int
) -> NDArray[np.intp]:
    """Rows of grown-ups of the occupations, each once while they last, then again; of any where there are none."""
    able = np.flatnonzero(np.isin(people.occupation, _places(occupations)) & (people.persona == 0))
    if not len(able):
        able = np.arange(len(people.number))
    if not len(able):
        message = f"{setting.province.id}: nobody is old enough to lead a company; set companies to 0 or add people"
        raise ValueError(message)
    return able[np.resize(rng.permutation(len(able)), count)]


def _of_persona(setting: Setting, people: Candidates, name: str) -> I64:
    """Personal number of a persona: one, or none where the province does not have her."""
    known = [persona.id for persona in setting.province.personas]
    return people.number[people.persona == 1 + known.index(name)] if name in known else people.number[:0]


def _seat_personas(setting: Setting, people: Candidates, leaders: I64, how_many: Counts) -> None:
    """Give personas that lead a company from outside the first of those companies."""
    place = how_many.inside
    for name, hint in tables.personas().items():
        if hint.directs and place < len(leaders):
            for number in _of_persona(setting, people, name):
                leaders[place] = number
                place += 1


def _agents(rng: np.random.Generator, setting: Setting, people: Candidates, outsiders: I64, how_many: Counts) -> I64:
    """Personal number of each company's agent; below 0 where it files on its own."""
    known = tables.companies().shares
    figure = setting.province.figures.get("company_agent_share")
    share = figure.value if figure is not None else known.with_agent
    total = how_many.inside + how_many.outside
    agents = np.full(total, -1, dtype=np.int64)
    inside = rng.permutation(how_many.inside)[: round(how_many.inside * share)]
    outside = how_many.inside + rng.permutation(how_many.outside)[: round(how_many.outside * known.with_agent)]
    local = round(len(outside) * known.outside_with_local_agent)
    clients = np.concatenate([inside, outside[:local]])
    if len(clients):
        others = _choose(rng, setting, people, _FILES, -(-len(clients) // known.clients_per_agent))
        numbers = _persona_agents(setting, people)
        rest = np.resize(people.number[others], max(len(clients) - len(numbers), 0))
        agents[clients] = np.concatenate([numbers, rest])[: len(clients)]
    away = outside[local:]
    if len(away):
        agents[away] = np.resize(outsiders[len(outsiders) - how_many.agents_outside :], len(away))
    return agents


def _persona_agents(setting: Setting, people: Candidates) -> I64:
    """Personal numbers of the personas who file for others, as often as they have clients."""
    hints: Mapping[str, Any] = tables.personas()
    found = [np.repeat(_of_persona(setting, people, name), hint.clients) for name, hint in hints.items()]
    return np.concatenate(found)


def _tax_codes(setting: Setting, seats: tuple[str, ...]) -> list[str]:
    """Tax codes by the province of the seat; unique."""
    scramble = Scramble(high=_SERIALS_HIGH, low=_SERIALS_LOW, rng=setting.streams.block("companies.tax-code", 0))
    by_prefix: dict[str, list[int]] = {}
    for place, seat in enumerate(seats):
        by_prefix.setdefault(parts_of(seat, era=setting.province.era)[0].tax_code, []).append(place)
    codes = np.zeros(len(seats), dtype=np.int64)
    for prefix, places in by_prefix.items():
        serials = scramble(np.arange(int(len(places) * _SPARE) + 40))
        codes[places] = tax_code.numbers(prefix, serials)[: len(places)]
    return _spelt(codes, tax_code.ROOT_LENGTH)


def _names(setting: Setting, count: int) -> tuple[list[str], list[str]]:
    """Names that no two companies share, and the kinds of company."""
    known = tables.companies()
    first, second, trades = known.names.first, known.names.second, known.trades.names
    without = len(first) * len(second) * len(trades)
    if count > without * len(known.names.numbers):
        message = (
            f"{setting.province.id}: {count} companies, but only {without * len(known.names.numbers)} names; "
            "add words to companies.toml"
        )
        raise ValueError(message)
    rng = setting.streams.block("companies.names", 0)
    scramble = Scramble(high=len(trades), low=len(first) * len(second), rng=rng)
    # Plain names first; then all of them once more with a number behind.
    rounds, place = np.divmod(np.arange(count), without)
    number = scramble(place)
    words, weights = tables.weights(known.kinds.shares)
    kinds = [words[place] for place in rng.choice(len(words), size=count, p=weights / weights.sum())]
    trade, pair = np.divmod(number, len(first) * len(second))
    behind = [f" {word}" if word else "" for word in known.names.numbers]
    rows = zip(kinds, trade.tolist(), pair.tolist(), rounds.tolist(), strict=True)
    names = [
        f"{kind} {trades[a]} {first[b // len(second)]} {second[b % len(second)]}{behind[c]}" for kind, a, b, c in rows
    ]
    return names, kinds


def _anywhere(rng: np.random.Generator, province: Province, count: int) -> list[str]:
    people = np.array([commune.population for commune in province.communes], dtype=np.float64)
    places = rng.choice(len(people), size=count, p=people / people.sum())
    return [province.communes[place].code for place in places]
