"""Leaders' hours over a year: the office's, less meetings in a half-day and whole days away."""

from __future__ import annotations

import numpy as np

from simulation.engine import Opening
from simulation.year.conduct import Conduct

_DAY = 86400.0


def hours_of(office: Opening, conduct: Conduct, rng: np.random.Generator) -> Opening:
    """Draw one leader's hours; the same generator misses the same days whatever share is asked for, only fewer."""
    opens, closes = office.opens, office.closes
    day = np.floor(opens / _DAY).astype(np.int64)
    chance = rng.random((len(opens), 2))  # one half-day a row: is there a meeting, and where in it
    away = rng.random(int(day[-1]) + 1) < conduct["leader_days_away_share"]
    since, until = opens.copy(), closes.copy()
    length = conduct.minutes("meeting_minutes")
    begin = opens + chance[:, 1] * np.maximum(closes - opens - length, 0.0)
    gone = away[day]
    since[~gone], until[~gone] = begin[~gone], np.minimum(begin + length, closes)[~gone]
    missed = gone | (chance[:, 0] < conduct["meeting_share"])
    return office.without(since[missed], until[missed])
