"""Reads a province from its folder of TOML and CSV files and checks every line of it.

`load` gives the Province or raises BadInputError with all mistakes at once; `available` lists the provinces that ship,
`known` those too that are synthesised where nobody has written their folder.
What the files look like is described in `fixtures/provinces/README.md`.
"""

from simulation.province_files.desks import sign_digitally
from simulation.province_files.era import EraFacts, load_era
from simulation.province_files.figures import FIGURES, FigureRule
from simulation.province_files.loading import available, known, load

__all__ = ["FIGURES", "EraFacts", "FigureRule", "available", "known", "load", "load_era", "sign_digitally"]
