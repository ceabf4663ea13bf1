"""What the findings say of the product: each point kept, broken or unknown, and a grade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from verification.conformance.inspector import Finding, Judgement
from verification.conformance.points import Point, points

GRAVE, COSTLY = 3, 2
#: A fits; B fits with slight mismatches; C makes work; D does not fit. None: something could not be told.
Grade = Literal["A", "B", "C", "D"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One point with all that was seen of it."""

    point: Point
    judgement: Judgement
    findings: tuple[Finding, ...]

    @property
    def witness(self) -> Finding | None:
        """The finding that shows the judgement best."""
        return next((finding for finding in self.findings if finding.judgement == self.judgement), None)


class Rating(msgspec.Struct, frozen=True):
    """A product's rating."""

    judged: tuple[Judged, ...]

    def of(self, judgement: Judgement) -> list[Judged]:
        """Points with that judgement, gravest first."""
        return sorted((one for one in self.judged if one.judgement == judgement), key=lambda one: -one.point.weight)

    @property
    def score(self) -> float:
        """Weight of the points kept, as a share of all (0 to 1)."""
        return sum(one.point.weight for one in self.of("kept")) / sum(one.point.weight for one in self.judged)

    @property
    def grade(self) -> Grade | None:
        """Grade by the heaviest mismatch; None while something is unknown and nothing grave is broken."""
        worst = max((one.point.weight for one in self.of("broken")), default=0)
        if worst == GRAVE:
            return "D"
        if self.of("unknown"):
            return None
        return "C" if worst == COSTLY else "B" if worst else "A"

    @property
    def minutes(self) -> int:
        """Officials' work for a dossier that every mismatch hits; assumed figures, to rank by."""
        return sum(one.point.minutes for one in self.of("broken"))

    @property
    def exit_code(self) -> int:
        """0 all kept, 1 something broken, 2 nothing broken but something unknown."""
        return 1 if self.of("broken") else 2 if self.of("unknown") else 0


def rate(findings: Sequence[Finding]) -> Rating:
    """Judge every point of the norm: one broken finding breaks it, and what was never seen is unknown."""
    return Rating(
        tuple(_judged(point, tuple(f for f in findings if f.point == point.id)) for point in points().values())
    )


def _judged(point: Point, findings: tuple[Finding, ...]) -> Judged:
    seen = {finding.judgement for finding in findings}
    judgement: Judgement = "broken" if "broken" in seen else "kept" if "kept" in seen else "unknown"
    return Judged(point=point, judgement=judgement, findings=findings)
