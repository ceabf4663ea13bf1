"""Running: every pack through its mechanism, and the numbers of a mechanism tuned to what they are said to meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.figures import business, counted, hollow, levels, nation, platforms, signing
from simulation.figures.pack import FOLDER, Pack, load
from simulation.figures.shown import Series, Shown, shown
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.scenario import Scenario

Numbers = NDArray[np.float64]
_STEPS = 30  #: halvings of the range of a calibrated parameter
_SWEEPS = 4  #: rounds over all calibrated parameters of a pack


class Facts(NamedTuple):
    """The province and the day on which mechanisms stand."""

    province: Province
    scenario: Scenario


class Mechanism(NamedTuple):
    """How rows come about."""

    rows: tuple[str, ...]
    parameters: Mapping[str, tuple[float, float]]
    play: Callable[[Pack, Facts, int, int], Mapping[str, Numbers]]  #: pack, facts, worlds, seed
    over_time: Callable[[Pack, Facts, int, int], Series] | None = None


#: By the name of the pack's file.
MECHANISMS: Final[Mapping[str, Mechanism]] = {
    "signing": Mechanism(
        signing.ROWS,
        signing.PARAMETERS,
        lambda pack, facts, worlds, seed: signing.play(
            pack, province=facts.province, scenario=facts.scenario, worlds=worlds, seed=seed
        ),
    ),
    "business": Mechanism(
        business.ROWS,
        business.PARAMETERS,
        lambda pack, facts, worlds, seed: business.play(pack, province=facts.province, worlds=worlds, seed=seed),
        lambda pack, facts, worlds, seed: business.over_time(pack, province=facts.province, worlds=worlds, seed=seed),
    ),
    "platforms": Mechanism(
        platforms.ROWS,
        platforms.PARAMETERS,
        lambda pack, _facts, worlds, seed: platforms.play(pack, worlds=worlds, seed=seed),
        lambda pack, _facts, worlds, seed: platforms.over_time(pack, worlds=worlds, seed=seed),
    ),
    "levels": Mechanism(
        levels.ROWS,
        levels.PARAMETERS,
        lambda pack, _facts, worlds, seed: levels.play(pack, worlds=worlds, seed=seed),
        lambda pack, _facts, worlds, seed: levels.over_time(pack, worlds=worlds, seed=seed),
    ),
    "hollow": Mechanism(
        hollow.ROWS,
        hollow.PARAMETERS,
        lambda pack, facts, worlds, seed: hollow.play(pack, province=facts.province, worlds=worlds, seed=seed),
    ),
    "counted": Mechanism(
        counted.ROWS,
        counted.PARAMETERS,
        lambda pack, facts, worlds, seed: counted.play(pack, province=facts.province, worlds=worlds, seed=seed),
    ),
    "nation": Mechanism(
        nation.ROWS,
        nation.PARAMETERS,
        lambda pack, facts, worlds, seed: nation.play(pack, province=facts.province, worlds=worlds, seed=seed),
    ),
}


def packs(folder: Path = FOLDER) -> tuple[Pack, ...]:
    """Read all packs. Raises BadInputError with every mistake of every file."""
    return load({name: (one.rows, one.parameters) for name, one in MECHANISMS.items()}, folder)


def run(
    some: Sequence[Pack], facts: Facts, *, seed: int, worlds: int | None = None, progress: Progress = silent
) -> list[Shown]:
    """Play packs; returns their rows in order. `worlds` replaces each pack's own number."""
    rows = []
    for number, pack in enumerate(some):
        progress(number / len(some), pack.title)
        seen = MECHANISMS[pack.name].play(pack, facts, worlds or pack.worlds, seed)
        rows += [shown(row, seen[row.id]) for row in pack.rows]
    return rows


def over_time(some: Sequence[Pack], facts: Facts, *, seed: int, worlds: int | None = None) -> list[Series]:
    """Return the course of those packs that have one."""
    courses = [(pack, MECHANISMS[pack.name].over_time) for pack in some]
    return [course(pack, facts, worlds or pack.worlds, seed) for pack, course in courses if course is not None]


def calibrate(pack: Pack, facts: Facts, *, seed: int, worlds: int | None = None) -> Mapping[str, float]:
    """Tune each calibrated parameter, one after the other, until the mean of its row meets the published value.

    Worlds have common luck, so the mean moves smoothly with the parameter; the range is halved. Returns the values.
    """
    targets = {row.id: row.value for row in pack.rows}
    free = {name: one for name, one in pack.parameters.items() if one.meets and targets[one.meets] is not None}

    def miss(candidate: Pack, row: str) -> float:
        seen = MECHANISMS[pack.name].play(candidate, facts, worlds or pack.worlds, seed)
        return float(seen[row].mean()) - float(targets[row] or 0.0)

    for _ in range(_SWEEPS if len(free) > 1 else 1):
        for name, one in free.items():
            low, high = one.low, one.high
            rises = miss(pack.changed(**{name: high}), one.meets) > miss(pack.changed(**{name: low}), one.meets)
            for _ in range(_STEPS):
                middle = (low + high) / 2.0
                above = miss(pack.changed(**{name: middle}), one.meets) > 0
                low, high = (low, middle) if above == rises else (middle, high)
            pack = pack.changed(**{name: (low + high) / 2.0})
    return {name: pack[name] for name in free}
