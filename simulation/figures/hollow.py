"""Hollow services: how many of Hải Dương's services at level 3 and 4 would really do without a visit (FIG-HD-L3, -L4).

The published counts are inputs. Which services ask for certified copies is drawn with the share that the catalogue has
among those at level 3 and 4, which need a step on site with an assumed share; who is asked for how often falls off by
rank as in the catalogue. How many qualify, and how many nobody used in a year, is predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulation.figures.pack import Pack
from simulation.province import Province
from simulation.streams import Streams

Numbers = NDArray[np.float64]

ROWS = ("FIG-HD-L3", "FIG-HD-L4", "FIG-HD-L3.qualifying", "FIG-HD-L4.qualifying", "FIG-HD-L3.unused", "FIG-BN")
PARAMETERS: Final[Mapping[str, tuple[float, float]]] = {
    "services_level_3": (0, 100_000),
    "services_level_4": (0, 100_000),
    "step_on_site_share_level_3": (0, 1),
    "step_on_site_share_level_4": (0, 1),
    "dossiers_a_year": (0, 1e8),
    "online_share_of_dossiers": (0, 1),
    "rank_exponent": (0, 5),
}


def play(pack: Pack, *, province: Province, worlds: int, seed: int) -> Mapping[str, Numbers]:
    """Services that qualify and services that nobody used, in each world."""
    streams = Streams(seed).within("figures.hollow")
    online = [one for one in province.procedures if one.level >= 3]  # noqa: PLR2004 -- the level from which forms go online
    copies = sum(one.certified_copies for one in online) / max(len(online), 1)
    level_3, level_4 = int(pack["services_level_3"]), int(pack["services_level_4"])

    def qualifying(name: str, services: int, on_site: float) -> Numbers:
        hollow = 1.0 - (1.0 - copies) * (1.0 - on_site)
        return services - streams.block(name, 0).binomial(services, hollow, worlds).astype(np.float64)

    filed = streams.block("filed", 0).poisson(pack["dossiers_a_year"] * pack["online_share_of_dossiers"], worlds)
    return {
        "FIG-HD-L3": np.full(worlds, float(level_3)),
        "FIG-HD-L4": np.full(worlds, float(level_4)),
        "FIG-HD-L3.qualifying": qualifying("level 3", level_3, pack["step_on_site_share_level_3"]),
        "FIG-HD-L4.qualifying": qualifying("level 4", level_4, pack["step_on_site_share_level_4"]),
        "FIG-HD-L3.unused": _unused(filed, level_3, pack["rank_exponent"], streams.block("asked", 0)),
        "FIG-BN": filed / max(pack["dossiers_a_year"], 1.0),
    }


def _unused(filed: NDArray[np.int64], services: int, exponent: float, rng: np.random.Generator) -> Numbers:
    """Services that none of the dossiers was about; demand falls off with a power of the rank (Zipf)."""
    weights = np.arange(1, services + 1, dtype=np.float64) ** -exponent
    weights /= weights.sum()
    return np.array([float((rng.poisson(many * weights) == 0).sum()) for many in filed])
