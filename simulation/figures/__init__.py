"""Figures: what the press published about the province and the nation, beside what our mechanisms come to."""

from __future__ import annotations

from simulation.figures.pack import Pack, Published
from simulation.figures.running import Facts, calibrate, over_time, packs, run
from simulation.figures.shown import Series, Shown

__all__ = ["Facts", "Pack", "Published", "Series", "Shown", "calibrate", "over_time", "packs", "run"]
