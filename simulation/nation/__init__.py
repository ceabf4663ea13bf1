"""Nation: a year of many provinces, each on its own, and what they come to together.

A shard is one province. What it gives depends on its name, the seed and the number of replications alone, so shards
can be played in any order, in any process, on any number of machines, and the files are the same to the byte.
"""

from __future__ import annotations

from simulation.nation.shard import ProvinceYear, by_size, play
from simulation.nation.total import NationYear, total, write

__all__ = ["NationYear", "ProvinceYear", "by_size", "play", "total", "write"]
