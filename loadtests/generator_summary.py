"""What the generator says of itself after a run: `generator.json` beside the journal's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from simulation.histogram import Histogram

FILE = "generator.json"


def merged(histograms: Sequence[Mapping[str, Any]]) -> dict[str, Histogram]:
    """Merge workers' histograms by name; in whatever order they come, the result is the same."""
    made: dict[str, Histogram] = {}
    for each in histograms:
        for name, plain in each.items():
            made.setdefault(name, Histogram()).merge(Histogram.from_dict(plain))
    return made


def write_summary(folder: Path, summaries: Sequence[Mapping[str, Any]]) -> None:
    """Write what docs/run-folder.md lists; durations there are microseconds."""
    durations = merged([one["histograms"] for one in summaries])
    lateness = merged([{"lateness": one["lateness"]} for one in summaries])["lateness"]
    workers = [
        {
            "worker": one["worker"],
            "dropped": one["dropped"],
            "most_under_way": one["most_under_way"],
            "connections": one["connections"],
            "cpu_share": round(one["cpu_share"], 4),
            "lateness_p99": _p99(Histogram.from_dict(one["lateness"])),
        }
        for one in sorted(summaries, key=lambda one: int(one["worker"]))
    ]
    content = {
        "workers": workers,
        "dropped": sum(one["dropped"] for one in summaries),
        "lateness": lateness.to_dict(),
        "histograms": {name: durations[name].to_dict() for name in sorted(durations)},
    }
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def _p99(lateness: Histogram) -> float:
    return lateness.percentile(0.99) if lateness.count else 0.0
