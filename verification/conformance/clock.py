"""Clocks of products that can be set: a double's by its control, the reference's by its clock file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from verification.conformance.access import Access
from verification.conformance.product import OutOfReach
from verification.conformance.wire import Pace, Wire

#: Lets official time stand still at a moment; has returned once the product goes by it.
SetClock = Callable[[datetime], None]

#: The reference services look at their clock file four times a second; twice that, for a busy machine.
_REFERENCE_LOOKS_WITHIN_SECONDS = 0.5
_TAKEN = 200


@contextmanager
def of(access: Access, pace: Pace | None = None) -> Iterator[SetClock | None]:
    """Find the way to set the product's clock, as long as the block lasts; None where there is none."""
    control = Wire(access.clock_url, pace)

    def tell(moment: datetime) -> None:
        reply = control.request("PUT", "/control/clock", msgspec.json.encode({"moment": moment}))
        if reply.status != _TAKEN:
            message = f"PUT {access.clock_url}/control/clock: {reply.status}"
            raise OutOfReach(message)

    try:
        if access.clock_url:
            yield tell
        else:
            yield (lambda moment: _write(Path(access.clock_file), moment)) if access.clock_file else None
    finally:
        control.close()


def _write(path: Path, moment: datetime) -> None:
    second = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second).total_seconds()
    never = time.time() + 10**8  # the run never begins, so the clock stays at its first point
    clock = {"day": moment.date().isoformat(), "points": [[second, 0.0], [second + 1, 1.0]], "began": never}
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(clock))
    fresh.replace(path)
    time.sleep(_REFERENCE_LOOKS_WITHIN_SECONDS)
