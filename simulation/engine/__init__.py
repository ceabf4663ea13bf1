"""Engine: a discrete-event core of our own. Programs that jobs walk through, teams that serve them in their hours."""

from __future__ import annotations

from simulation.engine.network import Network, Place, Team
from simulation.engine.opening import Opening, opening
from simulation.engine.program import Label, Program, exponential, fixed, given, lognormal, uniform
from simulation.engine.running import Arrivals, Outcome, Sample, Trace, run

__all__ = [
    "Arrivals",
    "Label",
    "Network",
    "Opening",
    "Outcome",
    "Place",
    "Program",
    "Sample",
    "Team",
    "Trace",
    "exponential",
    "fixed",
    "given",
    "lognormal",
    "opening",
    "run",
    "uniform",
]
