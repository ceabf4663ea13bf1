"""What the clients felt, from the journal alone: the same measures for a driven and for a simulated journal.

A latency counts from the intended start to the end of the final attempt, whatever its outcome, so neither a late
generator nor a system that makes its clients wait can hide. Percentiles are exact (over all values, no buckets).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from simulation.journal import Journal, Observation

#: A start later than this after the intended one is a late start: the generator, not the system, was slow.
LATE_SECONDS = 0.010


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the intended start to the end."""

    mean: float
    p50: float
    p95: float
    p99: float
    max: float


class OperationMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """One operation over the whole run."""

    operation: str
    write: bool
    count: int  #: final observations
    errors: int  #: final observations that are not `ok`
    lost: int  #: attempts without an answer
    not_yet: int  #: attempts that came before the subject had reached the system
    attempts: int
    latency: Latency

    @property
    def error_share(self) -> float:
        """Between 0 and 1."""
        return self.errors / self.count


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """One second of the run."""

    second: int  #: from this run second to the next
    arrivals: int  #: operations intended to start in it
    completions: int  #: operations that ended in it
    errors: int  #: of those
    p95: float | None  #: 95th percentile of latency of the operations intended to start in it


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """A journal in numbers."""

    operations: tuple[OperationMeasure, ...]  #: by name; only those with a final observation
    timeline: tuple[Second, ...]  #: every second from the first arrival to the last end
    requests: int  #: attempts of all kinds
    server_errors: int  #: attempts answered with 5xx
    started: int  #: first attempts: only these can be late through the generator's fault
    late: int  #: of those, later than LATE_SECONDS
    latest: float  #: seconds by which the latest one was late

    @property
    def late_share(self) -> float:
        """Between 0 and 1; 0 when nothing started."""
        return self.late / self.started if self.started else 0.0


def measure(journal: Journal) -> Measures:
    """Compute all measures of a journal."""
    finals: dict[str, list[Observation]] = {}
    attempts: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    not_yet: Counter[str] = Counter()
    slips: list[float] = []
    server_errors = 0
    for seen in journal.observations:
        attempts[seen.operation] += 1
        lost[seen.operation] += seen.outcome == "lost"
        not_yet[seen.operation] += seen.outcome == "not_yet"
        server_errors += seen.status >= 500  # noqa: PLR2004
        if seen.attempt == 1:
            slips.append(seen.start - seen.intended)
        if seen.final:
            finals.setdefault(seen.operation, []).append(seen)
    late = np.asarray(slips, dtype=float)
    return Measures(
        operations=tuple(
            OperationMeasure(
                operation=operation,
                write=any(one.write for one in seen),
                count=len(seen),
                errors=sum(one.outcome != "ok" for one in seen),
                lost=lost[operation],
                not_yet=not_yet[operation],
                attempts=attempts[operation],
                latency=latency(one.latency for one in seen),
            )
            for operation, seen in sorted(finals.items())
        ),
        timeline=_timeline([one for seen in finals.values() for one in seen]),
        requests=len(journal.observations),
        server_errors=server_errors,
        started=len(slips),
        late=int((late > LATE_SECONDS).sum()),
        latest=max(float(late.max()), 0.0) if slips else 0.0,
    )


def latency(seconds: Iterable[float]) -> Latency:
    """Mean, percentiles and maximum of at least one latency."""
    values = np.fromiter(seconds, dtype=float)
    p50, p95, p99 = np.percentile(values, (50, 95, 99))
    return Latency(mean=float(values.mean()), p50=float(p50), p95=float(p95), p99=float(p99), max=float(values.max()))


def _timeline(finals: Sequence[Observation]) -> tuple[Second, ...]:
    if not finals:
        return ()
    intended = np.floor([seen.intended for seen in finals]).astype(int)
    ended = np.floor([seen.end for seen in finals]).astype(int)
    failed = np.asarray([seen.outcome != "ok" for seen in finals])
    latencies = np.asarray([seen.latency for seen in finals])
    first, last = int(intended.min()), int(max(ended.max(), intended.max()))
    width = last - first + 1
    arrivals = np.bincount(intended - first, minlength=width)
    completions = np.bincount(ended - first, minlength=width)
    errors = np.bincount((ended - first)[failed], minlength=width)
    order = np.argsort(intended, kind="stable")
    groups = np.split(latencies[order], np.cumsum(arrivals)[:-1])
    return tuple(
        Second(
            second=first + offset,
            arrivals=int(arrivals[offset]),
            completions=int(completions[offset]),
            errors=int(errors[offset]),
            p95=float(np.percentile(groups[offset], 95)) if len(groups[offset]) else None,
        )
        for offset in range(width)
    )
