"""How people stand in their table, column by column. The columns are described in docs/population-schema.md."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.identifiers import id_card, insurance, personal_number
from simulation.population import parquet, tables
from simulation.population.encoding import Lexicon
from simulation.population.kinship import KIN, ROLES
from simulation.population.rows import Rows
from simulation.population.setting import CARD_GROUPS, Setting

_NO_HEAD = Lexicon([""])


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


def group(setting: Setting, rows: Rows) -> parquet.Group:
    """Make a group of rows of people."""
    kinds = schema(setting)
    count, prefix = len(rows), setting.id_card_prefix

    def listed(name: str, numbers: NDArray[np.integer]) -> parquet.Column:
        kind = kinds[name]
        assert isinstance(kind, pl.Enum)  # noqa: S101 -- by the schema above
        return parquet.words(Lexicon(kind.categories.to_list()), numbers)

    made = {
        "personal_number": parquet.digits(
            rows.number,
            np.full(count, personal_number.LENGTH - 3, np.uint8),
            heads=setting.place_heads,
            which=rows.place,
        ),
        "full_name": _full_names(setting, rows),
        "sex": listed("sex", rows.female),
        "born": parquet.integers(rows.born),
        "commune": parquet.words(setting.commune_codes, rows.commune + 1),
        "household": parquet.integers(rows.household),
        "role_in_household": listed("role_in_household", rows.role),
        "kin": listed("kin", rows.kin),
        "mobile": _digits(rows.mobile, rows.phone * np.uint8(10) + (rows.phone & (rows.mobile >= 10**9))),
        "smartphone": parquet.truths(rows.smartphone),
        "internet": parquet.truths(rows.internet),
        "online": parquet.reals(rows.online),
        "insurance_card": _cards(setting, rows),
        "id_card": _digits(
            rows.id_card, (rows.id_card >= 0) * np.uint8(id_card.LENGTH - len(prefix)), Lexicon([prefix])
        ),
        "occupation": listed("occupation", rows.occupation),
        "ethnicity": listed("ethnicity", rows.ethnicity),
        "persona": listed("persona", rows.persona),
        "post": parquet.words(setting.accounts, rows.post),
    }
    return parquet.group([made[name] for name in kinds], count)


def _digits(numbers: NDArray[np.integer], lengths: NDArray[np.uint8], head: Lexicon = _NO_HEAD) -> parquet.Column:
    return parquet.digits(numbers, lengths, heads=head, which=np.zeros(len(numbers), np.uint8))


def _full_names(setting: Setting, rows: Rows) -> parquet.Column:
    which = rows.persona.astype(np.int32)
    which[rows.post > 0] = rows.post[rows.post > 0] + len(setting.province.personas)
    parts = zip(setting.book.spelt, (rows.surname, rows.middle, rows.given), strict=True)
    return parquet.names(tuple(parts), fixed=setting.known_names, which=which)


def _cards(setting: Setting, rows: Rows) -> parquet.Column:
    """Cards: in the era of 2018 group, level of benefit and province before a number that begins with a province."""
    code = setting.insurance_province
    heads = [f"{group}{insurance.GROUPS[group]}{code}" if group else "" for group in CARD_GROUPS]
    if setting.province.era != "2018":
        heads = ["" for _ in heads]
    lengths = (rows.card_group > 0) * np.uint8(insurance.LENGTH - len(code))
    return parquet.digits(
        rows.card_number, lengths, heads=Lexicon([f"{head}{code}" for head in heads]), which=rows.card_group
    )
