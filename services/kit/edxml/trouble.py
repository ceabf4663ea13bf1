"""What is wrong with an envelope."""

from __future__ import annotations

from collections.abc import Sequence


class EdxmlError(Exception):
    """The envelope cannot be accepted; `reasons` holds everything that was found, in Vietnamese."""

    def __init__(self, reasons: Sequence[str]) -> None:
        """Keep all reasons."""
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)
