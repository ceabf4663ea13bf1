"""Filers of companies: who goes to the authorities for which company, as the population has them (FIG-BT-BIZ)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.population import companies, tables
from simulation.province import Province

Integers = NDArray[np.int64]

#: Kinds of filer: somebody outside the province, an agent who files for many, an owner who files alone.
OUTSIDE, AGENT, OWNER = range(3)


class Filers(NamedTuple):
    """One row for each company that deals with the province."""

    filer: Integers  #: number of the filer
    group: Integers  #: OUTSIDE, AGENT or OWNER
    outside: NDArray[np.bool_]  #: the company sits outside the province
    sizes: NDArray[np.float64]  #: filers in each group


def filers_of(province: Province) -> Filers:
    """Companies with agents come first; an agent files for as many as `clients_per_agent` says."""
    how_many, known = companies.counts(province), tables.companies().shares
    inside_by_agent = round(how_many.inside * province.figures["company_agent_share"].value)
    by_local_agent = round(round(how_many.outside * known.with_agent) * known.outside_with_local_agent)
    counts = (inside_by_agent, by_local_agent, how_many.inside - inside_by_agent, how_many.outside - by_local_agent)
    group = np.repeat([AGENT, AGENT, OWNER, OUTSIDE], counts)
    outside = np.repeat([False, True, False, True], counts)
    served = inside_by_agent + by_local_agent
    agents = max(-(-served // known.clients_per_agent), 1)
    filer = np.concatenate([np.arange(served) % agents, agents + np.arange(len(group) - served)]).astype(np.int64)
    return Filers(filer, group, outside, np.array([counts[3], agents, counts[2]], dtype=np.float64))
