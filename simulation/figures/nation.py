"""Nation: what a country of such provinces comes to, in runs of procedures and in đồng (FIG-BIZ, FIG-1300, FIG-BUDGET).

Companies and the share of the budget are inputs. Runs a day are predicted from rates for each company and each
inhabitant, and what joining two projects saves from the minutes that it takes to write a person down a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulation.figures.luck import scattered
from simulation.figures.pack import Pack
from simulation.province import Province
from simulation.streams import Streams

Numbers = NDArray[np.float64]

ROWS = ("FIG-BIZ", "FIG-BIZ.runs", "FIG-1300", "FIG-BUDGET", "FIG-BUDGET.ben-tre")
PARAMETERS: Final[Mapping[str, tuple[float, float]]] = {
    "companies": (0, 1e8),
    "inhabitants": (1, 1e9),
    "company_filings_a_year": (0, 1e4),
    "customs_declarations_a_year": (0, 1e9),
    "insurance_claims_a_year": (0, 1e10),
    "working_days": (200, 366),
    "rates_variation": (0, 2),
    "cards": (0, 1e9),
    "minutes_a_person": (0, 240),
    "official_hour": (0, 1e6),
    "budget_share": (0, 1),
    "budget_ben_tre": (0, 1e15),
}
_BILLION = 1e9
_MINUTES = 60.0


def play(pack: Pack, *, province: Province, worlds: int, seed: int) -> Mapping[str, Numbers]:
    """What each world comes to; rates that nobody published are as uncertain as `rates_variation` says."""
    streams = Streams(seed).within("figures.nation")

    def about(name: str, value: float) -> Numbers:
        return value * scattered(pack["rates_variation"], streams.block(name, 0), worlds)

    for_each = province.figures["dossiers_per_day"].value * pack["working_days"] / province.population
    runs = (
        about("company_filings_a_year", pack["companies"] * pack["company_filings_a_year"])
        + about("dossiers", pack["inhabitants"] * for_each)
        + about("customs_declarations_a_year", pack["customs_declarations_a_year"])
        + about("insurance_claims_a_year", pack["insurance_claims_a_year"])
    ) / pack["working_days"]
    twice = pack["cards"] * pack["official_hour"] * about("minutes_a_person", pack["minutes_a_person"]) / _MINUTES
    return {
        "FIG-BIZ": np.full(worlds, pack["companies"]),
        "FIG-BIZ.runs": runs,
        "FIG-1300": twice / _BILLION,
        "FIG-BUDGET": np.full(worlds, pack["budget_share"]),
        "FIG-BUDGET.ben-tre": np.full(worlds, pack["budget_share"] * pack["budget_ben_tre"] / _BILLION),
    }
