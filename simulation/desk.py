"""A desk: the officials of one role in one agency, working through one pile in the order in which it came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from simulation.office_hours import OfficeHours
from simulation.province import StaffMember


class Served(NamedTuple):
    """Who took a piece of work, and when (seconds since midnight); the end is infinite where it is not done today."""

    who: StaffMember
    began: float
    ended: float


class _Official:
    """One person at the desk with their own hours."""

    __slots__ = ("free_at", "hours", "staff", "worked")

    def __init__(self, staff: StaffMember, hours: OfficeHours) -> None:
        self.staff = staff
        self.hours = hours
        self.free_at = 0.0
        self.worked = 0.0


class Desk:
    """First come, first served; each piece goes to whoever can begin first, among these to whoever worked least."""

    def __init__(self, officials: Sequence[tuple[StaffMember, OfficeHours]]) -> None:
        """Open the desk with at least one official. Raises ValueError for an empty desk."""
        if not officials:
            message = "a desk needs at least one official"
            raise ValueError(message)
        self._officials = [_Official(staff, hours) for staff, hours in officials]
        self._newest = 0.0

    def serve(self, arrived: float, work: float) -> Served:
        """Put a piece of work of `work` seconds on the pile at `arrived`; pieces must come in order of time."""
        if arrived < self._newest:
            message = f"work must come in order of time: {arrived} after {self._newest}"
            raise ValueError(message)
        self._newest = arrived
        best, best_began = self._officials[0], math.inf
        for official in self._officials:
            began = official.hours.open_from(max(arrived, official.free_at))
            if began < best_began or (began == best_began and official.worked < best.worked):
                best, best_began = official, began
        if best_began == math.inf:
            return Served(best.staff, math.inf, math.inf)
        ended = best.hours.done_at(best_began, work)
        best.free_at = ended
        best.worked += work
        return Served(best.staff, best_began, ended)

    @property
    def worked(self) -> float:
        """Seconds of work taken on so far, all officials together."""
        return sum(official.worked for official in self._officials)

    @property
    def seconds(self) -> float:
        """Seconds at the desk today, all officials together."""
        return sum(official.hours.seconds for official in self._officials)
