"""The journal: append-only observations, one schema for the driven and the simulated world.

A journal is a folder of `*.ndjson` files, one per writer. An observation is on disk (handed to the operating system, by
itself or with others of the same moment) before anything that follows from it is sent: a driver killed at any instant
leaves all that it had acted on, and at most one torn line.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

Outcome = Literal["ok", "refused", "failed", "lost", "not_yet"]


# Not kw_only: loadtests/walker.py makes it by position, where a microsecond for each counts. Everybody else by name.
class Observation(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One attempt of one operation, as its client saw it. Times are run seconds since traffic began.

    Outcomes: `ok` acknowledged; `refused` a 4xx that the plan did not expect; `failed` a 5xx; `lost` no answer (the
    effect is unknown); `not_yet` the subject has not reached that system yet, which is no error but costs latency.
    """

    journey: str
    step: int
    operation: str
    actor: str
    planned: float  #: when the plan wanted it
    intended: float  #: the later of `planned` and the end of the journey's step before: latency counts from here
    start: float  #: when the first byte was about to be sent
    end: float
    outcome: Outcome
    attempt: int = 1
    subject: str = ""  #: what it was about once known: dossier code, document id, order, parcel
    final: bool = True  #: the operation ended with this attempt
    status: int = 0  #: HTTP status; 0 without an answer
    write: bool = False  #: an acknowledged write must be found in the systems' own books (law 5)
    key: str = ""  #: the Idempotency-Key sent
    trace: str = ""  #: W3C trace id
    size: int = 0  #: bytes received
    amount: int = 0  #: đồng, where money moved
    why: str = ""  #: problem title, for anything but ok

    @property
    def latency(self) -> float:
        """Seconds from the intended start to the end."""
        return self.end - self.intended


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened to the run itself: traffic began or ended, a fault was set, a service was restarted."""

    at: float  #: run seconds
    event: str  #: "begin", "end", "fault", "restart", "stop", ...
    subject: str = ""
    detail: str = ""


class Writer:
    """Appends to one file of a journal, in whole lines, so a crash can tear only the last."""

    def __init__(self, path: Path) -> None:
        """Open (or create) the file; the folder must exist."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._encoder = msgspec.json.Encoder()

    def write(self, *entries: Observation | Event) -> None:
        """Append entries, all by one system call. Raises OSError when the disk does not take them whole."""
        lines = self._encoder.encode_lines(entries)
        if os.write(self._fd, lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # the disk took only a part of it

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


class Journal(msgspec.Struct, frozen=True):
    """A whole journal in memory, sorted by end time."""

    observations: list[Observation]
    events: list[Event]
    torn: int  #: incomplete last lines, at most one per file; more means damage


def read(folder: Path) -> Journal:
    """Read a journal back. A torn last line is counted, not raised; any other bad line raises ValueError."""
    observations: list[Observation] = []
    events: list[Event] = []
    torn = 0
    for path in sorted(folder.glob("*.ndjson")):
        lines = path.read_bytes().split(b"\n")
        torn += 1 if lines[-1] else 0
        for number, line in enumerate(lines[:-1], start=1):
            try:
                if line.startswith(b'{"at"'):
                    events.append(msgspec.json.decode(line, type=Event))
                else:
                    observations.append(msgspec.json.decode(line, type=Observation))
            except msgspec.MsgspecError as error:
                message = f"{path.name}:{number}: {error}"
                raise ValueError(message) from error
    observations.sort(key=lambda seen: (seen.end, seen.journey, seen.step, seen.attempt))
    events.sort(key=lambda seen: seen.at)
    return Journal(observations, events, torn)


def began(journal: Journal) -> float | None:
    """Give the Unix time of run second 0, as the master's first event tells it; None where it does not."""
    told = next((event.detail for event in journal.events if event.event == "begin"), "")
    try:
        return datetime.fromisoformat(told.partition(",")[0]).timestamp()
    except ValueError:
        return None


def acknowledged_writes(journal: Journal) -> Iterator[Observation]:
    """Observations of writes that the client was told had been done."""
    return (seen for seen in journal.observations if seen.write and seen.outcome == "ok")
