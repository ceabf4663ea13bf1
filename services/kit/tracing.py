"""W3C trace context: one trace id from the client's click to the last system that hears of it.

Beside it whether a real person waits, for what is called at once: `X-Synthetic` as the request came with it.
"""

from __future__ import annotations

import random
import re
import secrets
from contextvars import ContextVar

_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
#: Ids need be unlike each other and no secret: no system call for each of them.
_ids = random.Random(secrets.randbits(256))  # noqa: S311
_trace: ContextVar[str] = ContextVar("trace", default="0" * 32)
_synthetic: ContextVar[bool] = ContextVar("synthetic", default=False)


def enter(traceparent: str, *, synthetic: bool = False) -> str:
    """Take over the caller's trace, or begin one; returns the trace id."""
    _synthetic.set(synthetic)
    match = _FORM.fullmatch(traceparent)
    trace = match.group(1) if match else f"{_ids.getrandbits(128):032x}"
    _trace.set(trace)
    return trace


def trace_id() -> str:
    """Trace id of what is being done now."""
    return _trace.get()


def traceparent() -> str:
    """Header value for the next hop."""
    return f"00-{_trace.get()}-{_ids.getrandbits(64):016x}-01"


def synthetic() -> bool:
    """Whether what is being done now was asked for by nobody real."""
    return _synthetic.get()
