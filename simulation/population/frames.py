"""Spells columns of numbers as the tables that others read. The columns are described in docs/population-schema.md."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.identifiers import insurance
from simulation.population import tables
from simulation.population.kinship import KIN, ROLES
from simulation.population.rows import Rows
from simulation.population.setting import CARD_GROUPS, Setting


def schema(setting: Setting) -> dict[str, pl.DataType]:
    """Column → type of the table of people, in this order.

    Words of a list are kept as places in it (`pl.Enum`), but for what other tables are joined by.
    """
    province = setting.province
    return {
        "personal_number": pl.String(),
        "full_name": pl.String(),
        "sex": pl.Enum(("male", "female")),
        "born": pl.Date(),
        "commune": pl.String(),
        "household": pl.Int64(),
        "role_in_household": pl.Enum(ROLES),
        "kin": pl.Enum(KIN),
        "mobile": pl.String(),
        "smartphone": pl.Boolean(),
        "internet": pl.Boolean(),
        "online": pl.Float32(),
        "insurance_card": pl.String(),
        "id_card": pl.String(),
        "occupation": pl.Enum(tables.occupations().names),
        "ethnicity": pl.Enum(setting.ethnicities),
        "persona": pl.Enum(("", *(persona.id for persona in province.personas))),
        "post": pl.String(),
    }


def people(setting: Setting, rows: Rows) -> pl.DataFrame:
    """Spell people."""
    columns = schema(setting)
    province = setting.province
    made: dict[str, pl.Series | NDArray[Any]] = {
        "personal_number": digits(rows.number_head.astype(np.int64) * 1_000_000 + rows.number_serial, 12),
        "full_name": _full_names(setting, rows),
        "sex": rows.female.astype(np.uint8),
        "born": rows.born,
        # The last one, by -1, is outside.
        "commune": words((*(commune.code for commune in province.communes), ""), rows.commune),
        "household": rows.household,
        "role_in_household": rows.role,
        "kin": rows.kin,
        "mobile": _or_empty("0" + pl.Series(rows.mobile).cast(pl.String), rows.mobile >= 0),
        "smartphone": rows.smartphone,
        "internet": rows.internet,
        "online": rows.online,
        "insurance_card": _cards(setting, rows),
        "id_card": _or_empty(digits(np.maximum(rows.id_card, 0).astype(np.int64), 9), rows.id_card >= 0),
        "occupation": rows.occupation,
        "ethnicity": rows.ethnicity,
        "persona": rows.persona,
        "post": words(("", *(member.account for member in province.staff)), rows.post),
    }
    return pl.DataFrame([_column(made[name], kind).alias(name) for name, kind in columns.items()])


def _column(values: pl.Series | NDArray[Any], kind: pl.DataType) -> pl.Series:
    """Values as a column; of an Enum the places of its words."""
    column = pl.Series(values)
    if isinstance(kind, pl.Enum):
        return (column if column.dtype.is_unsigned_integer() else column.cast(pl.UInt32)).cat.to(kind)
    return column if column.dtype == kind else column.cast(kind)


def digits(numbers: NDArray[np.int64], length: int) -> pl.Series:
    """Write numbers with so many digits, leading zeros included."""
    # A 1 in front and cut off again: about twice as fast as padding.
    return pl.Series(numbers + 10**length).cast(pl.String).str.slice(1)


def words(choices: tuple[str, ...], numbers: NDArray[np.integer]) -> pl.Series:
    """Look words up by number; -1 is the last."""
    place = numbers.astype(np.int64)
    place[place < 0] += len(choices)
    return pl.Series(choices, dtype=pl.String).gather(place.astype(np.uint32))


def _or_empty(texts: pl.Series, wanted: NDArray[np.bool_]) -> pl.Series:
    return texts.zip_with(pl.Series(wanted), pl.Series([""], dtype=pl.String))


def _full_names(setting: Setting, rows: Rows) -> pl.Series:
    names = setting.book.spell(rows.surname, rows.middle, rows.given)
    province = setting.province
    for named, people in ((rows.persona, province.personas), (rows.post, province.staff)):
        fixed = np.flatnonzero(named)
        if len(fixed):
            spelt = [people[int(named[row]) - 1].name for row in fixed]
            names = names.scatter(fixed, pl.Series(spelt, dtype=pl.String))
    return names


def _cards(setting: Setting, rows: Rows) -> pl.Series:
    numbers = digits(rows.card_number, insurance.LENGTH)
    insured = rows.card_group > 0
    if setting.province.era == "2018":
        heads = tuple(
            f"{group}{insurance.GROUPS[group]}{setting.insurance_province}" if group else "" for group in CARD_GROUPS
        )
        frame = pl.DataFrame([words(heads, rows.card_group).alias("head"), numbers.alias("number")])
        numbers = frame.select(pl.concat_str("head", "number")).to_series()
    return _or_empty(numbers, insured)
