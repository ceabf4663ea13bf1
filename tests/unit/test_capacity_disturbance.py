"""A probe that other programs disturbed says nothing against the stack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from simulation.text import Text
from tinhmau.probing import sum_up
from verification.answer import Answer
from verification.capacity.disturbance import believed, disturbance
from verification.capacity.sights import Look, Sights
from verification.machine import Sample


def _sights(busy: float, *, processors: int = 2) -> Sights:
    """The stack and its generator use 1.1 processors; the machine as a whole `busy`."""
    samples = [
        Sample(at=float(at), service=name, cpu_percent=percent, memory_mb=100)
        for at in range(5)
        for name, percent in {"portal": 60.0, "postgresql": 40.0, "generator-worker-1": 10.0}.items()
    ]
    look = Look(at=0.0, processors=processors, busy=busy)
    return Sights(looks=(look,) * 10, samples=tuple(samples))


@pytest.mark.parametrize(("busy", "processors"), [(1.1, 2), (1.35, 2), (1.65, 4)])
def test_a_little_that_is_nobodys_disturbs_nobody(busy: float, processors: int) -> None:
    """Kernel and supervisor use some; a larger machine has more to spare."""
    assert disturbance(_sights(busy, processors=processors)) is None


@pytest.mark.parametrize(("busy", "others"), [(1.6, "0.5"), (2.0, "0.9")])
def test_what_others_took_is_told_in_processors(busy: float, others: str) -> None:
    """Whoever reads it knows whether it was a compiler or a moment of the kernel."""
    told = disturbance(_sights(busy))
    assert told is not None
    assert told.en.startswith(f"other programs used {others} of 2 processors")


def test_where_nothing_was_looked_at_nothing_is_claimed() -> None:
    """A stack elsewhere has no looks at this machine."""
    assert disturbance(Sights(looks=(), samples=())) is None


@pytest.mark.parametrize(("answer", "meant"), [("KEPT", "KEPT"), ("BROKEN", "UNKNOWN"), ("UNKNOWN", "UNKNOWN")])
def test_objectives_kept_beside_other_programs_are_kept(answer: Answer, meant: Answer) -> None:
    """Only a failure may be the fault of others."""
    told = disturbance(_sights(2.0))
    assert believed(answer, told) == meant
    assert believed(answer, None) == answer


def test_a_probe_that_missed_its_objectives_beside_other_programs_is_unknown() -> None:
    """The search learns nothing from it, and asks again."""
    looked = _sights(2.0)
    planned = cast("Any", SimpleNamespace(counts={"busiest_run_second": 9}))
    seen = cast("Any", SimpleNamespace(journal=SimpleNamespace(observations=())))
    missed = [cast("Any", SimpleNamespace(answer="BROKEN"))]

    def answer(disturbed: Text | None) -> Answer:
        return sum_up(1, 8.0, 7, planned, seen, missed, looked, disturbed, left=0).answer

    assert answer(None) == "BROKEN"
    assert answer(disturbance(looked)) == "UNKNOWN"
