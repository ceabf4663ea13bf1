"""What the driver knows of traffic while it lasts: how far the day is, which faults are due, who was lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from infra.stack import Stack
from loadtests import faults
from loadtests.control import ControlError
from loadtests.faults.fault import Fault
from loadtests.tail import Tail
from simulation.journal import Event, Writer
from simulation.progress import Progress
from simulation.text import Text
from simulation.timeline import Timeline

LOOK_SECONDS = 0.25  # between two looks at processes and journal
_END_WITHIN_SECONDS = 60.0  # after the timeline's end, and after the last thing seen


class DriveResult(msgspec.Struct, frozen=True, kw_only=True):
    """What driving came to; what happened is in the journal."""

    began: float  #: Unix time of run second 0
    seconds: float  #: from then to the end of the last journey
    observations: int
    lost_workers: tuple[str, ...] = ()  #: names; their journeys were not all walked, so capacity is UNKNOWN
    faults: tuple[str, ...] = ()  #: struck, in order
    given_up: str = ""  #: why traffic ended before the day did; nothing can be said of the rest
    faults_failed: tuple[str, ...] = ()  #: asked for but not done: the run is not the one that was wanted


class Traffic:
    """What is known of one run of traffic while it lasts."""

    def __init__(
        self, journal: Path, stack: Stack, timeline: Timeline, wanted: Sequence[Fault], progress: Progress
    ) -> None:
        """`journal` is the folder the workers write to. Raises BadInputError for a fault outside the played day."""
        self._stack, self._timeline, self._progress = stack, timeline, progress
        self._faults = list(faults.check(wanted, timeline))
        self._tail = Tail(journal, "worker-*.ndjson")
        self._book = Writer(journal / "driver.ndjson")
        self.began = 0.0  #: Unix time of run second 0
        self._ended = 0.0
        self._lost: list[str] = []
        self._struck: list[str] = []
        self._failed: list[str] = []
        self._shown = float("-inf")
        self._given_up = ""
        self._news = 0.0  #: run second of the last growth of the journal

    def close(self) -> None:
        """Close the driver's own file of the journal."""
        self._book.close()

    def begin(self, at: float) -> None:
        """Run second 0 is at Unix time `at`."""
        self.began = at

    def end(self, at: float) -> None:
        """The last journey was over at Unix time `at`."""
        self._ended = at
        self._tail.look()
        self._progress(1.0, self._label(self._timeline.points[-1][0]))

    def give_up(self, why: str) -> None:
        """Traffic ends here, before the day does."""
        self._given_up = why
        self._book.write(Event(at=self._now(), event="given-up", detail=why))
        self.end(time.time())

    def result(self) -> DriveResult:
        """Sum up."""
        return DriveResult(
            began=self.began,
            seconds=self._ended - self.began,
            observations=self._tail.lines,
            lost_workers=tuple(self._lost),
            given_up=self._given_up,
            faults=tuple(self._struck),
            faults_failed=tuple(self._failed),
        )

    def next_fault(self) -> float:
        """Seconds until the next fault is due."""
        if not self._faults:
            return LOOK_SECONDS
        return max(0.0, self._timeline.to_run(self._faults[0].at) - self._now())

    def look(self) -> None:
        """Strike with what is due, and tell how far the day is."""
        while self._faults and self.next_fault() <= 0:
            self._strike(self._faults.pop(0))
        now = self._now()
        if now - self._shown >= 2 * LOOK_SECONDS:
            self._shown = now
            if self._tail.look():
                self._news = now
            done = now / self._timeline.points[-1][1]
            self._progress(min(max(done, 0.0), 1.0), self._label(self._timeline.to_official(max(now, 0.0))))

    def lose(self, worker: str, detail: str) -> None:
        """Write down that a worker is gone, and its journeys with it."""
        self._lost.append(worker)
        self._book.write(Event(at=self._now(), event="worker-lost", subject=worker, detail=detail))

    def overdue(self) -> bool:
        """Tell whether the day is over and nothing has been seen for so long that nothing will come any more."""
        return self._now() - max(self._timeline.points[-1][1], self._news) > _END_WITHIN_SECONDS

    def _strike(self, fault: Fault) -> None:
        at = self._now()
        try:
            detail = fault.strike(self._stack)
        except ControlError as error:
            self._failed.append(fault.spec)
            self._book.write(Event(at=at, event="fault-failed", subject=fault.spec, detail=str(error)))
        else:
            self._struck.append(fault.spec)
            self._book.write(Event(at=at, event="fault", subject=fault.spec, detail=detail))

    def _now(self) -> float:
        return time.time() - self.began

    def _label(self, official: float) -> Text:
        english = f"{self._tail.lines:,}"
        vietnamese = english.replace(",", ".")
        if official >= self._timeline.points[-1][0]:
            return Text(f"hết ngày, {vietnamese} quan sát", f"day over, {english} observations")
        clock = self._timeline.moment(official).strftime("%H:%M")
        return Text(f"lúc {clock}, {vietnamese} quan sát", f"at {clock}, {english} observations")
