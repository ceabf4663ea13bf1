"""Companies: who leads them, who files for them, where they sit.

Most belong to the province. Some sit elsewhere and deal with it (FIG-BT-BIZ): their directors, and the agents of most,
are people from outside, who stand in a table of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.identifiers import tax_code
from simulation.identifiers.provinces import MERGED_2025, parts_of, provinces
from simulation.identifiers.scramble import Scramble
from simulation.population import spelling, tables
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


def candidates(setting: Setting, people: pl.DataFrame) -> pl.DataFrame:
    """Pick from a page of people those who may lead or file for a company; far fewer than the page has."""
    grown = pl.col("born") <= pl.lit(setting.today).dt.offset_by(f"-{_FROM_AGE}y")
    # Some of no such occupation besides: a hamlet may have no business owner, and still a company.
    some = grown.cum_sum() <= _SOME
    wanted = pl.col("occupation").is_in([*_DIRECTS, *_FILES]) | (pl.col("persona") != "") | some
    # In one step, so that only those who are wanted are copied.
    return (
        people.select("personal_number", "commune", "occupation", "persona", "born").filter(grown & wanted).drop("born")
    )


def draw(setting: Setting, how_many: Counts, *, people: pl.DataFrame, outsiders: pl.DataFrame) -> Companies:
    """Draw the companies of the province and those from outside; `people` are the candidates of all pages."""
    province = setting.province
    known = tables.companies()
    rng = setting.streams.block("companies", 0)
    total = how_many.inside + how_many.outside
    seats = (*[province.code] * how_many.inside, *seats_outside(setting, how_many)[: how_many.outside])
    outside = np.arange(total) >= how_many.inside

    directors = _choose(rng, setting, people, _DIRECTS, how_many.inside)
    leaders = [*directors["personal_number"], *outsiders["personal_number"].head(how_many.outside)]
    communes = [*directors["commune"], *[""] * how_many.outside]
    _seat_personas(people, leaders, how_many)
    names, kinds = _names(setting, total)
    frame = pl.DataFrame(
        {
            "tax_code": _tax_codes(setting, seats),
            "name": names,
            "director": leaders,
            "province_code": seats,
            "out_of_province": outside,
            "agent": _agents(rng, setting, people, outsiders, how_many),
            "kind": kinds,
            "commune": communes,
        },
        schema_overrides={"director": pl.String, "commune": pl.String, "agent": pl.String, "province_code": pl.String},
    )
    parents = np.flatnonzero(rng.random(total) < known.shares.branches)
    branches = frame[parents.tolist()].select(
        (pl.col("tax_code") + "-001").alias("tax_code"),
        pl.col("tax_code").alias("company"),
        ("Chi nhánh " + pl.col("name")).alias("name"),
        pl.Series("commune", _anywhere(rng, province, len(parents)), dtype=pl.String),
    )
    return Companies(companies=frame, branches=branches)


def _choose(
    rng: np.random.Generator, setting: Setting, people: pl.DataFrame, occupations: tuple[str, ...], count: int
) -> pl.DataFrame:
    """Pick grown-ups of the occupations, each once while they last, then again; any grown-ups where there are none."""
    able = people.filter(pl.col("occupation").is_in(occupations), pl.col("persona") == "")
    if able.is_empty():
        able = people
    if able.is_empty():
        message = f"{setting.province.id}: nobody is old enough to lead a company; set companies to 0 or add people"
        raise ValueError(message)
    order = rng.permutation(len(able))
    return able[np.resize(order, count).tolist()]


def _seat_personas(people: pl.DataFrame, leaders: list[str], how_many: Counts) -> None:
    """Give personas that lead a company from outside the first of those companies."""
    place = how_many.inside
    for name, hint in tables.personas().items():
        if hint.directs and place < len(leaders):
            found = people.filter(pl.col("persona") == name)["personal_number"]
            if len(found):
                leaders[place] = found[0]
                place += 1


def _agents(
    rng: np.random.Generator, setting: Setting, people: pl.DataFrame, outsiders: pl.DataFrame, how_many: Counts
) -> pl.Series:
    """Personal number of each company's agent; empty where it files on its own."""
    known = tables.companies().shares
    figure = setting.province.figures.get("company_agent_share")
    share = figure.value if figure is not None else known.with_agent
    total = how_many.inside + how_many.outside
    agents = np.full(total, "", dtype=object)
    inside = rng.permutation(how_many.inside)[: round(how_many.inside * share)]
    outside = how_many.inside + rng.permutation(how_many.outside)[: round(how_many.outside * known.with_agent)]
    local = round(len(outside) * known.outside_with_local_agent)
    clients = np.concatenate([inside, outside[:local]])
    if len(clients):
        fixed = _persona_agents(people)
        others = _choose(rng, setting, people, _FILES, -(-len(clients) // known.clients_per_agent))
        numbers = [number for number, many in fixed.items() for _ in range(many)]
        rest = np.resize(np.array(others["personal_number"], dtype=object), max(len(clients) - len(numbers), 0))
        agents[clients] = np.concatenate([np.array(numbers, dtype=object), rest])[: len(clients)]
    away = outside[local:]
    if len(away):
        theirs = np.array(outsiders["personal_number"].tail(how_many.agents_outside), dtype=object)
        agents[away] = np.resize(theirs, len(away))
    return pl.Series(agents.tolist(), dtype=pl.String)


def _persona_agents(people: pl.DataFrame) -> Mapping[str, int]:
    """Personal numbers of the personas who file for others, with how many clients they have."""
    hints = {name: hint.clients for name, hint in tables.personas().items() if hint.clients}
    found = people.filter(pl.col("persona").is_in(list(hints))).select("personal_number", "persona")
    return {number: hints[name] for number, name in found.iter_rows()}


def _tax_codes(setting: Setting, seats: tuple[str, ...]) -> pl.Series:
    """Tax codes by the province of the seat; unique."""
    scramble = Scramble(high=_SERIALS_HIGH, low=_SERIALS_LOW, rng=setting.streams.block("companies.tax-code", 0))
    by_prefix: dict[str, list[int]] = {}
    for place, seat in enumerate(seats):
        by_prefix.setdefault(parts_of(seat, era=setting.province.era)[0].tax_code, []).append(place)
    codes = np.zeros(len(seats), dtype=np.int64)
    for prefix, places in by_prefix.items():
        serials = scramble(np.arange(int(len(places) * _SPARE) + 40))
        codes[places] = tax_code.numbers(prefix, serials)[: len(places)]
    return spelling.digits(codes, tax_code.ROOT_LENGTH)


def _names(setting: Setting, count: int) -> tuple[pl.Series, pl.Series]:
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
    kind = spelling.words(words, rng.choice(len(words), size=count, p=weights / weights.sum()))
    trade, pair = np.divmod(number, len(first) * len(second))
    frame = pl.DataFrame(
        [
            kind.alias("0"),
            spelling.words(trades, trade).alias("1"),
            spelling.words(first, pair // len(second)).alias("2"),
            spelling.words(second, pair % len(second)).alias("3"),
            spelling.words(tuple(f" {word}" if word else "" for word in known.names.numbers), rounds).alias("4"),
        ]
    )
    plain = pl.concat_str("0", "1", "2", "3", separator=" ")
    return frame.select(pl.concat_str(plain, "4")).to_series(), kind


def _anywhere(rng: np.random.Generator, province: Province, count: int) -> list[str]:
    people = np.array([commune.population for commune in province.communes], dtype=np.float64)
    places = rng.choice(len(people), size=count, p=people / people.sum())
    return [province.communes[place].code for place in places]
