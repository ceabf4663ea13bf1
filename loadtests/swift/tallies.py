"""What a worker counts by operation: as Locust's master wants it every few seconds, and exactly for the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from loadtests.operations import TABLE
from simulation.histogram import Histogram, upper
from simulation.journal import Event, Observation

_MILLISECONDS = 1000
_TOGETHER = 2_000  # attempts counted at once: a millisecond or so in which nothing is sent
_FINE, _MIDDLE, _COARSE = 100, 1_000, 10_000  # ms: where Locust begins to round to 10, 100 and 1,000


class Tally:
    """One name in Locust's table."""

    __slots__ = ("failed", "failed_in", "fresh", "last", "method", "name", "seen_in", "size", "whole")

    def __init__(self, name: str, method: str) -> None:
        """Nothing counted."""
        self.name, self.method = name, method
        self.whole = Histogram()  #: of the run, but for what is fresh
        self.last = 0.0  #: Unix time
        self._renew()

    def _renew(self) -> None:
        self.fresh = Histogram()  #: since the last report
        self.size = 0
        self.failed = 0
        self.seen_in: defaultdict[int, int] = defaultdict(int)
        self.failed_in: defaultdict[int, int] = defaultdict(int)

    def count(self, seen: Sequence[Observation], zero: float, *, waiting: bool) -> None:
        """Count attempts: each by its latency from the intended start once final, else by its own time.

        Run second 0 is at Unix time `zero`; what only waits for its subject is no failure.
        """
        self.fresh.record([one.end - (one.intended if one.final else one.start) for one in seen])
        self.size += sum([one.size for one in seen])
        self.last = zero + max([one.end for one in seen])
        _add(self.seen_in, [int(zero + one.end) for one in seen])
        if not waiting:
            failed = [int(zero + one.end) for one in seen if one.outcome != "ok"]
            self.failed += len(failed)
            _add(self.failed_in, failed)

    def report(self, began: float) -> dict[str, Any] | None:
        """Tell what is new in the form of Locust's StatsEntry; None when nothing is."""
        fresh = self.fresh
        if not fresh.count:
            return None
        times: Counter[int] = Counter()
        for bucket, often in fresh.buckets.items():
            times[rounded(min(upper(bucket), fresh.largest) / _MILLISECONDS)] += often
        told = {
            "name": self.name,
            "method": self.method,
            "last_request_timestamp": self.last,
            "start_time": began,
            "num_requests": fresh.count,
            "num_none_requests": 0,
            "num_failures": self.failed,
            "total_response_time": fresh.total / _MILLISECONDS,
            "max_response_time": fresh.largest / _MILLISECONDS,
            "min_response_time": fresh.smallest / _MILLISECONDS,
            "total_content_length": self.size,
            "response_times": dict(times),
            "num_reqs_per_sec": self.seen_in,
            "num_fail_per_sec": self.failed_in,
        }
        self.whole.merge(fresh)
        self._renew()
        return told


class Tallies:
    """All of a worker, for one run. Counts when many attempts have come together, or when it is asked."""

    def __init__(self, zero: float) -> None:
        """Run second 0 is at Unix time `zero`."""
        self._zero = zero
        self._new: list[Observation] = []  # not counted yet
        self._tallies: dict[str, Tally] = {}
        self._errors: dict[str, dict[str, Any]] = {}
        self._lateness = Histogram()
        self.dropped = 0

    @property
    def lateness(self) -> Histogram:
        """Of first attempts: from the intended start to the actual one."""
        self._catch_up()
        return self._lateness

    def count(self, entries: Iterable[Observation | Event]) -> None:
        """Take in what the journal has."""
        self._new += [entry for entry in entries if isinstance(entry, Observation)]
        if len(self._new) >= _TOGETHER:
            self._catch_up()

    def _catch_up(self) -> None:
        new, self._new = self._new, []
        by_name: defaultdict[tuple[str, bool], list[Observation]] = defaultdict(list)
        for seen in new:
            by_name[seen.operation, seen.outcome == "not_yet"].append(seen)
        for (operation, waiting), alike in by_name.items():
            name = f"{operation} (not yet)" if waiting else operation
            tally = self._tallies.get(name)
            if tally is None:
                tally = self._tallies[name] = Tally(name, TABLE[operation].method)
            tally.count(alike, self._zero, waiting=waiting)
            if not waiting:
                self._note(tally, [seen for seen in alike if seen.outcome != "ok"])
        self._lateness.record([seen.start - seen.intended for seen in new if seen.attempt == 1])

    def report(self) -> dict[str, Any]:
        """Tell what is new as Locust's workers do in a message of type `stats`."""
        self._catch_up()
        entries = [told for tally in self._tallies.values() if (told := tally.report(self._zero))]
        errors, self._errors = self._errors, {}
        return {"stats": entries, "stats_total": _sum(entries, self._zero), "errors": errors}

    def histograms(self) -> dict[str, Any]:
        """Every operation's durations over the whole run, exactly."""
        self._catch_up()
        made = {}
        for name, tally in self._tallies.items():
            whole = Histogram()
            whole.merge(tally.whole)
            whole.merge(tally.fresh)
            made[name] = whole.to_dict()
        return made

    def _note(self, tally: Tally, failed: Sequence[Observation]) -> None:
        for seen in failed:
            error, at = f"{seen.outcome}: {seen.why}", self._zero + seen.end
            known = self._errors.setdefault(
                f"{tally.method}.{tally.name}.{error}",
                {
                    "method": tally.method,
                    "name": tally.name,
                    "error": error,
                    "occurrences": 0,
                    "first_seen": at,
                    "last_seen": at,
                },
            )
            known["occurrences"] += 1
            known["last_seen"] = at


def _add(counts: defaultdict[int, int], seconds: Iterable[int]) -> None:
    for second, often in Counter(seconds).items():
        counts[second] += often


def rounded(milliseconds: float) -> int:
    """Round as Locust does for its own table: two significant digits."""
    value = round(milliseconds)
    if value < _FINE:
        return value
    if value < _MIDDLE:
        return round(value, -1)
    if value < _COARSE:
        return round(value, -2)
    return round(value, -3)


def _sum(entries: list[dict[str, Any]], began: float) -> dict[str, Any]:
    """Add entries up to Locust's line "Aggregated"."""
    total: dict[str, Any] = {
        "name": "Aggregated",
        "method": "",
        "last_request_timestamp": max((one["last_request_timestamp"] for one in entries), default=None),
        "start_time": began,
        "max_response_time": max((one["max_response_time"] for one in entries), default=0),
        "min_response_time": min((one["min_response_time"] for one in entries), default=None),
    }
    for name in ("num_requests", "num_none_requests", "num_failures", "total_response_time", "total_content_length"):
        total[name] = sum(one[name] for one in entries)
    for name in ("response_times", "num_reqs_per_sec", "num_fail_per_sec"):
        added: Counter[int] = Counter()
        for one in entries:
            added.update(one[name])
        total[name] = dict(added)
    return total
