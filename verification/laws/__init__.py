"""The laws that must always hold, one file each (reconciliation from independent sources)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulation.progress import Progress, silent
from simulation.text import Text
from verification.evidence import Evidence
from verification.laws import acknowledged, calls, documents, dossiers, payments
from verification.laws.base import Comparison, LawResult, Violation

_ALL = (dossiers, payments, documents, calls, acknowledged)
#: Every law by its id, in order.
LAWS: Mapping[str, Callable[[Evidence], LawResult]] = {law.ID: law.check for law in _ALL}


def check_all(evidence: Evidence, *, progress: Progress = silent) -> tuple[LawResult, ...]:
    """Check every law over everything that the run has."""
    results = []
    for done, (name, check) in enumerate(LAWS.items()):
        progress(done / len(LAWS), Text(f"Đối soát {name}", f"Reconciling {name}"))
        results.append(check(evidence))
    return tuple(results)


def not_judged(why: Text) -> tuple[LawResult, ...]:
    """Every law left open: what was still under way when a day was ended would look like a loss."""
    return tuple(LawResult(id=law.ID, title=law.TITLE, answer="UNKNOWN", checked=0, reason=why) for law in _ALL)


__all__ = ["LAWS", "Comparison", "LawResult", "Violation", "check_all", "not_judged"]
