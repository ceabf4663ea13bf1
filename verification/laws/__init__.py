"""The laws that must always hold, one file each (reconciliation from independent sources)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulation.progress import Progress, silent
from simulation.text import Text
from verification.evidence import Evidence
from verification.laws import acknowledged, calls, documents, dossiers, payments
from verification.laws.base import Comparison, LawResult, Violation

#: Every law by its id, in order.
LAWS: Mapping[str, Callable[[Evidence], LawResult]] = {
    law.ID: law.check for law in (dossiers, payments, documents, calls, acknowledged)
}


def check_all(evidence: Evidence, *, progress: Progress = silent) -> tuple[LawResult, ...]:
    """Check every law over everything that the run has."""
    results = []
    for done, (name, check) in enumerate(LAWS.items()):
        progress(done / len(LAWS), Text(f"Đối soát {name}", f"Reconciling {name}"))
        results.append(check(evidence))
    return tuple(results)


__all__ = ["LAWS", "Comparison", "LawResult", "Violation", "check_all"]
