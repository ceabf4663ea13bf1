"""Asks a stack's supervisor to do something: JSON lines over its Unix socket (infra/local/control.py says which)."""

from __future__ import annotations

import socket
from typing import Any

import msgspec

from infra.stack import Stack

_PATIENCE_SECONDS = 5.0


class ControlError(Exception):
    """The supervisor did not do it, or cannot be reached. The text says why."""


def ask(stack: Stack, *, patience_seconds: float = _PATIENCE_SECONDS, **words: Any) -> dict[str, Any]:
    """Send one request and return the supervisor's answer. Raises ControlError."""
    if not stack.control:
        message = f"target {stack.target!r} has no supervisor to ask"
        raise ControlError(message)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(patience_seconds)
            line.connect(stack.control)
            line.sendall(msgspec.json.encode(words) + b"\n")
            with line.makefile("rb") as answers:
                answer: dict[str, Any] = msgspec.json.decode(answers.readline())
    except (OSError, msgspec.DecodeError) as error:
        message = f"supervisor at {stack.control}: {error}"
        raise ControlError(message) from error
    if not answer.get("ok"):
        raise ControlError(str(answer.get("en", answer)))
    return answer
