"""Structured logs: one JSON object a line on standard output, trace id in each; no secrets, no personal numbers."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from services.kit import tracing


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["trace"] = tracing.trace_id()
    return event


def _encode(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


def configure(service: str) -> None:
    """Set up logging for this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _add_trace,
            structlog.processors.format_exc_info,
            _encode,
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    structlog.get_logger().info("starting", service=service)
