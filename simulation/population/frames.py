"""Spells columns of numbers as the tables that others read. The columns are described in docs/population-schema.md."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.identifiers import id_card, insurance, personal_number
from simulation.population import tables
from simulation.population.kinship import KIN, ROLES
from simulation.population.rows import Rows
from simulation.population.setting import CARD_GROUPS, Setting
from simulation.population.spelling import digits, headed, words


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
        "household": pl.Int32(),
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
    made: dict[str, pl.Series | NDArray[Any]] = {
        "personal_number": digits(
            rows.number_head.astype(np.int64) * 1_000_000 + rows.number_serial, personal_number.LENGTH
        ),
        "full_name": _full_names(setting, rows),
        "sex": rows.female.astype(np.uint8),
        "born": rows.born,
        # The last one, by -1, is outside.
        "commune": words(setting.commune_codes, rows.commune),
        "household": rows.household,
        "role_in_household": rows.role,
        "kin": rows.kin,
        "mobile": digits(rows.mobile, _mobile_lengths(rows.mobile)),
        "smartphone": rows.smartphone,
        "internet": rows.internet,
        "online": rows.online,
        "insurance_card": _cards(setting, rows),
        "id_card": digits(rows.id_card.astype(np.int64), np.where(rows.id_card >= 0, id_card.LENGTH, 0)),
        "occupation": rows.occupation,
        "ethnicity": rows.ethnicity,
        "persona": rows.persona,
        "post": words(setting.accounts, rows.post),
    }
    return pl.DataFrame([_column(made[name], kind).alias(name) for name, kind in columns.items()])


def _column(values: pl.Series | NDArray[Any], kind: pl.DataType) -> pl.Series:
    """Values as a column; of an Enum the places of its words."""
    column = pl.Series(values)
    if isinstance(kind, pl.Enum):
        return (column if column.dtype.is_unsigned_integer() else column.cast(pl.UInt32)).cat.to(kind)
    return column if column.dtype == kind else column.cast(kind)


def _mobile_lengths(numbers: NDArray[np.int64]) -> NDArray[np.integer]:
    """Digits of mobile numbers with their leading 0: ten, or eleven of the old ones; none where there is no number."""
    return (numbers >= 0) * np.uint8(10) + (numbers >= 10**9)


def _full_names(setting: Setting, rows: Rows) -> pl.Series:
    province = setting.province
    which = rows.persona.astype(np.int32)
    which[rows.post > 0] = rows.post[rows.post > 0] + len(province.personas)
    return setting.book.spell(rows.surname, rows.middle, rows.given, fixed=setting.known_names, which=which)


def _cards(setting: Setting, rows: Rows) -> pl.Series:
    if setting.province.era != "2018":
        return digits(rows.card_number, np.where(rows.card_group > 0, insurance.LENGTH, 0))
    heads = [f"{group}{insurance.GROUPS[group]}{setting.insurance_province}" if group else "" for group in CARD_GROUPS]
    return headed(heads, rows.card_group, rows.card_number, insurance.LENGTH)
