"""Whether a run is worse than an earlier one, or only different by chance.

The difference comes with a 95 % interval from a block bootstrap: whole run seconds are drawn with replacement (Künsch
1989), since requests of one second wait for the same things and are no independent draws.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from verification.objectives.expression import Expression, Values
from verification.objectives.seen import Seen

_DRAWS = 400
_INTERVAL = (2.5, 97.5)

Change = Literal["better", "worse", "none shown"]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a run beside the earlier one's."""

    before: float
    now: float
    low: float  #: of the difference now - before, 95 %
    high: float
    change: Change


def compare(expression: Expression, before: Seen, now: Seen, *, seed: int = 1) -> Comparison:
    """Compare two runs. "worse" and "better" are said only where the whole interval is on one side of zero."""
    rng = np.random.default_rng(seed)
    differences = _draws(expression, now, rng) - _draws(expression, before, rng)
    low, high = (float(each) for each in np.percentile(differences, _INTERVAL))
    if low <= 0 <= high:
        change: Change = "none shown"
    else:
        change = "worse" if (low > 0) == expression.more_is_worse else "better"
    return Comparison(
        before=expression.of(before.values), now=expression.of(now.values), low=low, high=high, change=change
    )


def _draws(expression: Expression, seen: Seen, rng: np.random.Generator) -> Values:
    order = np.argsort(seen.seconds, kind="stable")
    _, starts = np.unique(np.floor(seen.seconds[order]), return_index=True)
    blocks = np.split(seen.values[order], starts[1:])
    drawn = rng.integers(len(blocks), size=(_DRAWS, len(blocks)))
    return np.asarray([expression.of(np.concatenate([blocks[index] for index in row])) for row in drawn])
