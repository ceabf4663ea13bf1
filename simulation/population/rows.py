"""People as columns of numbers, before they are spelt: what a block is drawn as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

A = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Columns of the same length, one entry per person; words are numbers of lists that `frames.py` knows."""

    commune: A  #: int16, place in province.communes; -1 outside
    household: A  #: int32
    role: A  #: uint8, kinship.ROLES
    kin: A  #: uint8, kinship.KIN
    female: A  #: bool
    born: A  #: int32, days since 1970-01-01
    number_head: A  #: int32, first six digits of the personal number
    number_serial: A  #: int32, last six
    id_card: A  #: int32; below 0 for none
    surname: A  #: uint16, NameBook.surnames
    middle: A  #: uint16, NameBook.middles
    given: A  #: uint16, NameBook.given
    mobile: A  #: int64 without the leading 0; below 0 for none
    smartphone: A  #: bool
    internet: A  #: bool
    online: A  #: float32
    card_group: A  #: uint8, 0 for no card
    card_number: A  #: int64, social-insurance number
    occupation: A  #: uint8, tables.occupations().names
    ethnicity: A  #: uint8, Setting.ethnicities
    persona: A  #: uint8, 0 for none, else 1 + place in province.personas
    post: A  #: int32, 0 for none, else 1 + place in province.staff

    def __len__(self) -> int:
        """People."""
        return len(self.born)


def concatenate(parts: Sequence[Rows]) -> Rows:
    """Put blocks one behind the other."""
    return Rows(**{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows)})
