"""Adoption: who goes online when they next need something from the state, and what makes them.

Whoever needs something and has never filed online may learn that it can be done: by looking (more after a campaign), or
from others of their kind who do it (Bass, 1969: innovators and imitators; here at each need and not at each moment).
Whoever knows does it where it pays: trips and fees saved against the effort of learning, spread over the uses ahead,
and the fear of being sent back. For whom it pays is drawn once for each filer. Whoever has done it goes on, mostly.
"""

from __future__ import annotations

import math

import msgspec
import numba
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """People who have the same reasons."""

    name: str
    word: float  #: chance of hearing of it at a need, where everybody of the group does it
    stays: float  #: chance that a need of one who has done it is filed online again


def worthwhile(*, gain: float, effort: float, uses: float, doubt: float, scatter: float) -> float:
    """Share of people for whom it pays: logistic in what it brings (đồng a use), `scatter` being its scale."""
    worth = gain - effort / max(uses, 1.0) - doubt
    return 1.0 / (1.0 + math.exp(-worth / scatter))


def file_online(
    needs: tuple[Integers, Integers],
    groups: tuple[Group, ...],
    *,
    begins: NDArray[np.bool_],
    willing: NDArray[np.bool_],
    finds: Numbers,
    sizes: Numbers,
    luck: Numbers,
) -> NDArray[np.bool_]:
    """Tell of each need, in order of time, whether it is filed online.

    `needs` are the filer and the filer's group; `begins` says of each filer whether it does so from the start. At each
    need: `willing`, whether it pays for this filer by now, and `finds`, the chance that one who looks finds out.
    `sizes`: how many filers a group has. `luck`: uniform numbers, one for each need.
    """
    filer, group = needs
    ways = np.array([(one.word, one.stays) for one in groups], dtype=np.float64)
    return np.asarray(_file(filer, group, ways, begins, willing, finds, np.maximum(sizes, 1.0), luck))


@numba.njit(cache=True)
def _file(
    filer: Integers,
    group: Integers,
    ways: Numbers,
    begins: NDArray[np.bool_],
    willing: NDArray[np.bool_],
    finds: Numbers,
    sizes: Numbers,
    luck: Numbers,
) -> NDArray[np.bool_]:
    users = begins.copy()
    using = np.zeros(len(sizes))
    counted = np.zeros(len(begins), dtype=np.bool_)
    online = np.zeros(len(filer), dtype=np.bool_)
    for need in range(len(filer)):
        who, kind = filer[need], group[need]
        if users[who]:
            if not counted[who]:  # one who did so from the start shows it at the first need
                counted[who] = True
                using[kind] += 1.0
            online[need] = luck[need] < ways[kind, 1]
        elif willing[need] and luck[need] < finds[need] + ways[kind, 0] * using[kind] / sizes[kind]:
            users[who] = counted[who] = True
            using[kind] += 1.0
            online[need] = True
    return online
