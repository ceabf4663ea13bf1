"""What has come to be known of a run since somebody last looked."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from simulation.journal import Observation
from verification.capacity.sights import Look
from verification.machine import Sample


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Of clients, of the machine, and of what a watched run shows besides."""

    began: float | None  #: Unix time of run second 0; None where nobody wrote it down
    observations: Sequence[Observation] = ()
    samples: Sequence[Sample] = ()  #: in order of time; those of one moment come together
    looks: Sequence[Look] = ()
