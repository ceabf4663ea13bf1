"""Reads a journal while it is being written, each byte once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from simulation.journal import Observation
from verification.objectives.files import Objective

_EVERY_SECONDS = 1.0


class Follower(Protocol):
    """What decides whether a run is still worth going on with."""

    def see(self, observations: Iterable[Observation], /) -> None:
        """Take in more of the run."""

    def lost(self) -> Sequence[Objective]:
        """Give the objectives that speak against going on; none while it is to go on."""


class Following:
    """New observations in the workers' files of one journal folder."""

    def __init__(self, folder: Path) -> None:
        """Start from nothing; files may appear later."""
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._decoder = msgspec.json.Decoder(Observation)

    def more(self) -> list[Observation]:
        """Read what has been written whole since the last time; lines that are no observations are passed over."""
        found = []
        for path in sorted(self._folder.glob("worker-*.ndjson")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read[path] = self._read.get(path, 0) + len(whole)
            found += [self._decoder.decode(line) for line in whole.splitlines() if not line.startswith(b'{"at"')]
        return found


def follow(by: Follower, journal: Path, *, now: Callable[[], float] = time.monotonic) -> Callable[[], str]:
    """Make what a drive asks again and again: which objectives end it, empty while it is to go on."""
    read, looked = Following(journal), float("-inf")

    def ask() -> str:
        nonlocal looked
        if now() - looked < _EVERY_SECONDS:
            return ""
        looked = now()
        by.see(read.more())
        return "; ".join(one.title for one in by.lost())

    return ask
