"""Outages: when the systems are down (TRB-WEAK-INFRA); who works at a screen waits, and so do people at home."""

from __future__ import annotations

import numpy as np

from simulation.engine import Opening
from simulation.year.conduct import Conduct

_DAY = 86400.0
_FIRST, _LAST = 7 * 3600.0, 17 * 3600.0  #: outages begin while people work: that is when systems are changed and full


def drawn(office: Opening, conduct: Conduct, rng: np.random.Generator) -> tuple[Opening, Opening]:
    """Draw a run's outages; returns the desks' hours and the portal's."""
    end = float(office.closes[-1])
    days = np.unique(np.floor(office.opens / _DAY))
    many = int(rng.poisson(conduct["outages_a_year"] * end / (365.0 * _DAY)))
    portal = Opening([0.0], [end])
    if not many:
        return office, portal
    begin = np.sort(rng.choice(days, many) * _DAY + rng.uniform(_FIRST, _LAST, many))
    finish = begin + rng.exponential(conduct.hours("outage_hours"), many)
    since, until = [float(begin[0])], [float(finish[0])]
    for first, last in zip(begin[1:].tolist(), finish[1:].tolist(), strict=True):
        if first <= until[-1]:
            until[-1] = max(until[-1], last)
        else:
            since.append(first)
            until.append(last)
    gaps = np.array(since), np.minimum(np.array(until), end)
    return office.without(*gaps), portal.without(*gaps)
