"""Three answers, not two: what was promised was KEPT, was BROKEN, or nobody can tell (UNKNOWN)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from simulation.text import Text

Answer = Literal["KEPT", "BROKEN", "UNKNOWN"]

#: What a process that was asked for a verdict ends with.
EXIT_CODES: Mapping[Answer, int] = {"KEPT": 0, "BROKEN": 1, "UNKNOWN": 2}

#: How people read an answer.
WORDS: Mapping[Answer, Text] = {
    "KEPT": Text("Đạt", "Kept"),
    "BROKEN": Text("Không đạt", "Broken"),
    "UNKNOWN": Text("Chưa kết luận được", "Cannot tell"),
}


def overall(answers: Iterable[Answer]) -> Answer:
    """One answer for many: one BROKEN breaks the whole, else one UNKNOWN leaves it open. Of nothing: UNKNOWN."""
    found = set(answers)
    if "BROKEN" in found:
        return "BROKEN"
    return "KEPT" if found == {"KEPT"} else "UNKNOWN"
