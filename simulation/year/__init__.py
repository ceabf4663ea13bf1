"""Year: a province's offices over a whole year in virtual time, in replications, and what a change of habit brings."""

from __future__ import annotations

from simulation.year.indicators import INDICATORS, TOLD
from simulation.year.simulating import Year, costs, differences, simulate
from simulation.year.whatif import TROUBLES, WHAT_IFS, find

__all__ = ["INDICATORS", "TOLD", "TROUBLES", "WHAT_IFS", "Year", "costs", "differences", "find", "simulate"]
