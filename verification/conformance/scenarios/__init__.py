"""The scenarios, one theme a file, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Sequence

from verification.conformance.inspector import Scenario
from verification.conformance.scenarios import counter, deadlines, money, online, order, repeats, rights

SCENARIOS: Sequence[Scenario] = (
    *counter.SCENARIOS,
    *online.SCENARIOS,
    *deadlines.SCENARIOS,
    *order.SCENARIOS,
    *money.SCENARIOS,
    *rights.SCENARIOS,
    *repeats.SCENARIOS,
)
