"""A station: equal servers before one line, first come first served. The core of the twin, held against theory."""

from __future__ import annotations

from heapq import heapify, heapreplace

#: Moments at which service began and ended.
Visit = tuple[float, float]


class Station:
    """`servers` equal servers, one line without limit, nobody leaves before being served."""

    def __init__(self, name: str, *, servers: int) -> None:
        """Open an idle station. Raises ValueError without a server."""
        if servers < 1:
            message = f"station {name} needs at least one server, found {servers}"
            raise ValueError(message)
        self.name = name
        self.servers = servers
        self.served = 0
        self.busy = 0.0  #: server time spent so far
        self._free_at = [0.0] * servers
        heapify(self._free_at)
        self._newest = 0.0

    def enter(self, arrived: float, demand: float) -> Visit:
        """Join the line at `arrived` and ask for `demand` of a server's time; visits must come in order of arrival.

        Serving in order of arrival, the next to be served takes the server that is free first, so the answer is known
        at once. Raises ValueError for an arrival before the last one or for negative demand.
        """
        if arrived < self._newest or demand < 0:
            message = f"station {self.name}: arrival {arrived} after {self._newest} with demand {demand}"
            raise ValueError(message)
        self._newest = arrived
        began = max(arrived, self._free_at[0])
        ended = began + demand
        heapreplace(self._free_at, ended)
        self.served += 1
        self.busy += demand
        return began, ended
