"""From a product's address to its rating, in one function."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from verification.conformance import clock, dialects
from verification.conformance.access import Access
from verification.conformance.agreement import Agreement
from verification.conformance.inspector import Inspector, official_now
from verification.conformance.listener import Listener
from verification.conformance.rating import Rating, rate
from verification.conformance.readable import readable
from verification.conformance.scenarios import SCENARIOS
from verification.conformance.wire import Pace


def inspect(
    dialect: str,
    access: Access,
    agreement: Agreement,
    listener: Listener,
    *,
    only: Collection[str] = (),
    wall: Callable[[], datetime] = official_now,
    pace: Pace | None = None,
) -> Rating:
    """Play the scenarios against the product: all, or those that look at the points named in `only`.

    `wall` is the hour of a product whose clock cannot be set; every request to it waits for `pace`.
    Raises KeyError for an unknown dialect.
    """
    scenarios = [scenario for scenario in SCENARIOS if not only or set(only) & set(scenario.points)]
    product = readable(dialects.DIALECTS[dialect](access, listener, pace))
    try:
        with clock.of(access, pace) as set_clock:
            inspector = Inspector(product, agreement, access, set_clock, wall)
            inspector.play(scenarios)
    finally:
        product.close()
    return rate(inspector.findings)
