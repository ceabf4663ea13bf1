"""How quick this machine was seen to be in earlier searches.

One that is slow from a search's first probe to its last has no quick pieces of work in it to be held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from tinhmau import run_folder
from verification.capacity.pace import Pace


class _Probe(msgspec.Struct):
    pace: Pace | None = None


class _Search(msgspec.Struct):
    probes: list[_Probe]


def since_boot(run: Path) -> Sequence[Pace]:
    """Paces of the probes of searches beside `run` that were made on this machine since it was started.

    After a new start a rented machine may be another one. A search that cannot be read says nothing.
    """
    boot = _boot(run)
    paces: list[Pace] = []
    for path in sorted(run.parent.glob("*/capacity.json")) if boot else ():
        with suppress(OSError, msgspec.MsgspecError):
            if _boot(path.parent) == boot:
                search = msgspec.json.decode(path.read_bytes(), type=_Search)
                paces += [probe.pace for probe in search.probes if probe.pace]
    return paces


def _boot(run: Path) -> str:
    machine = run_folder.environment(run).get("machine", {})
    return str(machine.get("boot", ""))
