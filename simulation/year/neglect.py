"""Neglect: dossiers that lie until after their limit, and what a board does that somebody acts upon.

Each agency has its share of such dossiers. At the end of each quarter the board shows what share of them was late; with
`board_acted_upon`, agencies that were worse than the province are inspected, and neglect falls there (SYS-KPI,
TRB-NO-ENFORCEMENT).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.streams import Streams
from simulation.year.conduct import Conduct

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

_QUARTER = 91.25 * 86400.0
_MOST = 0.9  #: no agency neglects more than this share


def drawn(
    conduct: Conduct, *, moments: Numbers, places: Integers, has_limit: NDArray[np.bool_], many: int, streams: Streams
) -> NDArray[np.bool_]:
    """Tell of each dossier whether it is neglected; `many` is the number of agencies."""
    variation = conduct["neglect_variation"]
    sigma = np.sqrt(np.log1p(variation * variation))
    factors = np.exp(sigma * streams["agencies"].standard_normal(many) - sigma * sigma / 2.0)
    shares = np.minimum(conduct["neglected_share"] * factors, _MOST)
    luck = streams["dossiers"].random(len(moments))
    quarter = np.floor(moments / _QUARTER).astype(np.int64)
    neglected = np.zeros(len(moments), dtype=np.bool_)
    for number in range(int(quarter.max()) + 1 if len(moments) else 0):
        now = (quarter == number) & has_limit
        neglected[now] = luck[now] < shares[places[now]]
        if conduct["board_acted_upon"]:
            shares = (
                np.where(_bad(places[now], neglected[now], many), conduct["neglect_after_inspection"], 1.0) * shares
            )
    return neglected


def _bad(places: Integers, late: NDArray[np.bool_], many: int) -> NDArray[np.bool_]:
    """Agencies with a greater share than the whole province."""
    all_here = np.bincount(places, minlength=many)
    late_here = np.bincount(places[late], minlength=many)
    return np.asarray(late_here * max(len(places), 1) > all_here * late.sum())
