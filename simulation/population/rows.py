"""People as columns of numbers, before they are written: what blocks are drawn as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

A = NDArray[Any]

_KINDS = {
    np.int16: "commune",
    np.int32: "household born id_card post",
    np.int64: "number mobile card_number",
    np.uint8: "role kin age place card_group occupation ethnicity persona",
    np.uint16: "surname middle given",
    np.float32: "online",
    np.bool_: "female phone smartphone internet",
}


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Columns of the same length, one entry per person; words are numbers of lists that `layout.py` knows."""

    commune: A  #: place in province.communes; -1 outside
    household: A
    role: A  #: kinship.ROLES
    kin: A  #: kinship.KIN
    female: A
    born: A  #: days since 1970-01-01
    age: A  #: years, up to the oldest that tables reach
    place: A  #: of birth registration, Setting.places
    number: A  #: personal number
    id_card: A  #: below 0 for none
    surname: A  #: NameBook.surnames
    middle: A  #: NameBook.middles
    given: A  #: NameBook.given
    mobile: A  #: without the leading 0, of those with a phone
    phone: A  #: has a mobile phone
    smartphone: A
    internet: A
    online: A
    card_group: A  #: 0 for no card
    card_number: A  #: social-insurance number
    occupation: A  #: tables.occupations().names
    ethnicity: A  #: Setting.ethnicities
    persona: A  #: 0 for none, else 1 + place in province.personas
    post: A  #: 0 for none, else 1 + place in province.staff

    @classmethod
    def room(cls, people: int) -> Self:
        """Columns for so many people, to be filled; nobody is a persona or holds a post yet."""
        made = cls(**{name: np.empty(people, kind) for kind, names in _KINDS.items() for name in names.split()})
        made.persona[:] = 0
        made.post[:] = 0
        return made

    def __len__(self) -> int:
        """People."""
        return len(self.born)
