"""Measures say what the clients felt: exact, from the intended start, and honest about the generator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulation.journal import Event, Journal, Observation, Outcome
from simulation.plan import Journey, Step
from verification import machine
from verification.coverage import cover
from verification.measures import measure
from verification.wording import clock, dong, figure, number, some


def _seen(
    latency: float,
    *,
    intended: float = 0.0,
    late: float = 0.0,
    outcome: Outcome = "ok",
    final: bool = True,
    attempt: int = 1,
    operation: str = "portal.home",
    journey: str = "j",
    step: int = 1,
) -> Observation:
    return Observation(
        journey=journey,
        step=step,
        attempt=attempt,
        operation=operation,
        actor="citizen",
        planned=intended,
        intended=intended,
        start=intended + late,
        end=intended + latency,
        outcome=outcome,
        final=final,
        status=200 if outcome == "ok" else 500 if outcome == "failed" else 0,
    )


def _journal(*observations: Observation) -> Journal:
    return Journal(sorted(observations, key=lambda seen: seen.end), [], 0)


def test_percentiles_are_exact() -> None:
    """Percentiles, mean and maximum equal numpy's over all latencies: no buckets, no sampling."""
    latencies = np.random.default_rng(1).lognormal(-4, 1, 1001)

    (found,) = measure(_journal(*map(_seen, latencies.tolist()))).operations

    wanted = np.percentile(latencies, (50, 95, 99))
    assert (found.latency.p50, found.latency.p95, found.latency.p99) == pytest.approx(tuple(wanted))
    assert found.latency.max == pytest.approx(latencies.max())
    assert found.latency.mean == pytest.approx(latencies.mean())


def test_latency_counts_from_the_intended_start_of_the_final_attempt() -> None:
    """A late start and attempts that came to nothing are part of what the client waited for."""
    journal = _journal(
        _seen(0.5, intended=10.0, outcome="not_yet", final=False),
        _seen(2.0, intended=10.0, late=1.9, attempt=2),
    )

    (found,) = measure(journal).operations

    assert (found.count, found.attempts, found.not_yet, found.errors) == (1, 2, 1, 0)
    assert found.latency.max == pytest.approx(2.0)


def test_errors_and_lost_answers_are_counted_apart() -> None:
    """`errors` are operations that ended badly; `lost` are attempts without an answer, whatever came later."""
    journal = _journal(
        _seen(1, outcome="lost", final=False), _seen(2, attempt=2), _seen(1, outcome="failed"), _seen(1, outcome="lost")
    )

    (found,) = measure(journal).operations

    assert (found.count, found.errors, found.lost) == (3, 2, 2)
    assert found.error_share == pytest.approx(2 / 3)
    assert measure(journal).server_errors == 1


def test_late_starts_are_the_generators_alone() -> None:
    """Only a first attempt more than 10 ms after its intended start is late; waiting before a retry is not."""
    journal = _journal(
        _seen(1, late=0.009), _seen(1, late=0.011), _seen(1, late=0.5), _seen(2, late=1.5, attempt=2, final=True)
    )

    found = measure(journal)

    assert (found.started, found.late) == (3, 2)
    assert found.latest == pytest.approx(0.5)


def test_the_timeline_counts_every_arrival_and_completion_once() -> None:
    """Seconds without traffic stay in the timeline, and both columns add up to the number of operations."""
    journal = _journal(_seen(0.1, intended=0.2), _seen(2.5, intended=0.9, outcome="failed"), _seen(0.1, intended=5.0))

    timeline = measure(journal).timeline

    assert [second.arrivals for second in timeline] == [2, 0, 0, 0, 0, 1]
    assert [second.completions for second in timeline] == [1, 0, 0, 1, 0, 1]
    assert [second.errors for second in timeline] == [0, 0, 0, 1, 0, 0]
    assert timeline[0].p95 == pytest.approx(np.percentile([0.1, 2.5], 95))
    assert timeline[1].p95 is None


def test_an_empty_journal_measures_to_nothing() -> None:
    """No observation: no operations, no seconds, no late share, and no warning from numpy."""
    found = measure(_journal())

    assert (found.operations, found.timeline, found.late_share, found.latest) == ((), (), 0.0, 0.0)


def _journey(name: str, steps: int) -> Journey:
    return Journey(
        id=name,
        kind="test",
        steps=tuple(Step(number=n, at=float(n), actor="a", operation="portal.home") for n in range(1, steps + 1)),
    )


def test_steps_after_an_error_are_abandoned_and_others_unattempted() -> None:
    """What an error made impossible counts against the systems; what nobody tried counts against the generator."""
    journal = _journal(
        _seen(1, journey="good", step=1),
        _seen(1, journey="broken", step=1, outcome="failed"),
        _seen(1, journey="locked-out", step=0, outcome="refused"),
        _seen(1, journey="cut", step=1, final=False),
    )
    journal.events.append(Event(at=9.0, event="abandoned", subject="late", detail="traffic-over"))

    found = cover([_journey(name, 2) for name in ("good", "broken", "locked-out", "cut", "late")], journal)

    assert (found.planned, found.finished) == (10, 2)
    assert found.abandoned == ("broken#2", "locked-out#1", "locked-out#2")
    assert found.unattempted == (
        *("good#2", "cut#1", "cut#2"),
        *("late#1 (traffic-over)", "late#2 (traffic-over)"),
    )


def test_peak_memory_is_of_one_instant() -> None:
    """The footprint's peak is the largest sum at one second, not the sum of every service's own peak."""
    samples = [
        machine.Sample(at=at, service=service, cpu_percent=cpu, memory_mb=memory, restarts=restarts)
        for at, service, cpu, memory, restarts in [
            (0.1, "portal", 10, 100, 0),
            (0.4, "lgsp", 10, 300, 0),
            (1.1, "portal", 30, 250, 1),
            (1.4, "lgsp", 50, 100, 0),
        ]
    ]

    found = machine.footprint(samples)

    assert found is not None
    assert (found.memory_peak_mb, found.cpu_mean_percent, found.restarts) == (400, 50, 1)
    assert [one.service for one in found.workloads] == ["lgsp", "portal"]
    assert machine.footprint([]) is None


def test_a_torn_last_sample_is_passed_over(tmp_path: Path) -> None:
    """The sampler may have been killed in mid-line: what came before is used; damage in the middle is not."""
    path = tmp_path / "processes.ndjson"
    line = b'{"at":1.0,"service":"portal","cpu_percent":1.0,"memory_mb":2.0,"restarts":0,"state":"up"}\n'
    path.write_bytes(line + b'{"at":2.0,"serv')

    samples, why = machine.read(path)

    assert (len(samples), why) == (1, None)
    path.write_bytes(b"nonsense\n" + line)
    assert machine.read(path)[1] is not None
    assert machine.read(tmp_path / "absent")[1] is not None


def test_numbers_are_written_as_vietnamese_write_them() -> None:
    """Points between thousands and a comma before decimals in Vietnamese, the other way round in English."""
    assert number(1234567.891, places=2) == ("1.234.567,89", "1,234,567.89")
    assert dong(50_000).vi == "50.000 đồng"
    assert [figure(value).vi for value in (0.0123, 1.5, 12.34, 1234.5, 7)] == ["0,012", "1,50", "12,3", "1.234", "7"]
    assert clock(14 * 3600 + 5 * 60) == "14:05"
    assert some(["a", "b", "c"], most=2).vi == "a, b và 1 mục nữa"
