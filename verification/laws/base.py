"""What a law finds: how many subjects it looked at, who broke it, and why it may be impossible to tell."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from simulation.text import Text
from verification.answer import Answer
from verification.evidence import Evidence
from verification.wording import join


class Violation(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One subject for which a law does not hold."""

    subject: str  #: dossier code, document id, order, call id: what one can look up
    what: Text


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One sum as several books have it."""

    what: Text
    values: tuple[tuple[Text, int], ...]  #: (whose book, sum)


class LawResult(msgspec.Struct, frozen=True, kw_only=True):
    """A law's answer with its evidence."""

    id: str
    title: Text
    answer: Answer
    checked: int  #: subjects looked at
    violations: tuple[Violation, ...] = ()
    reason: Text | None = None  #: why it cannot be told, where it cannot
    comparisons: tuple[Comparison, ...] = ()


class Findings:
    """Collects what one law finds."""

    def __init__(self, law: str, title: Text) -> None:
        """Begin with nothing found."""
        self._law, self._title = law, title
        self._violations: set[Violation] = set()
        self._doubts: list[Text] = []

    def violation(self, subject: str, vi: str, en: str) -> None:
        """Add a subject for which the law does not hold."""
        self._violations.add(Violation(subject=subject, what=Text(vi, en)))

    def doubt(self, why: Text) -> None:
        """Add a reason why the law cannot be told for some subjects."""
        if why not in self._doubts:
            self._doubts.append(why)

    def result(self, checked: int, comparisons: Iterable[Comparison] = ()) -> LawResult:
        """Close the case: violations break the law, doubts or an empty world leave it open."""
        if not checked and not self._violations:
            self.doubt(Text("Không có gì để kiểm tra.", "There was nothing to check."))
        return LawResult(
            id=self._law,
            title=self._title,
            answer="BROKEN" if self._violations else "UNKNOWN" if self._doubts else "KEPT",
            checked=checked,
            violations=tuple(sorted(self._violations)),
            reason=join(self._doubts) if self._doubts else None,
            comparisons=tuple(comparisons),
        )


def blocked(law: str, title: Text, evidence: Evidence, books: Iterable[str]) -> LawResult | None:
    """Return UNKNOWN with the reason where the journal or a needed book cannot be used; None when all can."""
    reasons = [why for why in (evidence.journal_damage, evidence.ledger.why_not(books)) if why]
    if not reasons:
        return None
    return LawResult(id=law, title=title, answer="UNKNOWN", checked=0, reason=join(reasons))
