"""Waiting before equal servers: Erlang's C formula, and what is left over when more comes than can be served."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
#: Above this use the formula for endless queues says nothing any more of a run of minutes; the fluid does.
FULL = 0.97


def erlang_c(servers: int, use: Values) -> Values:
    """Share of arrivals that wait (M/M/c), for each use of the servers between 0 and 1 (Erlang 1917)."""
    offered = np.clip(use, 0.0, FULL) * servers
    blocked = np.ones_like(offered)  # Erlang's B by its recursion, which does not overflow
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return np.asarray(blocked / (1 - (offered / servers) * (1 - blocked)))


def waiting(servers: int, demand: float, rate: Values) -> tuple[Values, Values]:
    """Share that waits, and mean seconds of those who do, where each brings `demand` seconds of work at that rate."""
    if demand <= 0:
        return np.zeros_like(rate), np.zeros_like(rate)
    use = np.clip(rate * demand / servers, 0.0, FULL)
    return erlang_c(servers, use), demand / servers / (1 - use)


def backlog(servers: int, demand: float, profile: Values) -> Values:
    """Seconds that an arrival in each second waits for what came before and could not be served (a fluid)."""
    left, waits = 0.0, np.zeros_like(profile)
    for second, operations in enumerate(profile):
        waits[second] = left / servers
        left = max(0.0, left + operations * demand - servers)
    return waits
