"""Gates of the infrastructure: memory, processor, restarts, pools and disks, one value a moment, as they come in.

The same values are held against a bound while a run goes on and when it is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import groupby

import numpy as np

from simulation.mistakes import did_you_mean
from simulation.text import Text
from simulation.timeline import Timeline
from verification.capacity.sights import Backend, Look
from verification.machine import Sample
from verification.objectives.files import Objective
from verification.objectives.metric import METRICS
from verification.objectives.news import News
from verification.objectives.seen import Seen

_WHOLE = 100.0
#: What a session waits for when it waits for a disk, in the words of pg_stat_activity.
_DISK = "IO:"
_CLIENT = "Client:"
_NOBODY_LOOKED: Mapping[str, Text] = {
    "machine": Text(
        "Không ai đo máy trong lần chạy này (metrics/processes.ndjson): hệ thống dùng bằng --stack không được đo.",
        "Nobody measured the machine in this run (metrics/processes.ndjson): nobody does with --stack.",
    ),
    "watch": Text(
        "Không ai theo dõi lần chạy này (metrics/watch.ndjson): đưa tệp mục tiêu cho tinhmau verify --objectives, "
        "hoặc dùng tinhmau capacity.",
        "Nobody watched this run (metrics/watch.ndjson): give the file to tinhmau verify --objectives, or use "
        "tinhmau capacity.",
    ),
}
_READ: Mapping[str, Callable[[Sample], float]] = {
    "cpu": lambda one: one.cpu_percent,
    "memory": lambda one: one.memory_mb,
    "restarts": lambda one: float(one.restarts),
}
#: By service; what belongs to none stands under an empty name.
_Parts = Mapping[str, float]


def is_gate(objective: Objective) -> bool:
    """Tell whether an objective is about the infrastructure and not about what clients met."""
    return METRICS[objective.metric].source != "journal"


def needs_watching(objective: Objective) -> bool:
    """Tell whether it is about what only a watched run shows."""
    return METRICS[objective.metric].source == "watch"


class Gate:
    """One objective about the infrastructure, and its values so far."""

    def __init__(
        self,
        objective: Objective,
        phases: Mapping[str, tuple[float, float]],
        timeline: Timeline,
        *,
        until: float = float("inf"),
    ) -> None:
        """Of load alone: nothing before run second 0 and nothing after `until` counts, but for restarts."""
        self.objective = objective
        self._phase = phases.get(objective.tags.get("phase", ""))
        self._timeline, self._until = timeline, until
        self._values: list[float] = []
        self._seconds: list[float] = []
        self._by: list[str] = []  # the service that adds most to each value
        self._was_met = False  # somebody who is meant was seen, though not when it counts
        self._others: set[str] = set()  # services that were seen and are not meant
        self._restarts: dict[str, float] = {}
        self._first: float | None = None

    def see(self, news: News) -> None:
        """Take in more of the run."""
        if METRICS[self.objective.metric].source == "machine":
            for at, samples in groupby(news.samples, key=lambda one: one.at):
                self._take(at, news.began, self._of_samples(list(samples)))
        else:
            for look in news.looks:
                self._take(look.at, news.began, self._of_look(look))

    @property
    def seen(self) -> Seen:
        """Everything that counts."""
        return Seen(values=np.asarray(self._values, dtype=float), seconds=np.asarray(self._seconds, dtype=float))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was seen."""
        return not self._values

    @property
    def value(self) -> float:
        """What the objective is about; of values there is at least one."""
        return self.objective.expression.of(np.asarray(self._values))

    @property
    def is_broken(self) -> bool:
        """Whether it is, by what was seen so far."""
        return not self.is_empty and not self.objective.expression.holds(self.value)

    @property
    def is_lost(self) -> bool:
        """Whether it is broken however the rest goes."""
        return not self.is_empty and self.objective.expression.is_lost(self.value)

    def forget_what_came_after(self) -> None:
        """Go back to the last moment at which it was broken, which is when it ended the load; if ever it was."""
        kept = len(self._values)
        while kept and self.objective.expression.holds(self.objective.expression.of(np.asarray(self._values[:kept]))):
            kept -= 1
        if kept:
            del self._values[kept:], self._seconds[kept:], self._by[kept:]

    def most(self) -> str:
        """Name the service behind the value: who adds most to the largest (or smallest), who was restarted."""
        if self.is_empty:
            return ""
        if self.objective.expression.aggregate == "count":
            return ", ".join(dict.fromkeys(by for by, value in zip(self._by, self._values, strict=True) if value))
        place = np.argmin(self._values) if self.objective.expression.aggregate == "min" else np.argmax(self._values)
        return self._by[int(place)]

    def why_empty(self) -> Text:
        """Say why nothing is known, and which services there are beside a pattern that fits none."""
        pattern = self.objective.tags.get("service", "*")
        if self._was_met:
            return Text(
                f"“{pattern}” không có số đo nào trong lúc chạy tải, hoặc trong khoảng giờ ấy.",
                f"Nothing was measured of “{pattern}” while the load went on, or in that phase.",
            )
        if not self._others:
            return _NOBODY_LOOKED[METRICS[self.objective.metric].source]
        way_out = did_you_mean(pattern, self._others)
        return Text(
            f"Không có số đo của “{pattern}”. {way_out.vi}", f"Nothing was measured of “{pattern}”. {way_out.en}"
        )

    def _take(self, at: float, began: float | None, parts: _Parts | None) -> None:
        self._first = at if self._first is None else self._first
        second = at - (self._first if began is None else began)
        if parts is None or not self._counts(second, timed=began is not None):
            return
        self._values.append(max(parts.values()) if self.objective.metric == "pool" else sum(parts.values()))
        self._seconds.append(second)
        self._by.append(_who(parts) if self.objective.metric == "restarts" else max(parts, key=lambda one: parts[one]))

    def _counts(self, second: float, *, timed: bool) -> bool:
        if self._phase is not None:
            return timed and self._phase[0] <= self._timeline.to_official(second) < self._phase[1]
        return self.objective.metric == "restarts" or not timed or 0 <= second <= self._until

    def _of_samples(self, samples: Sequence[Sample]) -> _Parts | None:
        used = {one.service: _READ[self.objective.metric](one) for one in samples if self._is_meant(one.service)}
        if self.objective.metric == "restarts":  # since the look before: a stack that is met later has a past
            before, self._restarts = self._restarts, {**self._restarts, **used}
            used = {name: max(now - before.get(name, now), 0.0) for name, now in used.items()}
        return used or None

    def _of_look(self, look: Look) -> _Parts | None:
        if self.objective.metric == "disk_free":
            return None if look.disk_free_mb is None else {"": look.disk_free_mb}
        services = {name: one for name, one in look.services.items() if self._is_meant(name)}
        if self.objective.metric == "pool":
            return {name: _WHOLE * one.busy / one.most for name, one in services.items() if one.most} or None
        return _waiting_for_a_disk(look.backends, services) if services else None

    def _is_meant(self, service: str) -> bool:
        if fnmatchcase(service, self.objective.tags.get("service", "*")):
            self._was_met = True
            return True
        self._others.add(service)
        return False


def _who(parts: _Parts) -> str:
    return ", ".join(name for name, value in parts.items() if value)


def _waiting_for_a_disk(backends: Iterable[Backend], services: Container[str]) -> _Parts:
    """Shares of sessions that wait for a disk, of those that do not wait for their own client; by service."""
    working = [one for one in backends if one.database in services and not one.wait.startswith(_CLIENT)]
    waiting = Counter(one.database for one in working if one.wait.startswith(_DISK))
    return {"": 0.0, **{name: _WHOLE * count / len(working) for name, count in waiting.items()}}
