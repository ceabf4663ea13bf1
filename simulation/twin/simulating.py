"""The twin: the same plan in virtual time. Each operation visits its systems as stations with finite capacity.

It writes the same journal as the load test, so that the same measures judge both, and each can be held against the
other. Virtual time costs nothing: a day takes about a second.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np

from simulation.clockwork import Clockwork, Process
from simulation.journal import Event, Observation, Writer
from simulation.operations import OPERATIONS
from simulation.plan import Journey, Plan, Step
from simulation.progress import Progress, silent
from simulation.service_times import ASSUMED, ServiceTimes, Spread, Visit
from simulation.station import Station
from simulation.streams import Streams
from simulation.text import Text

_BLOCK = 4096  #: draws are made in blocks of this many
_LOOKS = 20  #: how often progress is told
_SIMULATING = Text("Mô phỏng trong thời gian ảo", "Simulating in virtual time")


def simulate(
    plan: Plan,
    journal_folder: Path,
    *,
    seed: int,
    service_times: ServiceTimes = ASSUMED,
    progress: Progress = silent,
) -> None:
    """Run a plan in virtual time and write its journal (`twin.ndjson`) into an existing folder.

    The same plan, seed and service times give the same journal to the byte. Raises KeyError for an operation that the
    service times do not know.
    """
    path = journal_folder / "twin.ndjson"
    path.unlink(missing_ok=True)  # a journal is appended to; a second simulation must not go on where the first ended
    writer = Writer(path)
    try:
        writer.write(Event(at=0.0, event="begin", subject="twin", detail=service_times.source))
        twin = _Twin(plan, writer, service_times, Streams(seed)["twin"])
        twin.run(progress)
        writer.write(Event(at=round(max(twin.clock.now, plan.timeline.duration), 6), event="end", subject="twin"))
    finally:
        writer.close()


class _Twin:
    """Stations, messages on their way, and one process for each journey."""

    def __init__(self, plan: Plan, writer: Writer, times: ServiceTimes, rng: np.random.Generator) -> None:
        self.plan = plan
        self.writer = writer
        self.times = times
        self.clock = Clockwork()
        self.stations = {name: Station(name, servers=servers) for name, servers in times.servers.items()}
        self._factors = _scatter(rng, variation=times.variation)
        self._waits = _exponential(rng)
        self._on_the_way: Counter[tuple[str, str]] = Counter()

    def run(self, progress: Progress) -> None:
        for journey in self.plan.journeys:
            self.clock.start(self._journey(journey), at=max(self.plan.timeline.to_run(journey.steps[0].at), 0.0))
        self.clock.start(self._tell(progress), at=0.0)
        self.clock.run()
        progress(1.0, _SIMULATING)

    def _tell(self, progress: Progress) -> Process:
        for look in range(_LOOKS):
            yield max(self.clock.now, look / _LOOKS * self.plan.timeline.duration)
            progress(look / _LOOKS, _SIMULATING)

    def _journey(self, journey: Journey) -> Process:
        free = 0.0  # when the step before ended
        for step in journey.steps:
            planned = max(self.plan.timeline.to_run(step.at), 0.0)
            intended = max(planned, free)
            yield intended
            if not (yield from self._try(journey, step, planned)):
                self.writer.write(
                    Event(at=round(self.clock.now, 6), event="abandoned", subject=journey.id, detail=step.operation)
                )
                return
            free = self.clock.now
            for spread in self.times.spreads.get(step.operation, ()):
                self._on_the_way[journey.id, spread.message] += 1
                self.clock.start(self._spread(journey.id, spread), at=free)

    def _try(self, journey: Journey, step: Step, planned: float) -> Generator[float, None, bool]:
        """Try a step until its subject has arrived or patience ends; returns whether it was done."""
        intended, attempt = self.clock.now, 0
        need = journey.id, self.times.needs.get(step.operation, "")
        while True:
            attempt += 1
            start = self.clock.now
            yield from self._calls(self.times.visits[step.operation])
            # What is looked up here is what the system knows by now, at the end of its work.
            missing = self._on_the_way[need] > 0
            gives_up = missing and self.clock.now + self.times.retry_seconds > intended + self.times.patience_seconds
            moments = planned, intended, start, self.clock.now
            self.writer.write(_seen(journey, step, attempt, moments, missing=missing, final=gives_up or not missing))
            if gives_up or not missing:
                return not missing
            yield self.clock.now + self.times.retry_seconds

    def _spread(self, journey: str, spread: Spread) -> Process:
        yield self.clock.now + next(self._waits) * self.times.outbox_milliseconds / 1000.0
        yield from self._calls(spread.visits)
        self._on_the_way[journey, spread.message] -= 1

    def _calls(self, visits: Sequence[Visit]) -> Process:
        half_way = self.times.network_milliseconds / 2000.0
        for visit in visits:
            yield self.clock.now + half_way
            demand = visit.milliseconds / 1000.0 * next(self._factors)
            _, ended = self.stations[visit.station].enter(self.clock.now, demand)
            yield ended + half_way


def _seen(
    journey: Journey,
    step: Step,
    attempt: int,
    moments: tuple[float, float, float, float],
    *,
    missing: bool,
    final: bool,
) -> Observation:
    planned, intended, start, end = (round(moment, 6) for moment in moments)
    write = OPERATIONS[step.operation].write
    return Observation(
        journey=journey.id,
        step=step.number,
        attempt=attempt,
        operation=step.operation,
        actor=step.actor,
        subject=journey.id if journey.kind.startswith("do") else "",
        planned=planned,
        intended=intended,
        start=start,
        end=end,
        outcome="not_yet" if missing else "ok",
        final=final,
        status=404 if missing else 200,
        write=write,
        key=f"{journey.id}.{step.number}" if write else "",
        amount=int(step.detail.get("fee_cash", 0)),
        why="not-found" if missing else "",
    )


def _scatter(rng: np.random.Generator, *, variation: float) -> Iterator[float]:
    """Factors with mean 1 around a service time."""
    sigma = math.sqrt(math.log1p(variation * variation))
    while True:
        yield from rng.lognormal(-sigma * sigma / 2.0, sigma, size=_BLOCK).tolist()


def _exponential(rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from rng.exponential(size=_BLOCK).tolist()
