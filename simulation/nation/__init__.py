"""Nation: a year of many provinces, each on its own, and what they come to together.

A shard is one replication of one province. What it gives depends on its name and the seed alone, so shards can be
played in any order, in any process, on any number of machines, and the files are the same to the byte.
"""

from __future__ import annotations

from simulation.nation.shard import ProvinceYear, Shard, by_size, joined, play, shards
from simulation.nation.total import NationYear, total, write

__all__ = ["NationYear", "ProvinceYear", "Shard", "by_size", "joined", "play", "shards", "total", "write"]
