"""What faults cost: how long until a service answered again, and what clients saw of it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from simulation import journal
from simulation.journal import Journal
from tinhmau import run_folder


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One recovery as the target tells it."""

    act: str
    service: str
    began: float  #: Unix seconds
    seconds: float | None  #: None: it did not come back


def note(run: Path, told: Sequence[Any]) -> None:
    """Write `recovery` into environment.json: for each act its seconds and the requests that failed in them."""
    if not told:
        return
    read = journal.read(run / "journal")
    lines = {
        f"{number}. {one.act} {one.service}": cost(read, one)
        for number, one in enumerate(msgspec.convert(told, list[Told]), 1)
    }
    run_folder.write_environment(run, recovery=lines)


def cost(read: Journal, told: Told) -> dict[str, float | int | None]:
    """Seconds until it answered again; requests that ended in that time, and those that failed or got no answer."""
    began = journal.began(read)
    if told.seconds is None or began is None:
        return {"seconds": told.seconds, "requests": None, "failed": None}
    since = told.began - began
    ended = [one for one in read.observations if since <= one.end <= since + told.seconds]
    failed = sum(one.outcome in {"failed", "lost"} for one in ended)
    return {"seconds": told.seconds, "requests": len(ended), "failed": failed}
