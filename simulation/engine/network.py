"""Network: places, the teams at them with their hours, and the ways between places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulation.engine.opening import Opening


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Equal servers before one line with priorities."""

    name: str
    servers: int
    opening: Opening | None = None  #: None: always open
    chance: float = 0.0  #: its own chance, where an instruction asks for the chosen team's
    since: float = -np.inf  #: before this moment (seconds) that chance is 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where jobs are: an agency, or the whole of a small model."""

    name: str
    teams: Mapping[str, Sequence[Team]]  #: role -> its teams; more than one where a job chooses somebody


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that stays as it is during a run."""

    places: tuple[Place, ...]
    office: Opening | None = None  #: the clock of working time: deadlines, waits and marks
    groups: Mapping[str, Sequence[Sequence[int]]] = {}  #: name -> for each place, the places that it leads to
    tables: Mapping[str, NDArray[np.float64]] = {}  #: name -> a chance for each place

    def __post_init__(self) -> None:
        """Refuse what cannot run. Raises ValueError naming every mistake."""
        wrong = [
            f"{place.name}: team {team.name} needs at least one server, found {team.servers}"
            for place in self.places
            for teams in place.teams.values()
            for team in teams
            if team.servers < 1
        ]
        wrong += [
            f"{place.name}: role {role} has no team"
            for place in self.places
            for role in place.teams
            if not place.teams[role]
        ]
        many = len(self.places)
        for name, group in self.groups.items():
            if len(group) != many or any(not 0 <= place < many for places in group for place in places):
                wrong.append(f"group {name} needs a row for each of {many} places, naming places from 0 to {many - 1}")
        wrong += [
            f"table {name} needs a chance between 0 and 1 for each of {many} places"
            for name, table in self.tables.items()
            if table.shape != (many,) or not ((table >= 0) & (table <= 1)).all()
        ]
        if not many:
            wrong.append("a network needs at least one place")
        if wrong:
            raise ValueError("; ".join(wrong))
