"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

from simulation.text import Text

#: Called with the share of the work that is done (0 to 1) and what is being done.
Progress = Callable[[float, Text], None]


def silent(_done: float, _what: Text) -> None:
    """Tell nobody."""
