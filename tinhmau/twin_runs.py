"""Runs at several loads as the fitted twin wants them: measured on one stack, or read from a search that was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from simulation import journal
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from simulation.twin.fitting import Twin
from simulation.twin.observed import Observed, quantiles, together
from verification import machine
from verification.capacity import pace

_SAMPLE_SECONDS = 1.0  # between two samples of processors (docs/run-folder.md)
LOADS = "loads.json"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of a folder and the machine they were made on."""

    runs: tuple[Observed, ...]  #: one for each load, lightest first
    processors: int
    scenario: str


def read(folder: Path, environment: Mapping[str, object]) -> Found:
    """Read the probes of a folder that `tinhmau capacity` or `tinhmau twin measure` wrote, but those given up.

    Raises BadInputError.
    """
    try:
        loads = _loads(folder)
        probes = {folder / "probes" / f"{number:02}": load for number, load in loads.items()}
        whole = {probe: load for probe, load in probes.items() if not _given_up(probe)}
        paces = {probe: pace.read(probe / "metrics") for probe in whole}
        single = [
            observed(probe, load, slow=pace.slowness(paces[probe], paces.values())) for probe, load in whole.items()
        ]
        runs = tuple(together([run for run in single if run.load == load]) for load in sorted({r.load for r in single}))
        facts = msgspec.convert(environment, _Environment)
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        found = Text(f"không đọc được các lần thử: {error}.", f"its probes cannot be read: {error}.")
        way_out = Text("Chỉ vào lần chạy của tinhmau capacity hoặc tinhmau twin measure.",
                       "Name a run of tinhmau capacity or tinhmau twin measure.")  # fmt: skip
        raise BadInputError([Mistake(file=str(folder), key="probes", found=found, way_out=way_out)]) from error
    return Found(runs=runs, processors=facts.machine.processors, scenario=facts.scenario)


class _Machine(msgspec.Struct):
    processors: int


class _Environment(msgspec.Struct):
    machine: _Machine
    scenario: str


class _Probe(msgspec.Struct):
    number: int
    load: float


class _Search(msgspec.Struct):
    probes: list[_Probe]


def _loads(folder: Path) -> Mapping[int, float]:
    path = folder / LOADS
    if not path.exists():
        path = folder / "capacity.json"
    return {one.number: one.load for one in msgspec.json.decode(path.read_bytes(), type=_Search).probes}


def _given_up(folder: Path) -> bool:
    """Whether a probe ended before its day did: what it would have come to is not known."""
    return any(event.event == "given-up" for event in journal.read(folder / "journal").events)


def load_twin(file: Path) -> Twin:
    """Read a twin.json. Raises BadInputError."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Twin)
    except (OSError, msgspec.MsgspecError) as error:
        found = Text(f"không phải bản sao số: {error}.", f"is no twin: {error}.")
        way_out = Text("Tạo bằng tinhmau twin fit.", "Make one with tinhmau twin fit.")
        raise BadInputError([Mistake(file=str(file), key="twin", found=found, way_out=way_out)]) from error


def write_loads(folder: Path, loads: Sequence[float]) -> None:
    """Write which probe had which load."""
    told = {"probes": [{"number": number, "load": load} for number, load in enumerate(loads, 1)]}
    (folder / LOADS).write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def observed(folder: Path, load: float, *, slow: float = 1.0) -> Observed:
    """Sum one probe up. Raises OSError or ValueError where it has nothing to sum up."""
    seen = journal.read(folder / "journal")
    final = [one for one in seen.observations if one.final]
    if not final:
        message = f"{folder.name}: không có thao tác nào"
        raise ValueError(message)
    lasted = max(one.intended for one in final)
    length = max(1, int(np.ceil(lasted)))
    profile = np.bincount([int(one.intended) for one in final], minlength=length)
    samples, why = machine.read(folder / "metrics" / "processes.ndjson")
    if why is not None:
        raise ValueError(why.vi)
    used: dict[str, float] = {}
    for sample in samples:
        used[sample.service] = used.get(sample.service, 0.0) + sample.cpu_percent / 100 * _SAMPLE_SECONDS
    good = sum(one.outcome == "ok" for one in final)
    return Observed(
        load=load,
        profile=tuple(float(count) for count in profile),
        used=used,
        quantiles=quantiles([one.end - one.intended for one in final]),
        good=good / max(one.end for one in final),
        lasted=lasted,
        slow=slow,
    )
