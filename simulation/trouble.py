"""Trouble that is not in the user's files: the machine, a platform, the generator; told with a way out."""

from __future__ import annotations

from simulation.text import Text


class TroubleError(Exception):
    """Something needed cannot be done. The text says what was found and the way out."""

    def __init__(self, text: Text) -> None:
        """Keep both languages; `str()` is the English one."""
        self.text = text
        super().__init__(text.en)
