"""Trouble with the machine or the target itself: nothing that the user wrote into a file is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.text import Text
from simulation.trouble import TroubleError


class TargetError(TroubleError):
    """A stack cannot be placed, reached or removed. The text says what was found and the way out."""


def all_at_once(troubles: Iterable[Text]) -> None:
    """Raise one TargetError that tells every trouble found, or do nothing when there is none."""
    found = tuple(troubles)
    if found:
        raise TargetError(Text("\n".join(one.vi for one in found), "\n".join(one.en for one in found)))
