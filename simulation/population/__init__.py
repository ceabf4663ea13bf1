"""The people and companies of a province: households whose members fit together, with names, numbers and habits.

population = draw(province, seed=7)
population.write(folder)
"""

from __future__ import annotations

from simulation.population.population import TABLES, Population, draw, draw_into, read

__all__ = ["TABLES", "Population", "draw", "draw_into", "read"]
