"""Counted: figures that the province's files hold as facts. They are inputs, counted, and shown as such."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.figures.pack import Pack
from simulation.province import Province

Numbers = NDArray[np.float64]

ROWS = ("FIG-BT-COMMUNES", "FIG-BT-SCHOOLS", "FIG-BT-HEALTH", "FIG-BT-THANHPHU")
PARAMETERS: Mapping[str, tuple[float, float]] = {}
_OF_THANH_PHU = "FIG-BT-THANHPHU"


def play(pack: Pack, *, province: Province, worlds: int, seed: int) -> Mapping[str, Numbers]:
    """The same in every world."""
    del pack, seed
    with_office = {agency.unit for agency in province.agencies if agency.tier == "commune" and agency.installation}
    to_communes = [
        one
        for one in province.procedures
        if one.tier == "commune" and one.level == 3 and one.sources.get("level", "").startswith(_OF_THANH_PHU)  # noqa: PLR2004 -- the level
    ]
    counts = {
        "FIG-BT-COMMUNES": len(with_office),
        "FIG-BT-SCHOOLS": len(province.schools),
        "FIG-BT-HEALTH": len(province.health),
        "FIG-BT-THANHPHU": len(to_communes),
    }
    return {name: np.full(worlds, float(count)) for name, count in counts.items()}
