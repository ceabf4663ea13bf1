"""Reads what a run writes while it goes on, each byte once: its journal, and what is seen of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from simulation.journal import Observation
from verification.capacity.sights import Look
from verification.machine import Sample
from verification.objectives.files import Objective
from verification.objectives.news import News

_EVERY_SECONDS = 1.0
_Kind = TypeVar("_Kind")


class Follower(Protocol):
    """What decides whether a run is still worth going on with."""

    def see(self, news: News, /) -> None:
        """Take in more of the run."""

    def lost(self) -> Sequence[Objective]:
        """Give the objectives that speak against going on; none while it is to go on."""


class Lines:
    """New lines of files that grow."""

    def __init__(self, folder: Path, pattern: str) -> None:
        """Start from nothing; files may appear later."""
        self._folder, self._pattern = folder, pattern
        self._read: dict[Path, int] = {}

    def more(self) -> list[bytes]:
        """Give those that have been written whole since the last time."""
        found: list[bytes] = []
        for path in sorted(self._folder.glob(self._pattern)):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read[path] = self._read.get(path, 0) + len(whole)
            found += whole.splitlines()
        return found


class Following:
    """News of one run folder."""

    def __init__(self, run: Path) -> None:
        """Start from nothing."""
        self._journal = Lines(run / "journal", "worker-*.ndjson")
        self._samples = Lines(run / "metrics", "processes.ndjson")
        self._looks = Lines(run / "metrics", "watch.ndjson")
        self._held: list[Sample] = []

    def more(self, *, began: float) -> News:
        """Read what is new; lines of the journal that are no observations are passed over."""
        lines = (line for line in self._journal.more() if not line.startswith(b'{"at"'))
        return News(
            began=began,
            observations=_decoded(lines, Observation),
            samples=self._whole_moments(),
            looks=_decoded(self._looks.more(), Look),
        )

    def _whole_moments(self) -> list[Sample]:
        """Samples of a moment of which some may not have been written yet wait for the next: their sum is no value."""
        found = [*self._held, *_decoded(self._samples.more(), Sample)]
        newest = found[-1].at if found else 0.0
        self._held = [one for one in found if one.at == newest]
        return [one for one in found if one.at != newest]


def _decoded(lines: Iterable[bytes], kind: type[_Kind]) -> list[_Kind]:
    """Damage is passed over: it is told when the run is judged, and is no reason to end it."""
    decoder = msgspec.json.Decoder(kind)
    found: list[_Kind] = []
    for line in lines:
        with suppress(msgspec.MsgspecError):
            found.append(decoder.decode(line))
    return found


def follow(by: Follower, run: Path, *, now: Callable[[], float] = time.monotonic) -> Callable[[float], str]:
    """Make what a drive asks again and again: which objectives end it, empty while it is to go on."""
    read, looked = Following(run), float("-inf")

    def ask(began: float) -> str:
        nonlocal looked
        if now() - looked < _EVERY_SECONDS:
            return ""
        looked = now()
        by.see(read.more(began=began))
        return "; ".join(one.title for one in by.lost())

    return ask
