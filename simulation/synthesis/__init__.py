"""Synthesis: any province of the nation as a folder of files, made from the lists of units and a few assumed ratios.

    names()                                  # "vinh_phuc_2018", "vinh_long_2026", ... 63 and 34
    write("vinh_phuc_2018", folder)          # the same files that people write by hand, to change as they know better

`simulation.province_files.load` does this by itself where nobody has written the province's folder.
"""

from __future__ import annotations

from simulation.synthesis.folder import write
from simulation.synthesis.listing import Listed, find, names

__all__ = ["Listed", "find", "names", "write"]
