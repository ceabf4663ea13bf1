"""Places in a household and what each means: one layout for all kinds, so that a block of households is a few arrays.

A household has at most three generations. The couple in the middle is the one whose children may live there; the kind
says whether they head the household, or their parents do.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simulation.population.tables import households


class Kind(IntEnum):
    """Kinds of household; the order of `kinds.shares` in households.toml."""

    SINGLE = 0
    COUPLE = 1
    LONE = 2
    UPPER = 3
    STEM = 4
    SKIP = 5
    SIBLINGS = 6


#: Kinds that the oldest generation heads.
ELDER_HEADED = (Kind.STEM, Kind.SKIP)

#: Places: the old couple where it heads the household, the middle couple, its children (of the first to the sixth), the
#: old couple where it lives with the middle one, brothers and sisters. Heads stand first.
HEAD_MAN, HEAD_WOMAN, MAN, WOMAN = 0, 1, 2, 3
CHILDREN = slice(4, 10)
OLD_MAN, OLD_WOMAN = 10, 11
SIBLINGS = slice(12, 14)
PLACES = 14

ROLES = ("head", "spouse", "child", "parent", "other")
#: Relation to the head, finer than the role.
KIN = ("head", "spouse", "child", "parent", "parent_in_law", "child_in_law", "grandchild", "sibling", "unrelated")
#: The role of each kin.
_ROLE_OF = {"head": 0, "spouse": 1, "child": 2, "parent": 3, "parent_in_law": 3}

#: Whose surname a place has: the man's line, the woman's line, or that of the old woman, who married in.
MANS, WOMANS, OLD_WOMANS = 0, 1, 2

#: Variants of a household: bit 0, a woman heads it; bit 1, the old generation is the man's side (else the woman's).
WOMAN_HEADS, MANS_SIDE = 1, 2
VARIANTS = 4


def _kin(kind: Kind, variant: int, place: int) -> str:
    woman_heads, mans_side = bool(variant & WOMAN_HEADS), bool(variant & MANS_SIDE)
    head = "head" if place % 2 == woman_heads else "spouse"  # women have the odd places of couples
    if kind in ELDER_HEADED:
        linked = "child" if (place == MAN) == mans_side else "child_in_law"
        of_place = {HEAD_MAN: head, HEAD_WOMAN: head, MAN: linked, WOMAN: linked}
        of_child = "grandchild"
    else:
        parent = "parent" if mans_side != woman_heads else "parent_in_law"
        of_place = {MAN: head, WOMAN: head, OLD_MAN: parent, OLD_WOMAN: parent}
        of_child = "child"
    of_place |= dict.fromkeys(range(PLACES)[CHILDREN], of_child)
    of_place |= dict.fromkeys(range(PLACES)[SIBLINGS], "sibling")
    return of_place.get(place, "unrelated")


def _surname(kind: Kind, variant: int, place: int) -> int:
    if place in {HEAD_MAN, OLD_MAN}:
        return MANS if variant & MANS_SIDE else WOMANS
    if place in {HEAD_WOMAN, OLD_WOMAN}:
        return OLD_WOMANS
    if place == WOMAN:
        return WOMANS
    if place in range(PLACES)[SIBLINGS]:
        return WOMANS if variant & WOMAN_HEADS else MANS
    # The children of a daughter whose husband works away still have his name.
    return MANS if kind != Kind.SKIP or variant & MANS_SIDE else OLD_WOMANS


def _table(cell: list[int]) -> NDArray[np.uint8]:
    return np.array(cell, dtype=np.uint8)


_CELLS = [(kind, variant, place) for kind in Kind for variant in range(VARIANTS) for place in range(PLACES)]
#: By `code(kind, variant, place)`: kin, role, and whose surname.
KIN_OF = _table([KIN.index(_kin(*cell)) for cell in _CELLS])
ROLE_OF = _table([_ROLE_OF.get(_kin(*cell), ROLES.index("other")) for cell in _CELLS])
SURNAME_OF = _table([_surname(*cell) for cell in _CELLS])


def codes(kinds: NDArray[np.uint8], variants: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Rows of the tables above for the first place of each household; add the place."""
    made: NDArray[np.int64] = (kinds.astype(np.int64) * VARIANTS + variants) * PLACES
    return made


def kind_shares() -> NDArray[np.float64]:
    """Shares of kinds before the fit, in the order of `Kind`."""
    shares = households().kinds.shares
    return np.array([shares[kind.name.lower()] for kind in Kind])
