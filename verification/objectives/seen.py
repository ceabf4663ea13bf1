"""What an objective is held against: values, each with the second at which it was seen."""

from __future__ import annotations

import msgspec

from verification.objectives.expression import Values


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Values with their times."""

    values: Values
    seconds: Values  #: run seconds; values of the same second rise and fall together
