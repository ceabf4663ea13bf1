"""How full pools are and who waits for a disk, from the looks at a watched run (metrics/watch.ndjson)."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from simulation.text import Text
from verification.capacity import sights
from verification.capacity.sights import Look
from verification.objectives.files import Objective
from verification.objectives.seen import Seen

_WHOLE = 100.0
#: What a session waits for when it waits for a disk, in the words of pg_stat_activity.
_DISK = "IO:"
_CLIENT = "Client:"


def values(objective: Objective, metrics: Path) -> Seen | Text:
    """Collect one value a look; of several services the fullest. A reason where nobody looked."""
    pattern = objective.tags.get("service", "*")
    looks = sights.read(metrics).looks
    found = [
        (look.at, value)
        for look in looks
        if (value := _pool(look, pattern) if objective.metric == "pool" else _disk(look, pattern)) is not None
    ]
    if not found:
        return Text(
            f"Không ai theo dõi “{pattern}” trong lần chạy này (metrics/watch.ndjson; tinhmau capacity thì có).",
            f"Nobody watched “{pattern}” in this run (metrics/watch.ndjson; tinhmau capacity does).",
        )
    return Seen(
        values=np.asarray([value for _, value in found]),
        seconds=np.asarray([at - looks[0].at for at, _ in found]),
    )


def _pool(look: Look, pattern: str) -> float | None:
    return _most(
        _WHOLE * one.busy / one.most for name, one in look.services.items() if one.most and fnmatchcase(name, pattern)
    )


def _disk(look: Look, pattern: str) -> float | None:
    """Share of sessions that wait for a disk, of those that do not wait for their own client."""
    if not look.services:
        return None
    working = [one for one in look.backends if not one.wait.startswith(_CLIENT) and fnmatchcase(one.database, pattern)]
    if not working:
        return 0.0
    return _WHOLE * sum(one.wait.startswith(_DISK) for one in working) / len(working)


def _most(values: Iterable[float]) -> float | None:
    return max(values, default=None)
