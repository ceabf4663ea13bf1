"""What the data centre looked like while it worked, from `metrics/processes.ndjson`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from simulation.text import Text


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One process group at one instant."""

    at: float  #: Unix time, seconds
    service: str
    cpu_percent: float  #: of one core
    memory_mb: float
    restarts: int = 0
    state: str = ""


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """One service over the whole run."""

    service: str
    memory_peak_mb: float
    cpu_mean_percent: float  #: of one core
    cpu_peak_percent: float
    restarts: int
    cpu: tuple[float, ...]  #: samples in order of time, for a sparkline
    memory: tuple[float, ...]


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """Everything together."""

    workloads: tuple[Workload, ...]  #: by name
    memory_peak_mb: float  #: of the sum at one instant, not the sum of peaks
    cpu_mean_percent: float  #: mean of the sum, in percent of one core
    restarts: int


def read(path: Path) -> tuple[tuple[Sample, ...], Text | None]:
    """Read the samples; a torn last line is passed over, anything else that is wrong comes back as the reason."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return (), Text(
            f"Không đọc được metrics/processes.ndjson: {error.strerror}.",
            f"Cannot read metrics/processes.ndjson: {error.strerror}.",
        )
    try:
        samples = msgspec.json.Decoder(Sample).decode_lines(raw[: raw.rfind(b"\n") + 1])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return (), Text(f"metrics/processes.ndjson hỏng: {error}.", f"metrics/processes.ndjson is damaged: {error}.")
    if not samples:
        return (), Text("metrics/processes.ndjson rỗng.", "metrics/processes.ndjson is empty.")
    return tuple(samples), None


def footprint(samples: Iterable[Sample]) -> Footprint | None:
    """Sum the samples up; None when there are none. Samples of the same second belong together."""
    by_service: defaultdict[str, list[Sample]] = defaultdict(list)
    memory: defaultdict[int, dict[str, float]] = defaultdict(dict)
    cpu: defaultdict[int, dict[str, float]] = defaultdict(dict)
    for sample in sorted(samples, key=lambda one: one.at):
        by_service[sample.service].append(sample)
        memory[int(sample.at)][sample.service] = sample.memory_mb
        cpu[int(sample.at)][sample.service] = sample.cpu_percent
    if not by_service:
        return None
    return Footprint(
        workloads=tuple(_workload(service, seen) for service, seen in sorted(by_service.items())),
        memory_peak_mb=max(sum(second.values()) for second in memory.values()),
        cpu_mean_percent=float(np.mean([sum(second.values()) for second in cpu.values()])),
        restarts=sum(max(one.restarts for one in seen) for seen in by_service.values()),
    )


def restarts(samples: Iterable[Sample]) -> tuple[tuple[float, str], ...]:
    """When which service was seen to have been restarted: (moment of the sample, service), in order of time."""
    found = []
    before: dict[str, int] = {}
    for sample in sorted(samples, key=lambda one: (one.at, one.service)):
        if sample.restarts > before.get(sample.service, sample.restarts):
            found.append((sample.at, sample.service))
        before[sample.service] = sample.restarts
    return tuple(found)


def _workload(service: str, seen: list[Sample]) -> Workload:
    return Workload(
        service=service,
        memory_peak_mb=max(one.memory_mb for one in seen),
        cpu_mean_percent=float(np.mean([one.cpu_percent for one in seen])),
        cpu_peak_percent=max(one.cpu_percent for one in seen),
        restarts=max(one.restarts for one in seen),
        cpu=tuple(one.cpu_percent for one in seen),
        memory=tuple(one.memory_mb for one in seen),
    )
